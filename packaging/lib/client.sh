# SPDX-License-Identifier: Apache-2.0
# Sourced by the commands that PostgreSQL runs, after launch.sh: runs the class $main, and exits with the code that PostgreSQL is
# to see. The JVM's own failures end with 1, 3 or 134, which PostgreSQL would take for answers. So the programs end with codes
# of their own, and this shell, which stays and passes signals on, translates them. $direction is restore or archive. The command
# has set traps for what ends this shell before it knows the program's code.

client() {
    run=exec
    # A command in the background would read from the null device.
    exec 3<&0
    # QUIT is what PostgreSQL's immediate shutdown sends. The program, in the background, ignores it, and would go on without us. From
    # here on a signal no longer ends us, or it would leave the program behind.
    stopping=
    trap 'stopping=1; [ -z "$!" ] || kill -TERM $! 2>/dev/null' HUP INT QUIT TERM
    launch "$main" "$@" <&3 3<&- &
    child=$!
    exec 3<&-
    again=0
    while :; do
        # Between its begin and the start of the program a process has our traps, and loses a signal: it is repeated a few times.
        while [ -n "$stopping" ] && [ $again -lt 10 ] && kill -TERM $child 2>/dev/null; do
            again=$((again + 1))
            sleep 0.05
        done
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
