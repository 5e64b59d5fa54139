# SPDX-License-Identifier: Apache-2.0
# Sourced by the commands that PostgreSQL runs, after launch.sh: runs the class $main, and exits with the code that PostgreSQL is
# to see. The JVM's own failures end with 1, 3 or 134, which PostgreSQL would take for answers. So the programs end with codes
# of their own, and this shell, which stays and passes signals on, translates them. $direction is restore or archive.

client() {
    run=exec
    # A command in the background would read from the null device.
    exec 3<&0
    launch "$main" "$@" <&3 3<&- &
    child=$!
    exec 3<&-
    trap 'kill -TERM $child 2>/dev/null' HUP INT TERM
    while :; do
        wait $child
        code=$?
        kill -0 $child 2>/dev/null || break
    done
    case $direction:$code in
        *:0) exit 0 ;;
        restore:64) exit 1 ;;
        restore:65) exit 2 ;;
        restore:66) exit 3 ;;
        # Ended by SIGTERM, as PostgreSQL does when it is stopped: it takes this for what it is, and stops without a complaint.
        restore:143) exit 143 ;;
        restore:*) exit 126 ;;
    esac
    if [ "$code" -gt 125 ]; then
        exit 2
    fi
    exit "$code"
}
