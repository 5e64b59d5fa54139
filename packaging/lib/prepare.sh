# SPDX-License-Identifier: Apache-2.0
# Sourced by lib/prepare, after launch.sh: links the native libraries of this machine, and gives it the function prepare.

# The training runs commands that start others: none of them may ever come back here.
[ -z "$BARMAN_PREPARING" ] || exit 0
BARMAN_PREPARING=1
export BARMAN_PREPARING

case $native in
    *:*)
        mkdir -p "$lib/native/this"
        for library in "$lib/native/$platform"/lib* "$lib/native/net/jpountz/util/$platform"/lib*; do
            if [ -f "$library" ]; then ln -sf "../${library#"$lib/native/"}" "$lib/native/this/${library##*/}"; fi
        done
        native=$lib/native/this
        ;;
esac

# Makes the class archive of the class path $classes for this Java by a run of a class: prepare CLASS
prepare() {
    rm -f "$lib/$classes.aot" "$lib/$classes.jsa"
    run=
    # A Java that does not know this option ignores it and leaves no file.
    archive=-XX:AOTCacheOutput=$lib/$classes.aot
    launch "$1" </dev/null >/dev/null 2>&1
    if [ ! -f "$lib/$classes.aot" ]; then
        archive=-XX:ArchiveClassesAtExit=$lib/$classes.jsa
        launch "$1" </dev/null >/dev/null 2>&1
    fi
    if [ ! -f "$lib/$classes.aot" ] && [ ! -f "$lib/$classes.jsa" ]; then
        echo "$self: this Java makes no class archive; the commands work, but start slowly" >&2
    fi
}
