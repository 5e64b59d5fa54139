# SPDX-License-Identifier: Apache-2.0
# Sourced by the commands that PostgreSQL runs, after launch.sh: runs the class $main, and exits with the code that PostgreSQL is
# to see. The JVM's own failures end with 1, 3 or 134, which PostgreSQL would take for answers. So the programs end with codes
# of their own, and this shell, which stays and passes signals on, translates them. $direction is restore or archive. The command
# may have set a trap for EXIT, for what ends this shell before it knows the program's code.

client() {
    run=exec
    # A command in the background would read from the null device.
    exec 3<&0
    launch "$main" "$@" <&3 3<&- &
    child=$!
    exec 3<&-
    # QUIT is what PostgreSQL's immediate shutdown sends. The program, in the background, ignores it, and would go on without us.
    trap 'kill -TERM $child 2>/dev/null' HUP INT QUIT TERM
    while :; do
        wait $child
        code=$?
        kill -0 $child 2>/dev/null || break
    done
    trap - EXIT
    case $direction:$code in
        *:0) exit 0 ;;
        restore:64) exit 1 ;;
        restore:65) exit 2 ;;
        restore:66) exit 3 ;;
        restore:67) exit 4 ;;
        # Ended by SIGTERM, as PostgreSQL does when it is stopped: it takes this for what it is, and stops without a complaint.
        restore:143) exit 143 ;;
        restore:*) exit 126 ;;
    esac
    if [ "$code" -gt 125 ]; then
        exit "$failure"
    fi
    exit "$code"
}
