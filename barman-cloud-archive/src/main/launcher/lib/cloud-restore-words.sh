# SPDX-License-Identifier: Apache-2.0
# Sourced by barman-cloud-wal-restore, for spooled.sh: reads as much of the command line as that needs.

# restore_words WORD...: sets jobs, spool, archive, wal and dest; fails for what is to be left to Java.
restore_words() {
    spool=/var/tmp/walrestore jobs=0 url='' server='' wal='' dest='' words=0 endpoint=${AWS_ENDPOINT_URL_S3:-$AWS_ENDPOINT_URL}
    while [ $# -gt 0 ]; do
        case $1 in
            -p | --parallel | --spool-dir | --endpoint-url | -P | --aws-profile | --profile | --read-timeout | --outage-timeout)
                [ $# -gt 1 ] || return 1
                case $1 in
                    -p | --parallel) jobs=$2 ;;
                    --spool-dir) spool=$2 ;;
                    --endpoint-url) endpoint=$2 ;;
                esac
                shift
                ;;
            --parallel=*) jobs=${1#*=} ;;
            -p[0-9]*) jobs=${1#-p} ;;
            --spool-dir=*) spool=${1#*=} ;;
            --endpoint-url=*) endpoint=${1#*=} ;;
            --aws-profile=* | --profile=* | --read-timeout=* | --outage-timeout=* | --cloud-provider=aws-s3) ;;
            -q | --quiet | --no-partial | --abort-on-outage) ;;
            -*) return 1 ;;
            *)
                words=$((words + 1))
                case $words in
                    1) url=$1 ;;
                    2) server=$1 ;;
                    3) wal=$1 ;;
                    4) dest=$1 ;;
                esac
                ;;
        esac
        shift
    done
    [ $words -eq 4 ] || return 1
    case $server in '' | .* | *[!A-Za-z0-9._-]*) return 1 ;; esac

    # The archive's name, as CloudSpool says it: store, bucket, path.
    case $url in s3://[A-Za-z0-9]*) rest=${url#s3://} ;; *) return 1 ;; esac
    case $endpoint in
        '') rest=aws-s3/$rest ;;
        http://* | https://*) rest=${endpoint%%:*}/${endpoint#*://}/$rest ;;
        *) return 1 ;;
    esac
    while :; do
        case $rest in */) rest=${rest%/} ;; *) break ;; esac
    done
    case $rest in
        *//*) return 1 ;;
        *:*) rest=${rest%%:*}/${rest#*:} ;;
    esac
    case $rest in *[!A-Za-z0-9._/-]*) return 1 ;; esac
    [ ${#rest} -le 200 ] || return 1
    archive=''
    while :; do
        case $rest in
            */*) archive=$archive${rest%%/*}= rest=${rest#*/} ;;
            *) break ;;
        esac
    done
    archive=$archive$rest/$server
}
