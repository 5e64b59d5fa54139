#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""archive-wal of real WAL segments: ours against Debian's barman and against the bare compression commands.

    bench/archive_wal.py [--wal DIR] [--segments 100] [--rounds 5] [--ours COMMAND] [--peer /usr/bin/barman] [--only gzip,zstd]

Every round runs all the cases, in turn, so that a busy machine slows all of them alike; medians are compared and printed as ratios.
Cases: no compression and gzip (medium = 6) against the other barman; "zstd -3" and "lz4" (its level 1), run once per file, one after
the other, against zstd level 3 and lz4 low (level 0: both are the fast compressor); lz4 -6 against lz4 medium. The commands do not
synchronise anything with the disk, ours does.

DIR holds 16 MiB segments; when it does not exist, a private PostgreSQL (--pgbin) makes them: bulk load, pgbench and JSON documents.
The distribution of barman-cli must be built ("./mvnw package"), or --ours given. As root everything runs as --user instead.
Exit code 1 when a target is missed.
"""
import argparse
import glob
import os
import pwd
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SEGMENT = 16 * 1024 * 1024
# case: (our compression and level, peer, least ratio of the peer's time to ours)
CASES = {
    "none": ((None, None), "barman", 1.0),
    "gzip": (("gzip", None), "barman", 1.8),
    "zstd": (("zstd", "3"), "zstd -q -3", 1.6),
    "lz4": (("lz4", "low"), "lz4 -q", 1.6),
    "lz4-6": (("lz4", None), "lz4 -q -6", None),
}

SQL = """
create table docs (id bigserial primary key, created timestamptz, who text, body jsonb, blob bytea);
create index on docs (who);
insert into docs (created, who, body, blob)
  select now() - i * interval '1 s', 'user' || (random() * 5000)::int,
         jsonb_build_object('order', i, 'sku', md5((i % 977)::text),
                            'status', (array['new', 'paid', 'shipped', 'returned'])[1 + (random() * 3)::int],
                            'note', repeat(substr('the quick brown fox jumps over the lazy dog and runs away ',
                                                  1 + (random() * 40)::int), 1 + (random() * 4)::int),
                            'ref', md5(random()::text), 'amount', round((random() * 1000)::numeric, 2)),
         case when i % 4 = 0 then decode(md5(random()::text) || md5(random()::text) || md5(random()::text), 'hex') end
    from generate_series(1, 700000) i;
