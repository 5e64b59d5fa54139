# SPDX-License-Identifier: Apache-2.0
# Sourced by the commands and by lib/prepare, which set: self (the path of the command, links resolved), heap, failure (the
# exit code when there is no Java), jar (ours), and classes: the name of the class archive, and of the list of the other jars
# where the manifest does not name them. Gives them: lib (the directory of this file) and the function launch.
# BARMAN_JAVA or JAVA_HOME choose the Java (17 or later); BARMAN_JAVA_OPTS adds options to it.

case $self in /*) ;; */*) self=$PWD/${self#./} ;; *) self=$(command -v -- "$self") ;; esac
lib=$(cd -P -- "${self%/*}/../lib" && pwd)

if [ -n "$BARMAN_JAVA" ]; then
    java=$BARMAN_JAVA
elif [ -n "$JAVA_HOME" ] && [ -x "$JAVA_HOME/bin/java" ]; then
    java=$JAVA_HOME/bin/java
else
    java=$(command -v java)
    if [ -z "$java" ]; then
        for candidate in /usr/lib/jvm/*/bin/java; do
            if [ -x "$candidate" ]; then java=$candidate; fi
        done
    fi
    if [ -z "$java" ]; then
        echo "${self##*/}: no Java found; install a Java runtime of version 17 or later, or set JAVA_HOME" >&2
        exit "$failure"
    fi
fi

# What lib/prepare left only makes the start faster. Where it did not run, or for another Java, everything works the same.
archive=-Xshare:auto
if [ -f "$lib/$classes.aot" ]; then
    archive=-XX:AOTCache=$lib/$classes.aot
elif [ -f "$lib/$classes.jsa" ]; then
    archive=-XX:SharedArchiveFile=$lib/$classes.jsa
fi

# The native libraries lie ready; nothing is unpacked at run time.
native=$lib/native/this
if [ ! -d "$native" ]; then
    case $(uname -s)-$(uname -m) in
        Linux-x86_64) platform=linux/amd64 ;;
        Linux-aarch64) platform=linux/aarch64 ;;
        Darwin-arm64) platform=darwin/aarch64 ;;
        *) platform=darwin/x86_64 ;;
    esac
    native=$lib/native/$platform:$lib/native/net/jpountz/util/$platform
fi

# Names of files are UTF-8 where the environment says nothing.
if [ -z "$LC_ALL$LC_CTYPE$LANG" ]; then
    LC_CTYPE=C.UTF-8
    export LC_CTYPE
fi

# Java cannot tell whether its output goes to a terminal.
terminal=-Dbarman.terminal=false
if [ -t 1 ] && [ -t 2 ]; then
    terminal=-Dbarman.terminal=true
fi

# Sets classpath: our jar, and those of the list, which is one line with colons.
find_jars() {
    classpath=$lib/$jar
    if [ -f "$lib/$classes.jars" ]; then
        read -r jars <"$lib/$classes.jars"
        while [ -n "$jars" ]; do
            next=${jars%%:*}
            classpath=$classpath:$lib/${next#./}
            case $jars in *:*) jars=${jars#*:} ;; *) jars= ;; esac
        done
    fi
}

# Runs one of our classes: launch CLASS WORD... The variable run holds what goes in front of the Java command.
launch() {
    find_jars
    # Options may have asterisks.
    set -f
    # shellcheck disable=SC2086
    $run "$java" "$archive" -Xlog:disable -Xlog:all=error:stderr '-Xlog:cds*=off:stderr' -XX:+IgnoreUnrecognizedVMOptions -XX:+UseSerialGC \
        -XX:TieredStopAtLevel=1 -XX:-UsePerfData $heap -Djava.library.path="$native" -Dbarman.program="$self" "$terminal" \
        $BARMAN_JAVA_OPTS -cp "$classpath" "$@"
}
