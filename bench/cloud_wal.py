#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""barman-cloud-wal-archive and -wal-restore against a local S3 server, one invocation per segment as PostgreSQL runs them: ours, Debian's.

    bench/cloud_wal.py [--wal DIR] [--segments 48] [--rounds 3] [--java-home DIR]... [--only 'ours-archive*,peer-archive']

Cases (--only takes patterns):
  ours-archive       our barman-cloud-wal-archive, a segment alone
  ours-archive8 ours-archive16   with --parallel 8 and 16, a backlog: every segment is marked as ready
  ours-recorded      a call for a segment that an earlier one archived
  ours-restore       our barman-cloud-wal-restore, where the distribution has it
  peer-archive peer-restore   Debian's
The peer's 3.4 knows none, gzip and bzip2; with zstd ours is compared with its time for none.

The server is S3Proxy, with its objects in a directory, warmed up before anything is measured; its time counts for both. Every round runs all
cases, in turn, each in a bucket path of its own. Our calls run in a directory that looks like PostgreSQL's. After a series every
object is compared with its segment, and every restored file too, outside of the measured time. Times are wall clock of the call; the
time per segment of a backlog is that of the whole series divided by its segments. Memory is the largest resident set of a call.

DIR holds 16 MiB segments; when it is not given, a private PostgreSQL (--pgbin) makes them. The distribution must be built ("./mvnw
package", which also leaves the S3 server below target/s3proxy when the integration tests ran). Exit code 1 when a target is missed.
"""
import argparse
import collections
import encodings.idna  # noqa: F401 -- as resource below
import fnmatch
import gzip
import os
import pwd
import re
import resource  # noqa: F401 -- os.wait4 needs it, and another user may not be able to load it
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

from archive_wal import copy_for, default_pgbin, make_wal, segments
from wal_clients import Call, our_distribution, run

OPTIONS = {"none": [], "gzip": ["--gzip"], "zstd": ["--zstd"]}
SUFFIX = {"none": "", "gzip": ".gz", "zstd": ".zst"}
PEER_KNOWS = ("none", "gzip")
# Case: the case it is compared with, and how many times as fast it has to be, by the lowest version of Java.
LEAST = {
    "ours-archive": ("peer-archive", {17: 1.0, 25: 1.3}),
    "ours-archive8": ("peer-archive", {17: 3.5, 25: 4.5}),
    "ours-archive16": ("peer-archive", {17: 5.0}),
    "ours-restore": ("peer-restore", {17: 1.0}),
}
RECORDED_MS = {17: 60, 25: 35}
ALL = ["ours-archive", "ours-archive8", "ours-archive16", "ours-recorded", "ours-restore", "peer-archive", "peer-restore"]


class Java:
    """A copy of the distribution, prepared for one Java."""

    def __init__(self, home, scratch, options):
        self.environment = {"JAVA_HOME": home} if home else {}
        command = f"{home}/bin/java" if home else shutil.which("java") or "java"
        text = subprocess.run([command, "-version"], stderr=subprocess.PIPE, text=True, check=True).stderr
        self.version = int(re.search(r'version "(\d+)', text).group(1))
        self.root = f"{scratch}/java{self.version}"
        shutil.copytree(options.distribution, self.root, symlinks=True)
        run([f"{self.root}/lib/prepare"], env=dict(os.environ, **self.environment))


class Store:
    """A private S3 server."""

    def __init__(self, directory, jar):
        self.objects = f"{directory}/objects"
        os.makedirs(f"{self.objects}/bench")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        with open(f"{directory}/s3proxy.conf", "w") as file:
            file.write(f"s3proxy.endpoint={self.endpoint}\ns3proxy.authorization=aws-v2-or-v4\ns3proxy.identity=bench\n"
                       "s3proxy.credential=bench-secret\ns3proxy.v4-max-non-chunked-request-size=134217728\n"
                       f"jclouds.provider=filesystem-nio2\njclouds.filesystem.basedir={self.objects}\n"
                       "jclouds.identity=local\njclouds.credential=local\n")
        self.environment = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench-secret", "AWS_DEFAULT_REGION": "us-east-1",
                            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
                            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        self.log = open(f"{directory}/s3proxy.log", "w")
        self.process = subprocess.Popen(["java", "-Xmx1g", "-jar", jar, "--properties", f"{directory}/s3proxy.conf"],
                                        stdout=self.log, stderr=self.log)
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        sys.exit(f"the S3 server did not start, see {directory}/s3proxy.log")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


class Bench:
    def __init__(self, options, wals, scratch, store):
        self.options, self.wals, self.scratch, self.store, self.count = options, wals, scratch, store, 0

    def call(self, argv, environment, directory):
        begin = time.monotonic()
        with open(f"{self.scratch}/out", "wb") as out:
            process = subprocess.Popen(argv, cwd=directory, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       env=dict(os.environ, HOME=self.scratch, **self.store.environment, **environment))
            _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            with open(f"{self.scratch}/out") as out:
                sys.exit(f"exit code {process.returncode} of {argv}\n{out.read()}")
        return Call(seconds, usage, 0)

    def data_directory(self):
        data = tempfile.mkdtemp(prefix="data.", dir=self.scratch)
        os.makedirs(f"{data}/pg_wal/archive_status")
        os.makedirs(f"{data}/global")
        with open(self.wals[0], "rb") as file:
            identifier = struct.unpack_from("<Q", file.read(40), 24)[0]
        with open(f"{data}/global/pg_control", "wb") as file:
            file.write(struct.pack("<Q", identifier).ljust(8192, b"\0"))
        for wal in self.wals:
            name = os.path.basename(wal)
            os.link(wal, f"{data}/pg_wal/{name}")
            open(f"{data}/pg_wal/archive_status/{name}.ready", "w").close()
        return data

    def archive(self, case, compression, java):
        """The calls of one series, and the path in the bucket."""
        self.count += 1
        path = f"{self.count}-{case}-{compression}"
        command = [f"{java.root}/bin/barman-cloud-wal-archive"] if java else [self.options.peer_archive]
        parallel = {"ours-archive8": 8, "ours-archive16": 16, "ours-recorded": len(self.wals)}.get(case)
        data = self.data_directory()
        words = command + OPTIONS[compression] + ["--endpoint-url", self.store.endpoint]
        if parallel:
            words += ["--parallel", str(parallel), "--state-directory", f"{data}/state"]
        calls = []
        for wal in self.wals:
            name = os.path.basename(wal)
            calls.append(self.call(words + [f"s3://bench/{path}", "main", f"pg_wal/{name}"], java.environment if java else {}, data))
            os.unlink(f"{data}/pg_wal/archive_status/{name}.ready")
        shutil.rmtree(data)
        self.check_objects(path, compression)
        # Of the recorded ones, the first call did all the work.
        return calls[1:] if case == "ours-recorded" else calls

    def check_objects(self, path, compression):
        for wal in self.wals:
            name = os.path.basename(wal)
            stored = f"{self.store.objects}/bench/{path}/main/wals/{name[:16]}/{name}{SUFFIX[compression]}"
            with open(wal, "rb") as mine, open(stored, "rb") as file:
                content = file.read()
                if compression == "gzip":
                    content = gzip.decompress(content)
                elif compression == "zstd":
                    content = subprocess.run(["zstd", "-dqc"], input=content, stdout=subprocess.PIPE, check=True).stdout
                if content != mine.read():
                    sys.exit(f"{stored} has not the content of {wal}")
        shutil.rmtree(f"{self.store.objects}/bench/{path}")

    def restore(self, case, compression, java):
        self.count += 1
        path = f"{self.count}-{case}-{compression}"
        data = self.data_directory()
        for wal in self.wals:
            name = os.path.basename(wal)
            target = f"{self.store.objects}/bench/{path}/main/wals/{name[:16]}/{name}{SUFFIX[compression]}"
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(wal, "rb") as source, open(target, "wb") as stored:
                content = source.read()
                stored.write(gzip.compress(content, 6) if compression == "gzip" else
                             subprocess.run(["zstd", "-q", "-3", "-c"], input=content, stdout=subprocess.PIPE, check=True).stdout
                             if compression == "zstd" else content)
        command = [f"{java.root}/bin/barman-cloud-wal-restore"] if java else [self.options.peer_restore]
        calls = []
        for wal in self.wals:
            name = os.path.basename(wal)
            calls.append(self.call(command + ["--endpoint-url", self.store.endpoint, f"s3://bench/{path}", "main", name,
                                              f"{data}/restored"], java.environment if java else {}, data))
            with open(wal, "rb") as mine, open(f"{data}/restored", "rb") as file:
                if mine.read() != file.read():
                    sys.exit(f"{case} restored something else than {wal}")
            os.unlink(f"{data}/restored")
        shutil.rmtree(data)
        shutil.rmtree(f"{self.store.objects}/bench/{path}")
        return calls


def cases(options, javas):
    chosen = []
    for case in ALL:
        if not any(fnmatch.fnmatch(case, pattern) for pattern in options.only.split(",")):
            continue
        if case == "ours-restore" and not os.path.exists(f"{options.distribution}/bin/barman-cloud-wal-restore"):
            print("ours-restore: skipped, the distribution has no barman-cloud-wal-restore", file=sys.stderr)
            continue
        peer = case.startswith("peer")
        if peer and not shutil.which(options.peer_archive if "archive" in case else options.peer_restore):
            print(f"{case}: skipped, it is not installed", file=sys.stderr)
            continue
        for compression in options.compressions:
            if case == "ours-recorded" and compression != options.compressions[0] or peer and compression not in PEER_KNOWS:
                continue
            chosen.extend((case, compression, java) for java in ([None] if peer else javas))
    return chosen


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wal", help="directory of segments; default: made, and removed at the end")
    parser.add_argument("--segments", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compressions", default="none,gzip,zstd", help="some of " + ",".join(OPTIONS))
    parser.add_argument("--only", default="*", help="patterns of cases, separated by commas")
    parser.add_argument("--java-home", action="append", default=[], help="measure ours on this Java too; may be repeated")
    parser.add_argument("--distribution", help="of barman-cloud-archive")
    parser.add_argument("--s3proxy", default=f"{root}/barman-cloud-archive/target/s3proxy/s3proxy.jar")
    parser.add_argument("--peer-archive", default="/usr/bin/barman-cloud-wal-archive")
    parser.add_argument("--peer-restore", default="/usr/bin/barman-cloud-wal-restore")
    parser.add_argument("--pgbin", default=default_pgbin())
    parser.add_argument("--user", default="postgres", help="who runs everything when this is started by root")
    parser.add_argument("--scratch", help="directory on the disk to be measured; default: a temporary one")
    options = parser.parse_args()
    options.compressions = options.compressions.split(",")
    options.distribution = our_distribution(options.distribution, "barman-cloud-archive")
    if os.geteuid() == 0:
        account = pwd.getpwnam(options.user)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    for name in list(os.environ):
        if name.startswith("AWS_") or name in ("JAVA_HOME", "BARMAN_JAVA", "BARMAN_JAVA_OPTS", "XDG_STATE_HOME"):
            del os.environ[name]
    scratch = tempfile.mkdtemp(prefix="bench-cloud.", dir=options.scratch)
    store = None
    try:
        directory = options.wal or os.path.join(scratch, "made")
        if not os.path.isdir(directory):
            make_wal(directory, options.pgbin, options.segments, {})
        # The last ones: the first are all bulk load.
        wals = copy_for(segments(directory)[-options.segments:], scratch, {})
        javas = [Java(home, scratch, options) for home in [None] + options.java_home]
        store = Store(scratch, options.s3proxy)
        bench = Bench(options, wals, scratch, store)
        chosen = cases(options, javas)
        # Warms the server up.
        Bench(options, wals[:16], scratch, store).archive("ours-archive8", "none", javas[0])
        results = collections.defaultdict(list)
        for number in range(options.rounds):
            for case, compression, java in chosen:
                calls = (bench.restore if "restore" in case else bench.archive)(case, compression, java)
                results[case, compression, java].append(calls)
                print(f"round {number + 1}: {case} {compression} {java.version if java else ''}: {mean(calls) * 1000:.1f} ms a segment",
                      file=sys.stderr, flush=True)
        sys.exit(report(results, len(wals), options))
    finally:
        if store:
            store.stop()
        shutil.rmtree(scratch, ignore_errors=True)


def mean(calls):
    return statistics.mean(call.seconds for call in calls)


def report(results, count, options):
    missed = False
    print(f"{count} segments of 16 MiB, one call each, {os.cpu_count()} processors, {options.rounds} rounds; ms")
    print(f"{'case':16} {'with':5} {'Java':>4} {'median':>7} {'max':>7} {'/segment':>8} {'faster':>7} {'least':>6} {'MiB':>4}")
    for (case, compression, java), rounds in results.items():
        times = [call.seconds * 1000 for calls in rounds for call in calls]
        per_segment = statistics.median(map(mean, rounds)) * 1000
        reference, wanted = LEAST.get(case, (None, {}))
        than = results.get((reference, compression, None)) or results.get((reference, "none", None))
        ratio = statistics.median(map(mean, than)) * 1000 / per_segment if than else None
        limits = [version for version in wanted if java and version <= max(java.version, 17)]
        least = wanted[max(limits)] if limits else None
        fault = least is not None and ratio is not None and ratio < least
        if case == "ours-recorded":
            least = RECORDED_MS[max(version for version in RECORDED_MS if version <= max(java.version, 17))]
            fault = statistics.median(times) > least
            least = f"{least}ms"
        missed |= fault
        print(f"{case:16} {compression:5} {java.version if java else '':>4} {statistics.median(times):7.1f} {max(times):7.1f} "
              f"{per_segment:8.1f} {f'{ratio:.2f}' if ratio is not None else '':>7} {least or '':>6} "
              f"{max(call.memory for calls in rounds for call in calls):4.0f}{'  MISSED' if fault else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    main()