checkpoint;
update docs set who = 'user' || (random() * 5000)::int where id % 9 = 0;
select pg_switch_wal();
"""


def run(argv, **more):
    return subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, **more)


def make_wal(directory, pgbin, count, user):
    """At least COUNT segments of mixed content in DIRECTORY."""
    print(f"making WAL in {directory} ...", file=sys.stderr)
    work = tempfile.mkdtemp(prefix="bench-pg.")
    os.makedirs(directory)
    for path in (work, directory):
        chown(path, user)
    data = os.path.join(work, "data")
    run([f"{pgbin}/initdb", "-D", data, "-A", "trust", "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8"], **user)
    with open(f"{data}/postgresql.conf", "a") as conf:
        conf.write(f"listen_addresses = ''\nunix_socket_directories = '{work}'\nfsync = off\nshared_buffers = 256MB\n"
                   f"max_wal_size = 2GB\narchive_mode = on\narchive_command = 'cp %p {directory}/%f'\n")
    control = [f"{pgbin}/pg_ctl", "-D", data, "-w", "-l", f"{work}/log"]
    run(control + ["start"], **user)
    try:
        connect = ["-h", work, "-U", "postgres"]
        run([f"{pgbin}/createdb"] + connect + ["bench"], **user)
        run([f"{pgbin}/pgbench"] + connect + ["-q", "-i", "-s", "50", "bench"], stderr=subprocess.DEVNULL, **user)
        for _ in range(3):
            run([f"{pgbin}/psql"] + connect + ["-qc", "checkpoint", "bench"], **user)
            run([f"{pgbin}/pgbench"] + connect + ["-c4", "-j2", "-T8", "-Mprepared", "bench"],
                stderr=subprocess.DEVNULL, **user)
        sql = os.path.join(work, "docs.sql")
        with open(sql, "w") as file:
            file.write(SQL)
        run([f"{pgbin}/psql"] + connect + ["-qf", sql, "bench"], **user)
        if len(segments(directory)) < count:
            run([f"{pgbin}/psql"] + connect + ["-qc", "drop table docs", "bench"], **user)
            run([f"{pgbin}/psql"] + connect + ["-qf", sql, "bench"], **user)
    finally:
        run(control + ["-m", "fast", "stop"], **user)
        shutil.rmtree(work)


def segments(directory):
    return sorted(os.path.join(directory, name) for name in os.listdir(directory)
                  if len(name) == 24 and os.path.getsize(os.path.join(directory, name)) == SEGMENT)


def chown(path, user):
    if user:
        os.chown(path, user["user"], user["group"])


class Bench:
    def __init__(self, options, wals, scratch, user):
        self.options, self.wals, self.scratch, self.user = options, wals, scratch, user

    def fresh(self, name):
        path = os.path.join(self.scratch, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        chown(path, self.user)
        return path

    def archive(self, command, compression, level):
        """Seconds that one archive-wal of all segments takes, and the size of the result."""
        home = self.fresh("home")
        incoming = os.path.join(home, "main", "incoming")
        for path in (os.path.join(home, "main"), incoming):
            os.makedirs(path)
            chown(path, self.user)
        conf = os.path.join(home, "barman.conf")
        name = pwd.getpwuid(self.user["user"]).pw_name if self.user else pwd.getpwuid(os.geteuid()).pw_name
        with open(conf, "w") as file:
            file.write(f"[barman]\nbarman_home = {home}\nbarman_user = {name}\nlog_file = {home}/barman.log\n"
                       f"configuration_files_directory = {home}/none\n\n"
                       "[main]\ndescription = bench\narchiver = on\nbackup_method = postgres\narchiver_batch_size = 0\n"
                       "conninfo = host=127.0.0.1 user=x dbname=x\nstreaming_conninfo = host=127.0.0.1 user=x\n")
            if compression:
                file.write(f"compression = {compression}\n")
            if level:
                file.write(f"compression_level = {level}\n")
        for wal in self.wals:
            os.link(wal, os.path.join(incoming, os.path.basename(wal)))
        os.sync()
        start = time.perf_counter()
        done = subprocess.run(command + ["-c", conf, "archive-wal", "main"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **self.user)
        seconds = time.perf_counter() - start
        stored = [path for path in glob.glob(f"{home}/main/wals/*/*") if len(os.path.basename(path)) == 24]
        if done.returncode != 0 or len(stored) != len(self.wals) or os.listdir(incoming):
            sys.exit(f"{command[0]} archived {len(stored)} of {len(self.wals)}, exit code {done.returncode}:\n{done.stdout}")
        return seconds, sum(map(os.path.getsize, stored))

    def compress(self, command):
        """Seconds that one run of the command per segment takes, and the size of the result."""
        target = self.fresh("compressed")
        argv = shlex.split(command)
        output = ["-o"] if argv[0] == "zstd" else []
        os.sync()
        start = time.perf_counter()
        for wal in self.wals:
            run(argv + [wal] + output + [os.path.join(target, os.path.basename(wal))], **self.user)
        seconds = time.perf_counter() - start
        return seconds, sum(os.path.getsize(os.path.join(target, name)) for name in os.listdir(target))

    def peer(self, peer, settings):
        if peer == "barman":
            return self.archive([self.options.peer], *settings)
        return self.compress(peer)


def our_command(given):
    if given:
        return shlex.split(given)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = glob.glob(f"{root}/barman-cli/target/barman-cli-*/bin/barman")
    if not found:
        sys.exit("no barman below barman-cli/target: build it with ./mvnw package, or give --ours")
    return found[:1]


def copy_for(wals, scratch, user):
    """Own copies: only an owner may link a file on most systems."""
    directory = os.path.join(scratch, "wal")
    os.makedirs(directory)
    chown(directory, user)
    copies = []
    for wal in wals:
        copy = os.path.join(directory, os.path.basename(wal))
        shutil.copy(wal, copy)
        os.chmod(copy, 0o600)
        chown(copy, user)
        copies.append(copy)
    return copies


def default_pgbin():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    return found[-1] if found else os.path.dirname(shutil.which("initdb") or "/usr/bin/initdb")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wal", help="directory of segments; default: made, and removed at the end")
    parser.add_argument("--segments", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ours", help="our barman command")
    parser.add_argument("--peer", default="/usr/bin/barman")
    parser.add_argument("--only", help="cases, separated by commas: " + " ".join(CASES))
    parser.add_argument("--pgbin", default=default_pgbin())
    parser.add_argument("--user", default="postgres", help="who runs the commands when this is started by root")
    parser.add_argument("--scratch", help="directory on the disk to be measured; default: a temporary one")
    options = parser.parse_args()
    ours = our_command(options.ours)
    user = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam(options.user)
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    scratch = tempfile.mkdtemp(prefix="bench-archive.", dir=options.scratch)
    chown(scratch, user)
    try:
        directory = options.wal or os.path.join(scratch, "made")
        if not os.path.isdir(directory):
            make_wal(directory, options.pgbin, options.segments, user)
        # The last ones: the first are all bulk load.
        wals = copy_for(segments(directory)[-options.segments:], scratch, user)
        bench = Bench(options, wals, scratch, user)
        cases = options.only.split(",") if options.only else list(CASES)
        for case in list(cases):
            program = shlex.split(CASES[case][1])[0]
            program = options.peer if program == "barman" else program
            if not shutil.which(program):
                print(f"{case}: skipped, {program} is not installed", file=sys.stderr)
                cases.remove(case)
        results = {case: ([], []) for case in cases}
        for round_number in range(options.rounds):
            for case in cases:
                settings, peer, _ = CASES[case]
                results[case][0].append(bench.archive(ours, *settings))
                results[case][1].append(bench.peer(peer, settings))
        sys.exit(report(results, len(wals), options))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def report(results, count, options):
    missed = False
    print(f"archive-wal of {count} segments, {os.cpu_count()} processors, medians of {options.rounds}, ms per segment")
    print(f"{'case':8} {'ours':>7} {'peer':>7} {'peer/ours':>9} {'least':>6} {'our size':>9} {'peer size':>9}  peer")
    for case, (ours, peer) in results.items():
        _, program, least = CASES[case]
        our_time, peer_time = (statistics.median(seconds for seconds, _ in runs) / count for runs in (ours, peer))
        ratio = peer_time / our_time
        late = least is not None and ratio < least
        missed |= late
        sizes = [runs[0][1] / (count * SEGMENT) for runs in (ours, peer)]
        print(f"{case:8} {our_time * 1000:7.1f} {peer_time * 1000:7.1f} {ratio:9.2f} {least or '-':>6} {sizes[0]:9.3f} "
              f"{sizes[1]:9.3f}  {options.peer if program == 'barman' else program}{'  MISSED' if late else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    main()
