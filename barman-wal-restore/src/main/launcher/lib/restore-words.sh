# SPDX-License-Identifier: Apache-2.0
# Sourced by barman-wal-restore, for spooled.sh: reads as much of the command line as that needs.

# restore_words WORD...: sets jobs, spool, archive, wal and dest; fails for what is to be left to Java.
restore_words() {
    spool=/var/tmp/walrestore jobs=0 host='' server='' wal='' dest='' words=0
    while [ $# -gt 0 ]; do
        case $1 in
            -p | --parallel | --spool-dir | -U | --user | --port | -c | --config | -s | --sleep | --local-command | --keep-connection | --outage-timeout)
                [ $# -gt 1 ] || return 1
                case $1 in
                    -p | --parallel) jobs=$2 ;;
                    --spool-dir) spool=$2 ;;
                esac
                shift
                ;;
            --parallel=*) jobs=${1#*=} ;;
            -p[0-9]*) jobs=${1#-p} ;;
            --spool-dir=*) spool=${1#*=} ;;
            --user=* | --port=* | --config=* | --sleep=* | --local-command=* | --outage-timeout=* | --keep-connection=*) ;;
            -P | --partial | --keep-compression) ;;
            # A dash alone is a word: the host, where --local-command needs none.
            -?*) return 1 ;;
            *)
                words=$((words + 1))
                case $words in
                    1) host=$1 ;;
                    2) server=$1 ;;
                    3) wal=$1 ;;
                    4) dest=$1 ;;
                esac
                ;;
        esac
        shift
    done
    [ $words -eq 4 ] || return 1
    case $host in '' | .* | *[!A-Za-z0-9._-]*) return 1 ;; esac
    case $server in '' | .* | *[!A-Za-z0-9._-]*) return 1 ;; esac
    archive=$host/$server
}
