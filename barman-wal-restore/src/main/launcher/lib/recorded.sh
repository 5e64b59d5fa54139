# SPDX-License-Identifier: Apache-2.0
# Sourced by barman-wal-archive, after record.sh: understands its command line, as far as record.sh has to know.

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
    # The destination, as BarmanConnection says it, where that is a matter of plain words.
    case $user in '' | -* | *[!A-Za-z0-9._-]*) return 0 ;; esac
    case $host in '' | *[!A-Za-z0-9.:_-]*) return 0 ;; esac
    case $server in '' | .* | *[!A-Za-z0-9._-]*) return 0 ;; esac
    case $port in *[!0-9]*) return 0 ;; esac
    case $config in *[!A-Za-z0-9._/-]*) return 0 ;; esac
    case $command in *[!A-Za-z0-9._/=\ -]* | ' '* | *' ' | *'  '*) return 0 ;; esac
    if [ -n "$command" ]; then destination="command $command"; else destination="ssh $user@$host${port:+ ;port=$port}"; fi
    destination="$destination${config:+ ;config=$config} ;server=$server"
    pass_recorded
}
