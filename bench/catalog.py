#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How commands scale with the WAL archive: a made-up catalogue of many archived WALs and some backups, ours and Debian's barman.

    bench/catalog.py [--lines 1000000] [--backups 20] [--rounds 5] [--barman PATH] [--peer /usr/bin/barman] [--user barman]

Each tool gets its own catalogue in the layout it writes itself. Each round runs every command once with every tool, in turn, so that a
busy machine slows them alike; medians are compared. The slow peer runs --peer-rounds times only. "archive-wal" archives one more WAL in
every round; it is also run on a catalogue of a hundredth of the size, to show whether the cost of one WAL depends on the size of the
index. Times are wall clock of the whole command, CPU is that of all its processes, memory the largest resident set of any of them.

As root the commands run as --user: Barman would change the user anyway, which costs a start of its own.
Exit code 1 when a command of ours fails or misses a limit of LIMITS.
"""
import argparse
import datetime
import glob
import os
import pwd
import resource  # noqa: F401 -- os.wait4 needs it, and another user may not be able to load it
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SEGMENT = 16 << 20
FIRST = 256  # number of the first segment in the index
INTERVAL = 10  # seconds between two segments
LIMITS = {"list-backups": (1.5, 150 << 20), "show-backup": (0.5, None), "get-wal": (0.5, None)}


def segment(number):
    return "00000001%08X%08X" % (number // 256, number % 256)


def lsn(number, offset):
    return "%X/%X" % (number // 256, (number % 256 << 24) + offset)


class Tool:
    """One implementation with its catalogue."""

    def __init__(self, label, command, python_layout, directory, lines, backups):
        self.label, self.command, self.lines = label, command, lines
        self.home = os.path.join(directory, label)
        self.server = os.path.join(self.home, "main")
        self.config = os.path.join(self.home, "barman.conf")
        self.archived = 0
        for name in ("base", "wals", "incoming", "streaming", "errors", "meta"):
            os.makedirs(os.path.join(self.server, name))
        user = pwd.getpwuid(os.getuid()).pw_name
        with open(self.config, "w") as out:
            out.write("[barman]\nbarman_home = %s\nbarman_user = %s\nlog_file = %s/barman.log\n\n" % (self.home, user, self.home))
            out.write("[main]\ndescription = catalogue benchmark\nconninfo = host=/nonexistent user=barman dbname=postgres\n"
                      "archiver = on\nbackup_method = postgres\nstreaming_conninfo = host=/nonexistent user=barman\n")
        start = time.time() - INTERVAL * lines - 3600
        # Before version 3.13 the index had another name, before 3.15 or so one field less.
        name, tail = ("xlog.db", "") if python_layout else ("main-xlog.db", "\tNone")
        with open(os.path.join(self.server, "wals", name), "w") as out:
            for i in range(lines):
                out.write("%s\t%d\t%.6f\tgzip%s\n" % (segment(FIRST + i), 2000000 + i % 9973, start + INTERVAL * i, tail))
        step = lines // backups
        self.ids = [self.backup(FIRST + k * step + step // 2, start, python_layout) for k in range(backups)]
        self.existing = segment(FIRST + lines // 2)
        self.store(self.existing)

    def backup(self, begin, start, python_layout):
        began = datetime.datetime.fromtimestamp(int(start + INTERVAL * (begin - FIRST)), datetime.timezone.utc)
        ended = began + datetime.timedelta(seconds=15)
        identifier = began.strftime("%Y%m%dT%H%M%S")
        fields = {
            "backup_label": None, "begin_offset": 40, "begin_time": str(began), "begin_wal": segment(begin),
            "begin_xlog": lsn(begin, 40), "compression": None, "config_file": "/pg/postgresql.conf",
            "copy_stats": "{'copy_time': 9.0, 'total_time': 10.0}", "deduplicated_size": 3000000000, "end_offset": 304,
            "end_time": str(ended), "end_wal": segment(begin + 1), "end_xlog": lsn(begin + 1, 304), "error": None,
            "hba_file": "/pg/pg_hba.conf", "ident_file": "/pg/pg_ident.conf", "included_files": None, "mode": "postgres",
            "pgdata": "/pg", "server_name": "main", "size": 3000000000, "status": "DONE", "systemid": 7000000000000000001,
            "tablespaces": None, "timeline": 1, "version": 150018, "xlog_segment_size": SEGMENT}
        directory = os.path.join(self.server, "base", identifier)
        os.makedirs(os.path.join(directory, "data"))
        path = os.path.join(directory, "backup.info") if python_layout else os.path.join(
            self.server, "meta", identifier + "-backup.info")
        with open(path, "w") as out:
            out.writelines("%s=%s\n" % item for item in sorted(fields.items()))
        return identifier

    def store(self, name):
        directory = os.path.join(self.server, "wals", name[:16])
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, name), "wb") as out:
            out.truncate(SEGMENT)

    def arrive(self):
        """One more segment in incoming; empty ones are WAL enough for both tools."""
        name = segment(FIRST + self.lines + self.archived)
        self.archived += 1
        with open(os.path.join(self.server, "incoming", name), "wb") as out:
            out.truncate(SEGMENT)
            os.fsync(out.fileno())
        return name

    def run(self, *arguments):
        """Wall-clock seconds, largest resident set in bytes, exit code and CPU seconds of one command."""
        with open(os.path.join(self.home, "errors.txt"), "ab") as errors:
            start = time.perf_counter()
            process = subprocess.Popen(
                [self.command, "-c", self.config, *arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        return seconds, usage.ru_maxrss * 1024, process.returncode, usage.ru_utime + usage.ru_stime

    def measure(self, command):
        if command == "list-backups":
            return self.run("list-backup" if self.label == "peer" else command, "main")
        if command == "show-backup":
            return self.run(command, "main", self.ids[len(self.ids) // 2])
        if command == "get-wal":
            return self.run(command, "main", self.existing)
        name = self.arrive()
        result = self.run("archive-wal", "main")
        stored = os.path.exists(os.path.join(self.server, "wals", name[:16], name))
        return result if stored else (result[0], result[1], result[2] or 99, result[3])


def become(user):
    if os.getuid() != 0:
        return
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        sys.exit("running as root and there is no user %s: choose one with --user" % user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ["HOME"] = entry.pw_dir


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1000000)
    parser.add_argument("--backups", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer-rounds", type=int, default=3)
    parser.add_argument("--barman", help="our command; default: that of the distribution below barman-cli/target")
    parser.add_argument("--peer", default="/usr/bin/barman", help='the command to compare with, "" for none')
    parser.add_argument("--user", default="barman")
    parser.add_argument("--commands", default="list-backups show-backup get-wal archive-wal")
    options = parser.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    ours = options.barman or next(iter(glob.glob(root + "/barman-cli/target/barman-cli-*/bin/barman")), None)
    if not ours:
        sys.exit("no distribution below barman-cli/target: build it with ./mvnw package")
    become(options.user)
    directory = tempfile.mkdtemp(prefix="barman-catalog-")
    try:
        sys.exit(compare(options, os.path.abspath(ours), directory))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def compare(options, ours, directory):
    tools = [Tool("ours", ours, False, directory, options.lines, options.backups)]
    if options.peer and os.path.exists(options.peer):
        tools.append(Tool("peer", options.peer, True, directory, options.lines, options.backups))
    else:
        print("no %s: nothing to compare with" % (options.peer or "peer"), file=sys.stderr)
    small = Tool("small", ours, False, directory, max(options.lines // 100, options.backups * 2), options.backups)
    commands = options.commands.split()
    results = {}
    for number in range(options.rounds + 1):
        for command in commands:
            for tool in tools + ([small] if command == "archive-wal" else []):
                if tool.label == "peer" and number >= options.peer_rounds:
                    continue
                result = tool.measure(command)
                # the first round only warms the caches; the peer is too slow for that to matter
                if number > 0 or tool.label == "peer" or result[2] != 0:
                    results.setdefault((command, tool.label), []).append(result)
    return report(options, commands, results, tools + [small])


def report(options, commands, results, tools):
    failed = False
    print("%d WALs, %d backups; medians of %d rounds (peer: %d)" % (
        options.lines, options.backups, options.rounds, options.peer_rounds))
    print("%-14s %-6s %9s %9s %7s %8s" % ("command", "tool", "time", "CPU", "ratio", "memory"))
    for command in commands:
        peer = None
        for label in ("peer", "ours", "small"):
            runs = results.get((command, label))
            if not runs:
                continue
            seconds = statistics.median(run[0] for run in runs)
            memory = max(run[1] for run in runs)
            peer = seconds if label == "peer" else peer
            notes = []
            if any(run[2] for run in runs):
                notes.append("exit codes %s" % sorted({run[2] for run in runs}))
                failed |= label != "peer"
            limit = LIMITS.get(command) if label == "ours" and options.lines >= 1000000 else None
            if limit and (seconds > limit[0] or (limit[1] and memory > limit[1])):
                notes.append("over the limit")
                failed = True
            ratio = "%7.3f" % (seconds / peer) if peer and label == "ours" else "       "
            cpu = statistics.median(run[3] for run in runs)
            print("%-14s %-6s %6.0f ms %6.0f ms %s %5d MB %s" % (
                command, label, seconds * 1000, cpu * 1000, ratio, memory >> 20, ", ".join(notes)))
    if failed:
        for tool in tools:
            errors = os.path.join(tool.home, "errors.txt")
            if os.path.exists(errors) and os.path.getsize(errors):
                print("--- %s ---\n%s" % (tool.label, open(errors, errors="replace").read()[-1500:]), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    main()
