#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The main job, start to end, on a private PostgreSQL server: archive its WAL, take a base backup, write rows around a
# recorded time, restore to that time into a new cluster, start it, and show which rows it holds.
#
# Everything happens below one temporary directory and on free loopback ports; nothing is left running and nothing is
# left behind (KEEP=1 keeps the directory). As root the servers run as the system user "postgres".
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/scripts/prerequisites.sh"

bold= plain=
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
number=0
step() {
    number=$((number + 1))
    printf '\n%s%d. %s%s\n' "$bold" "$number" "$*" "$plain"
}
say() { printf '   %s\n' "$*"; }
fail() {
    printf '\nFAILED: %s\n' "$*" >&2
    exit 1
}
# Runs a command as a reader would type it: first the command, then what it printed, indented.
show() {
    printf '   $ %s\n' "$*"
    "$@" >"$work/out" 2>&1 && _code=0 || _code=$?
    sed 's/^/     /' "$work/out"
    [ "$_code" = 0 ] || fail "exit code $_code"
}

# --- What is needed --------------------------------------------------------------------------------------------------
require_jdk
prerequisites postgres:postgresql pg_basebackup:postgresql-client runuser:util-linux

if [ "$(id -u)" = 0 ]; then
    user=postgres
    as() { runuser -u "$user" -- "$@"; }
else
    user=$(id -un)
    as() { "$@"; }
fi

printf '%sBuilding%s (the tests are run by ./run-tests)\n' "$bold" "$plain"
(cd "$here" && ./mvnw -B -ntp -q -Dquick -DskipTests \
    -pl barman-cli,barman-wal-restore -am package)
started=$(date +%s)

work=$(mktemp -d "${TMPDIR:-/tmp}/barman-quickstart.XXXXXX")
chmod 755 "$work"
primary=$work/primary restored=$work/restored home=$work/barman-home
finish() {
    _status=$?
    trap - EXIT INT TERM
    for _data in "$primary" "$restored"; do
        [ -f "$_data/postmaster.pid" ] && as "$pgbin/pg_ctl" -D "$_data" -w -m immediate stop >/dev/null 2>&1
    done
    if [ -n "${KEEP:-}" ]; then
        say "kept: $work"
    else
        rm -rf "$work"
    fi
    exit "$_status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The commands are installed beside the data so that the servers' user can read them wherever the clone lies.
for dist in "$here"/barman-cli/target/barman-cli-* "$here"/barman-wal-restore/target/barman-wal-restore-*; do
    if [ -d "$dist/bin" ]; then cp -R "$dist" "$work/$(basename "$dist" | sed 's/-[0-9].*//')"; fi
done
[ "$(id -u)" != 0 ] || chown -R "$user": "$work"
[ -x "$work/barman-cli/bin/barman" ] || fail "the build left no barman command"
PATH=$work/barman-cli/bin:$work/barman-wal-restore/bin:$PATH
pgbin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -n 1)")
[ -x "$pgbin/postgres" ] || pgbin=$(dirname "$(command -v postgres)")
PATH=$PATH:$pgbin
export PATH
cd "$work"

free_port() { # a port of the loopback interface that nobody listens on, from $1 upwards
    _port=$1
    while "$pgbin/pg_isready" -q -h 127.0.0.1 -p "$_port" -t 1 || [ $? = 1 ] ||
        grep -qi ":$(printf %04X "$_port") 0*:0000 0A" /proc/net/tcp 2>/dev/null; do
        _port=$((_port + 1))
    done
    echo "$_port"
}
port=$(free_port 54321)
sql() { "$pgbin/psql" -XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U postgres -d postgres "$@"; }
barman() { as barman -c "$work/barman.conf" "$@"; }

# --- The main job ----------------------------------------------------------------------------------------------------
step "A PostgreSQL server of our own ($("$pgbin/postgres" --version)), port $port"
as "$pgbin/initdb" -D "$primary" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$work/initdb.log" 2>&1 ||
    { cat "$work/initdb.log"; fail "initdb"; }
