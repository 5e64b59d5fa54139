# SPDX-License-Identifier: Apache-2.0
# Sourced by commands that archive: lets a segment pass that the record of --parallel has, without starting Java, which takes ten times
# as long. It does what LastArchivedCache does, for the common case alone; with any doubt it does nothing, and Java decides.

# pass_recorded: exits with 0 if the segment is in the archive already, returns otherwise. Its input are the variables parallel, file,
# server, destination (as Java says it), and state (the state directory, empty for the standard one).
pass_recorded() {
    case $parallel in '' | *[!0-9]* | 0* | 1 | ?????*) return 0 ;; esac
    wal=${file##*/}
    case $wal in *[!0-9A-F]*) return 0 ;; esac
    [ ${#wal} -eq 24 ] || return 0
    # As PostgreSQL gives it.
    [ "$file" = "pg_wal/$wal" ] || return 0
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
