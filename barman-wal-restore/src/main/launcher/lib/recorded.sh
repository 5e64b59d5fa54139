# SPDX-License-Identifier: Apache-2.0
# Sourced by barman-wal-archive, after record.sh: understands its command line, as far as record.sh has to know, and has the background
# process of --keep-connection send a segment that the record does not have yet.

# recorded WORD...: exits with 0 if the segment is in the archive, returns otherwise.
recorded() {
    tab='	'
    parallel=0 keep=unsaid state='' user=barman port='' config='' command='' words=0 line=''
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
            # A dash alone is a word: the host, where --local-command needs none.
            -?*) return 0 ;;
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
    # The destination, as BarmanConnection says it, where that is a matter of plain words.
    case $user in '' | -* | *[!A-Za-z0-9._-]*) return 0 ;; esac
    case $host in '' | *[!A-Za-z0-9.:_-]*) return 0 ;; esac
    case $server in '' | .* | *[!A-Za-z0-9._-]*) return 0 ;; esac
    case $port in *[!0-9]*) return 0 ;; esac
    case $config in *[!A-Za-z0-9._/-]*) return 0 ;; esac
    case $command in *[!A-Za-z0-9._/=\ -]* | ' '* | *' ' | *'  '*) return 0 ;; esac
    if [ -n "$command" ]; then destination="command $command"; else destination="ssh $user@$host${port:+ ;port=$port}"; fi
    destination="$destination${config:+ ;config=$config} ;server=$server"
    # What WalArchiveMain takes for it.
    if [ "$keep" = unsaid ]; then
        keep=0
        if [ "$parallel" -gt 1 ] 2>/dev/null; then keep=60; fi
    fi
    case $keep in '' | *[!0-9]* | ?????*) return 0 ;; esac
    [ "$keep" -eq 0 ] || [ "$last" != "$file" ] || { [ "$parallel" -gt 1 ] 2>/dev/null || parallel=2; }
    pass_recorded
    # Java starts a background process only where later calls, such as this one, come to the point of asking it.
    case $judged in '' ) return 0 ;; esac
    [ "$keep" -gt 0 ] && [ "$last" = "$file" ] || return 0
    BARMAN_KEEPS=1
    export BARMAN_KEEPS
    [ "$judged" = absent ] && delivered && contained && exit 0
}

# Has the background process send the segment, and waits until that is settled; whether it worked is for the record to say. Fails at
# once when there is no process, or one that serves another data directory or other options, or does not move.
delivered() {
    { IFS= read -r sender && IFS= read -r served && IFS= read -r options; } 2>/dev/null <"$state/sender" || return 1
    case $sender in '' | *[!0-9]*) return 1 ;; esac
    cd -P . 2>/dev/null && [ "$served" = "$PWD" ] && [ "$options$file$tab" = "$line" ] && alive || return 1
    want=$state/want.$$
    trap 'rm -f -- "$want" "$want.new"; exit 2' HUP INT QUIT TERM
    # The name appears with its content.
    printf %s "$wal" 2>/dev/null >"$want.new" && mv -f -- "$want.new" "$want" 2>/dev/null || rm -f -- "$want.new"
    turns=0 turn=0.01
    while [ -e "$want" ] && kill -0 "$sender" 2>/dev/null; do
        sleep $turn || break
        turns=$((turns + 1))
        case $turns in 100) turn=0.05 ;; 200) turn=0.2 ;; esac
        [ $((turns % 25)) -ne 0 ] || alive || break
    done
    rm -f -- "$want"
    trap 'exit 2' HUP INT QUIT TERM
}

# Whether the process runs that the file names, and has touched it lately; a time to come counts for nothing.
alive() {
    kill -0 "$sender" 2>/dev/null || return 1
    # shellcheck disable=SC2046
    set -- $(stat -c %Y -- "$state/sender" /proc/self/ 2>/dev/null)
    [ $# -eq 2 ] && [ $(($1 + 10)) -gt "$2" ] && [ $(($2 + 10)) -gt "$1" ]
}