as tee -a "$primary/postgresql.conf" >/dev/null <<CONF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = '$work'
wal_level = replica
archive_mode = on
archive_command = 'barman-wal-archive --local-command barman --config $work/barman.conf localhost main %p'
CONF
say "archive_command = barman-wal-archive: every finished WAL segment goes to Barman"
as "$pgbin/pg_ctl" -D "$primary" -w -l "$work/primary.log" start >/dev/null || { cat "$work/primary.log"; fail "start"; }

step "Barman's configuration"
as mkdir -p "$home"
as tee "$work/barman.conf" >/dev/null <<CONF
[barman]
barman_home = $home
barman_user = $user
log_file = $work/barman.log
compression = zstd

[main]
description = Quick start
conninfo = host=127.0.0.1 port=$port user=postgres dbname=postgres
streaming_conninfo = host=127.0.0.1 port=$port user=postgres
backup_method = postgres
immediate_checkpoint = true
archiver = on
CONF
sed 's/^/     /' "$work/barman.conf"
show barman list-servers
say "the first check makes the directories, and PostgreSQL ship a first WAL segment; the next one finds all well:"
for _ in 1 2 3 4 5 6; do
    if barman check main >"$work/out" 2>&1; then break; fi
done
show barman check main

step "Load: pgbench tables, then transactions"
"$pgbin/pgbench" -q -i -s 5 -h 127.0.0.1 -p "$port" -U postgres postgres >"$work/pgbench.log" 2>&1 ||
    { cat "$work/pgbench.log"; fail "pgbench"; }
"$pgbin/pgbench" -n -c 2 -j 2 -T 3 -h 127.0.0.1 -p "$port" -U postgres postgres 2>&1 |
    sed -n 's/^number of transactions actually processed: /   transactions: /p'

step "A base backup"
show barman backup --wait main
show barman list-backups main

step "Marker rows around a recorded time"
sql -c "create table marker(id int primary key, note text, written timestamptz default clock_timestamp())"
sql -c "insert into marker(id, note) values (1, 'written before the recorded time')"
sleep 1
target=$(sql -c "select clock_timestamp()")
sleep 1
sql -c "insert into marker(id, note) values (2, 'written after it: must not come back')"
sql -c "select format('   %s  %s  %s', id, written, note) from marker order by id"
say "recorded time: $target"
"$pgbin/pgbench" -n -c 2 -j 2 -T 2 -h 127.0.0.1 -p "$port" -U postgres postgres >/dev/null 2>&1
show barman switch-wal --force --archive main
say "WAL in Barman's archive: $(find "$home/main/wals" -type f -name '????????????????????????' | wc -l) segments," \
    "$(du -sh "$home/main/wals" | cut -f1)"

step "The disaster: the server is gone"
as "$pgbin/pg_ctl" -D "$primary" -w -m immediate stop >/dev/null
rm -rf "$primary"
say "data directory removed"

step "Restore to the recorded time"
show barman restore --target-time "$target" --target-action promote main latest "$restored"

step "Start the restored cluster"
# The archive of the lost server must not receive WAL of the new one: Barman switched archive_command off.
as "$pgbin/pg_ctl" -D "$restored" -w -t 60 -l "$work/restored.log" start >/dev/null ||
    { cat "$work/restored.log"; fail "the restored cluster does not start"; }
for _ in $(seq 100); do
    [ "$(sql -c 'select pg_is_in_recovery()')" = f ] && break
    sleep 0.1
done
grep -E 'starting point-in-time|recovery stopping|archive recovery complete' "$work/restored.log" | sed 's/^/     /'

step "What it holds"
sql -c "select format('   marker %s: %s (%s)', id, note, written) from marker order by id"
say "pgbench_accounts: $(sql -c 'select count(*) from pgbench_accounts') rows," \
    "timeline $(sql -c 'select timeline_id from pg_control_checkpoint()')"
found=$(sql -c "select string_agg(id::text, ',' order by id) from marker")
[ "$found" = 1 ] || fail "expected exactly marker row 1, found: $found"

printf '\n%sDone%s in %d s: row 1 is back, row 2 (written after the recorded time) is not.\n' \
    "$bold" "$plain" $(($(date +%s) - started))
