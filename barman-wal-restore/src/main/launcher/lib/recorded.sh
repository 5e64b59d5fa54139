# SPDX-License-Identifier: Apache-2.0
# Sourced by barman-wal-archive: lets a segment pass that the record has, without starting Java, which takes ten times as long; and
# has the background process of --keep-connection send one that the record does not have yet. It does what LastArchivedCache does, for
# the common case alone; with any doubt it does nothing, and Java decides.

# recorded WORD...: exits with 0 if the segment is in the archive, returns otherwise.
recorded() {
    tab='	'
    parallel=0 keep=0 state='' user=barman port='' config='' command='' words=0 line=''
    while [ $# -gt 0 ]; do
        case $1 in
            --parallel | --state-directory | -U | --user | --port | -c | --config | --local-command | --keep-connection | --compression-level)
                [ $# -gt 1 ] || return 0
                line="$line$1$tab"
                case $1 in
                    --parallel) parallel=$2 ;;
                    --keep-connection) keep=$2 ;;
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
            --keep-connection=*) keep=${1#*=} ;;
            --compression-level=*) ;;
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
        last=$1 line="$line$1$tab"
        shift
    done
    [ $words -eq 3 ] || return 0
    case $parallel in '' | *[!0-9]* | ?????*) return 0 ;; esac
    case $keep in '' | *[!0-9]* | ?????*) return 0 ;; esac
    [ "$parallel" -gt 1 ] || [ "$keep" -gt 0 ] || return 0
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

    newline='
'
    escaped='' rest=$destination
    while :; do
        case $rest in
            *' '*) escaped=$escaped${rest%% *}%20 rest=${rest#* } ;;
            *) break ;;
        esac
    done
    head="barman-archived-segments 1${newline}system $cluster${newline}destination $escaped$rest${newline}segment-size $size$newline"
    entry="${newline}segment $wal $stamp$newline"
    if contained; then
        # So that the background process knows of its use.
        [ ! -f "$state/sender" ] || true 2>/dev/null >"$state/used"
        exit 0
    fi
    [ "$keep" -gt 0 ] && [ "$last" = "$file" ] && delivered && contained && exit 0
}

# Whether the record, which begins with $head, contains $entry. One reading for everything: it may be replaced at any moment.
contained() {
    content=$(cat "$record" 2>/dev/null) || return 1
    body=${content%"$newline"cksum *}
    sum=$(printf '%s\n' "$body" | cksum) || return 1
    [ "$content" = "$body${newline}cksum ${sum%% *}" ] || return 1
    case $body$newline in
        "$head"*"$entry"*) ;;
        *) return 1 ;;
    esac
}

# Has the background process send the segment, and waits until that is settled; whether it worked is for the record to say. Fails at
# once when there is no process, or one that serves another data directory or other options, or does not move.
delivered() {
    { IFS= read -r sender && IFS= read -r served && IFS= read -r options; } 2>/dev/null <"$state/sender" || return 1
    case $sender in '' | *[!0-9]*) return 1 ;; esac
    cd -P . 2>/dev/null && [ "$served" = "$PWD" ] && [ "$options$file$tab" = "$line" ] && alive || return 1
    want=$state/want.$$
    # The name appears with its content.
    printf %s "$wal" 2>/dev/null >"$want.new" && mv -f -- "$want.new" "$want" 2>/dev/null || return 1
    trap 'rm -f -- "$want"; exit 2' HUP INT QUIT TERM
    turns=0
    while [ -e "$want" ] && kill -0 "$sender" 2>/dev/null; do
        sleep 0.01 || break
        turns=$((turns + 1))
        [ $((turns % 200)) -ne 0 ] || alive || break
    done
    rm -f -- "$want"
    trap - HUP INT QUIT TERM
}

# Whether the process runs that the file names, and has touched it lately.
alive() {
    kill -0 "$sender" 2>/dev/null || return 1
    # shellcheck disable=SC2046
    set -- $(stat -c %Y -- "$state/sender" /proc/self/ 2>/dev/null)
    [ $# -eq 2 ] && [ $(($1 + 10)) -gt "$2" ]
}
