# SPDX-License-Identifier: Apache-2.0
# Sourced by run-tests and the examples: makes sure that programs are there, or says what to install.

# prerequisites PROGRAM:PACKAGE ...
# Installs the Debian packages of the programs that are missing; where that is not possible, prints what to install and
# fails. A program that PostgreSQL keeps out of PATH is looked for below /usr/lib/postgresql too.
prerequisites() {
    _missing=
    for _pair in "$@"; do
        _program=${_pair%%:*}
        _package=${_pair#*:}
        if command -v "$_program" >/dev/null 2>&1 || [ -x "/usr/sbin/$_program" ] ||
            ls /usr/lib/postgresql/*/bin/"$_program" >/dev/null 2>&1; then
            continue
        fi
        case " $_missing " in *" $_package "*) ;; *) _missing="$_missing $_package" ;; esac
    done
    [ -n "$_missing" ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "Missing programs. Please install what these Debian packages hold, then run this again:" >&2
        echo "   $_missing" >&2
        echo "(As root on Debian this script installs them itself.)" >&2
        return 1
    fi
    echo "Installing:$_missing"
    # The server package would create and start a cluster of its own; only its programs are wanted.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    fi
    _log=$(mktemp)
    # shellcheck disable=SC2086
    if ! {
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq &&
            apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold $_missing
    } >"$_log" 2>&1; then
        tail -n 30 "$_log" >&2
        rm -f "$_log"
        echo "Installing$_missing failed (see above)." >&2
        return 1
    fi
    rm -f "$_log"
}

# Fails with a clear message unless a JDK 17 or later is there.
require_jdk() {
    _javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac
    if ! command -v "$_javac" >/dev/null 2>&1; then
        echo "No Java compiler found: install a JDK 17 or later (Debian: openjdk-17-jdk-headless) or set JAVA_HOME." >&2
        return 1
    fi
    _major=$("$_javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
    if [ "${_major:-0}" -lt 17 ]; then
        echo "JDK 17 or later is needed, this is $("$_javac" -version 2>&1): set JAVA_HOME to a newer one." >&2
        return 1
    fi
}
