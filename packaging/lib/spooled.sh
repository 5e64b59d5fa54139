# SPDX-License-Identifier: Apache-2.0
# Sourced by the restore commands: delivers a segment that lies ready in the spool, or is about to, without starting Java, which takes ten
# times as long. It does what WalSpool and Destination do, for the common case alone; with any doubt it does nothing, and Java decides.

# spooled: exits with 0 once the segment is delivered, returns otherwise. The command has set, from its command line: jobs, spool,
# archive (the directory of the archive and of the server in the spool), wal, dest.
spooled() {
    case $jobs in '' | *[!0-9]* | 0 | 1 | ?????*) return 0 ;; esac
    case $wal in *[!0-9A-F]*) return 0 ;; esac
    [ ${#wal} -eq 24 ] || return 0
    case $spool in /*) ;; *) return 0 ;; esac
    case $dest in '' | -*) return 0 ;; esac

    # The standby's directory, as SpoolLocation names it.
    [ -f global/pg_control ] && cd -P . 2>/dev/null || return 0
    case $PWD in *[!A-Za-z0-9._/-]*) return 0 ;; esac
    rest=${PWD#/} standby=''
    while :; do
        case $rest in
            */*) standby=$standby${rest%%/*}= rest=${rest#*/} ;;
            *) break ;;
        esac
    done
    standby=$standby$rest
    cluster=$(od -An -v -tu8 -N8 global/pg_control 2>/dev/null) || return 0
    cluster=${cluster##* }
    directory=$spool/$archive/$cluster/$standby
    entry=$directory/$wal
    [ -f "$entry" ] || await || return 0
    [ ! -h "$entry" ] && [ ! -h "$directory" ] && [ ! -d "$dest" ] || return 0
    case $dest in */*) beside=${dest%/*}/ ;; *) beside=. ;; esac

    # Of the entry, its directory, that of the destination, and this moment: size, time, device, owner, mode.
    # shellcheck disable=SC2046
    set -- $(stat -c '%s %Y %d %u %a' -- "$entry" "$directory" "$beside" /proc/self/ 2>/dev/null)
    [ $# -eq 20 ] || return 0
    size=$1
    # Young enough, in a directory that is ours alone.
    [ $(($2 + 3600)) -gt "${17}" ] && [ "$9" = "${19}" ] && [ "${10}" = 700 ] || return 0
    copy=
    [ "$3" = "${13}" ] || copy=${beside%/}/.${dest##*/}.$$.barman-tmp

    # The header: magic number, flags and timeline; position; lengths; cluster; sizes.
    # shellcheck disable=SC2046
    set -- $(od -An -v -tu8 -N40 "$entry" 2>/dev/null)
    [ $# -eq 5 ] && [ "$4" = "$cluster" ] && [ ${#1} -lt 19 ] && [ ${#2} -lt 19 ] && [ ${#5} -lt 19 ] || return 0
    timeline=${wal%????????????????} log=${wal#????????} segment=${wal#????????????????}
    log=${log%????????}
    offset=$((0x$segment * size))
    [ $(($1 & 0xFE00)) -eq $((0xD000)) ] && [ $(($1 >> 16 & 2)) -eq 2 ] && [ $(($1 >> 32)) -ge 1 ] \
        && [ $(($1 >> 32)) -le $((0x$timeline)) ] && [ $(($5 & 0xFFFFFFFF)) -eq "$size" ] \
        && [ $offset -lt 4294967296 ] && [ "$2" -eq $(((0x$log << 32) + offset)) ] || return 0

    if [ -z "$copy" ]; then
        mv -f -- "$entry" "$dest" 2>/dev/null || return 0
        trap - EXIT
        exit 0
    fi
    # On another file system. The name is the one that Destination uses and cleans up.
    trap 'rm -f -- "$copy"; trap - EXIT; exit 143' HUP INT QUIT TERM
    if cp -- "$entry" "$copy" 2>/dev/null && [ "$(stat -c %s -- "$copy")" = "$size" ] && sync -- "$copy" \
        && mv -f -- "$copy" "$dest" 2>/dev/null; then
        rm -f -- "$entry"
        trap - EXIT
        exit 0
    fi
    rm -f -- "$copy"
    trap 'trap - EXIT; exit 143' HUP INT QUIT TERM
}

# Waits for a segment that a living background process has asked for: most likely it is here before Java would be. Fails when the
# segment does not come, or not soon.
await() {
    coming=$directory/coming.$wal
    [ -e "$coming" ] && [ ! -h "$directory" ] || return 1
    read -r fetcher 2>/dev/null <"$directory/prefetch.lock" || return 1
    case $fetcher in '' | *[!0-9]*) return 1 ;; esac
    turns=0
    while [ ! -f "$entry" ] && [ -e "$coming" ] && [ $turns -lt 1000 ] && kill -0 "$fetcher" 2>/dev/null; do
        sleep 0.01 || return 1
        turns=$((turns + 1))
    done
    [ -f "$entry" ]
}
