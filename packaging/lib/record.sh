# SPDX-License-Identifier: Apache-2.0
# Sourced by commands that archive: lets a segment pass that the record has, without starting Java, which takes ten times as long. It does what LastArchivedCache does, for the common case alone; with any doubt it does nothing, and Java decides.

# pass_recorded: exits with 0 if the segment is in the archive already, returns otherwise. Its input are the variables parallel, file,
# server, destination (as Java says it), and state (the state directory, empty for the standard one). It sets judged: to absent when the
# record is there and says nothing of the segment, so that contained may be asked again; to unknown when there is no record yet; else to
# nothing.
pass_recorded() {
    judged=
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
    if [ ! -e "$record" ] && [ ! -h "$record" ]; then
        # What the rest needs.
        stat -L -c '%i %.9Y' -- "$file" /proc/self/ >/dev/null 2>&1 && judged=unknown
        return 0
    fi
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
        # A background process is to know of its use.
        [ ! -f "$state/sender" ] || true 2>/dev/null >"$state/used"
        exit 0
    fi
    judged=absent
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
