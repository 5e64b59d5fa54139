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

# Where a training talks to a store, it is one on this machine, which takes any key: nothing of this environment may lead to another.
AWS_ACCESS_KEY_ID=training AWS_SECRET_ACCESS_KEY=training AWS_REGION=us-east-1
AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
unset AWS_SESSION_TOKEN AWS_PROFILE AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_DEFAULT_REGION

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
