# SPDX-License-Identifier: Apache-2.0
# Sourced by barman-wal-archive: lets a segment pass that the record of --parallel has, without starting Java, which takes ten times
# as long. It does what LastArchivedCache does, for the common case alone; with any doubt it does nothing, and Java decides.

# recorded WORD...: exits with 0 if the segment is in the archive already, returns otherwise.
recorded() {
    parallel=0 state='' user=barman port='' config='' command='' words=0
    while [ $# -gt 0 ]; do
        case $1 in
            --parallel | --state-directory | -U | --user | --port | -c | --config | --local-command | --keep-connection | --compression-level)
                [ $# -gt 1 ] || return 0
                case $1 in
                    --parallel) parallel=$2 ;;
                    --state-directory) state=$2 ;;
                    -U | --user) user=$2 ;;
                    --port) port=$2 ;;
                    -c | --config) config=$2 ;;
                    --local-command) command=$2 ;;
                esac
                shift
                ;;
            --parallel=*) parallel=${1#*=} ;;
            --state-directory=*) state=${1#*=} ;;
            --user=*) user=${1#*=} ;;
            --port=*) port=${1#*=} ;;
            --config=*) config=${1#*=} ;;
            --local-command=*) command=${1#*=} ;;
            --compression-level=* | --keep-connection=*) ;;
            --md5 | -z | --gzip | -j | --bzip2 | --xz | --snappy | --zstd | --lz4) ;;
            -*) return 0 ;;
            *)
                words=$((words + 1))
                case $words in
                    1) host=$1 ;;
                    2) server=$1 ;;
                    3) file=$1 ;;
                esac
                ;;
        esac
        shift
    done
    [ $words -eq 3 ] || return 0
    case $parallel in '' | *[!0-9]* | 0* | 1 | ?????*) return 0 ;; esac
    wal=${file##*/}
    case $wal in *[!0-9A-F]*) return 0 ;; esac
    [ ${#wal} -eq 24 ] || return 0
    # As PostgreSQL gives it.
    [ "$file" = "pg_wal/$wal" ] || return 0

    # The destination, as BarmanConnection says it, where that is a matter of plain words.
    case $user in '' | -* | *[!A-Za-z0-9._-]*) return 0 ;; esac
    case $host in '' | *[!A-Za-z0-9.:_-]*) return 0 ;; esac
    case $server in '' | .* | *[!A-Za-z0-9._-]*) return 0 ;; esac
    case $port in *[!0-9]*) return 0 ;; esac
    case $config in *[!A-Za-z0-9._/-]*) return 0 ;; esac
    case $command in *[!A-Za-z0-9._/=\ -]* | ' '* | *' ' | *'  '*) return 0 ;; esac
    if [ -n "$command" ]; then destination="command $command"; else destination="ssh $user@$host${port:+ ;port=$port}"; fi
    destination="$destination${config:+ ;config=$config} ;server=$server"
    if [ -z "$state" ]; then
        case $XDG_STATE_HOME:$HOME in
            /*) state=$XDG_STATE_HOME ;;
            *:/*) state=$HOME/.local/state ;;
            *) return 0 ;;
        esac
        hash=$(printf %s "$destination" | cksum) || return 0
        state=$state/barman/$server-${hash%% *}
    fi
    record=$state/archived-segments
    case $state in -*) return 0 ;; esac
    [ -f "$record" ] && [ ! -h "$record" ] && [ ! -h "$state" ] || return 0

    # Of the segment, the directory, and this process: inode, size, time, owner, mode.
    # shellcheck disable=SC2046
    set -- $(stat -L -c '%i %s %.9Y %u %a' -- "$file" "$state" /proc/self/ 2>/dev/null)
    [ $# -eq 15 ] && [ "$9" = "${14}" ] || return 0
    # Nobody else may write to the directory.
    case ${10} in *[2367] | *[2367]?) return 0 ;; esac
    case $3 in *.?????????) stamp="$1 ${3%.*}${3#*.}" size=$2 ;; *) return 0 ;; esac

    # The cluster, of the data directory and of the segment's header.
    cluster=$(od -An -v -tu8 -N8 global/pg_control 2>/dev/null) || return 0
    cluster=${cluster##* }
    header=$(od -An -v -tu8 -j24 -N8 "$file" 2>/dev/null) || return 0
    [ -n "$cluster" ] && [ "$cluster" != 0 ] && [ "${header##* }" = "$cluster" ] || return 0

    # One reading of the record for everything: it may be replaced at any moment.
    content=$(cat "$record" 2>/dev/null) || return 0
    newline='
'
    body=${content%"$newline"cksum *}
    sum=$(printf '%s\n' "$body" | cksum) || return 0
    [ "$content" = "$body${newline}cksum ${sum%% *}" ] || return 0
    escaped='' rest=$destination
    while :; do
        case $rest in
            *' '*) escaped=$escaped${rest%% *}%20 rest=${rest#* } ;;
            *) break ;;
        esac
    done
    head="barman-archived-segments 1${newline}system $cluster${newline}destination $escaped$rest${newline}segment-size $size$newline"
    case $body$newline in
        "$head"*"${newline}segment $wal $stamp$newline"*) exit 0 ;;
    esac
}
