# SPDX-License-Identifier: Apache-2.0
# Sourced by barman-cloud-wal-archive, after record.sh: understands its command line, as far as record.sh has to know.

# recorded WORD...: exits with 0 if the segment is in the archive already, returns otherwise.
recorded() {
    # As a hook script the file comes from the environment.
    [ -z "$BARMAN_HOOK$BARMAN_PHASE" ] || return 0
    profile=$AWS_PROFILE
    parallel=0 state='' endpoint='' provider=aws-s3 words=0
    while [ $# -gt 0 ]; do
        case $1 in
            --parallel | --state-directory | --endpoint-url | --cloud-provider | -P | --profile | --aws-profile | --read-timeout | \
                --compression-level | --tag | --history-tag | -e | --encryption | --sse-kms-key-id)
                [ $# -gt 1 ] || return 0
                case $1 in
                    --parallel) parallel=$2 ;;
                    --state-directory) state=$2 ;;
                    --endpoint-url) endpoint=$2 ;;
                    --cloud-provider) provider=$2 ;;
                    -P | --profile | --aws-profile) profile=$2 ;;
                esac
                shift
                ;;
            --parallel=*) parallel=${1#*=} ;;
            --state-directory=*) state=${1#*=} ;;
            --endpoint-url=*) endpoint=${1#*=} ;;
            --cloud-provider=*) provider=${1#*=} ;;
            --profile=* | --aws-profile=*) profile=${1#*=} ;;
            --read-timeout=* | --compression-level=* | --tag=* | --history-tag=* | --encryption=* | \
                --sse-kms-key-id=*) ;;
            -v | --verbose | -q | --quiet | -z | --gzip | -j | --bzip2 | --xz | --snappy | --zstd | --lz4) ;;
            -*) return 0 ;;
            *)
                words=$((words + 1))
                case $words in
                    1) url=$1 ;;
                    2) server=$1 ;;
                    3) file=$1 ;;
                esac
                ;;
        esac
        shift
    done
    [ $words -eq 3 ] && [ "$provider" = aws-s3 ] || return 0

    # The destination, as WalArchiveRequest says it, where that is a matter of plain words.
    case $server in '' | .* | *[!A-Za-z0-9._-]*) return 0 ;; esac
    case $url in s3://*) url=${url#s3://} ;; *) return 0 ;; esac
    case $url in /* | *//* | *[!A-Za-z0-9._/-]*) return 0 ;; esac
    url=${url%/}
    case $url in '') return 0 ;; */*) ;; *) url=$url/ ;; esac
    endpoint=${endpoint:-${AWS_ENDPOINT_URL_S3:-${AWS_ENDPOINT_URL:--}}}
    case $endpoint in *[!A-Za-z0-9.:/_-]*) return 0 ;; esac
    # A profile may lead to another store.
    case $profile in *[!A-Za-z0-9._-]*) return 0 ;; esac
    case $AWS_CONFIG_FILE in *[!A-Za-z0-9./_-]*) return 0 ;; esac
    endpoint=$endpoint${profile:+ ;profile=$profile}${AWS_CONFIG_FILE:+ ;config=$AWS_CONFIG_FILE}
    destination="cloud $provider $endpoint ;$url ;server=$server"
    pass_recorded
}
