#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""barman-cloud-wal-restore against Debian's on one S3 server: see README.md."""
import argparse
import filecmp
import os
import pathlib
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEGMENT = 16 << 20
SYSTEM_ID = 7710210665329484190
BUCKET = "bench-bucket"
URL = f"s3://{BUCKET}/path"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench-secret",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


def distribution():
    found = sorted(ROOT.glob("barman-cloud-archive/target/barman-cloud-archive-*/bin"))
    if not found:
        sys.exit("No distribution: run ./mvnw package first")
    return found[0]


def name(number):
    return f"{1:08X}{number // 256:08X}{number % 256:08X}"


def make_segments(directory, count):
    """Segments with a true header; a third of the rest does not compress."""
    directory.mkdir()
    for number in range(1, count + 1):
        head = struct.pack("<HHIQIIQII", 0xD110, 2, 1, number * SEGMENT, 0, 0, SYSTEM_ID, SEGMENT, 8192)
        noise = os.urandom(SEGMENT // 3)
        text = (b"%d some rows of a table, much alike; " % number) * (SEGMENT // 32)
        (directory / name(number)).write_bytes((head + noise + text)[:SEGMENT])


class Server:
    """S3Proxy with its objects in a directory."""

    def __init__(self, jar, directory):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        objects = directory / "objects"
        (objects / BUCKET).mkdir(parents=True)
        configuration = directory / "s3proxy.conf"
        configuration.write_text(
            f"s3proxy.endpoint={self.endpoint}\n"
            "s3proxy.authorization=aws-v2-or-v4\n"
            "s3proxy.identity=bench\ns3proxy.credential=bench-secret\n"
            "jclouds.provider=filesystem-nio2\n"
            f"jclouds.filesystem.basedir={objects}\n"
            "jclouds.identity=local\njclouds.credential=local\n"
        )
        with open(directory / "s3proxy.log", "wb") as log:
            self.process = subprocess.Popen(
                ["java", "-Xmx512m", "-jar", jar, "--properties", configuration], stdout=log, stderr=log
            )
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("The S3 server does not start")

    def close(self):
        self.process.terminate()
        self.process.wait()


class Bench:
    def __init__(self, arguments, directory):
        self.arguments = arguments
        self.wal = directory / "wal"
        self.spools = directory / "spools"
        self.spools.mkdir()
        self.data = directory / "data"
        (self.data / "global").mkdir(parents=True)
        (self.data / "pg_wal").mkdir()
        (self.data / "global/pg_control").write_bytes(struct.pack("<Q", SYSTEM_ID).ljust(8192, b"\0"))
        self.environment = {**os.environ, **ENVIRONMENT}
        self.ours = distribution()

    def start(self, endpoint):
        self.endpoint = endpoint

    def command(self, program, options, wal):
        return [program, "--endpoint-url", self.endpoint, *options, URL, self.server, wal, "pg_wal/RECOVERYXLOG"]

    def call(self, program, options, wal):
        """Runs one call; gives its time and CPU time. Wrong content ends the benchmark."""
        begin = time.perf_counter()
        process = subprocess.Popen(
            self.command(program, options, wal),
            cwd=self.data,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        delivered = self.data / "pg_wal/RECOVERYXLOG"
        if process.returncode or not filecmp.cmp(delivered, self.wal / wal, shallow=False):
            sys.exit(f"{program} {wal}: exit code {process.returncode}, or another content")
        delivered.unlink()
        return elapsed, usage.ru_utime + usage.ru_stime

    def series(self, program, options, count):
        total = cpu = 0
        for number in range(1, count + 1):
            elapsed, used = self.call(program, options, name(number))
            total += elapsed
            cpu += used
            time.sleep(self.arguments.replay_ms / 1000)
        return 1000 * total / count, 1000 * cpu / count

    def end_background(self):
        for lock in self.spools.rglob("prefetch.lock"):
            (lock.parent / "stop").touch()
            for _ in range(100):
                try:
                    os.kill(int(lock.read_text() or "0") or 2**22 + 1, 0)
                except (OSError, ValueError):
                    break
                time.sleep(0.1)

    def ready(self, rounds):
        """A call whose segment lies in the spool."""
        base = self.spools / "ready"
        place = self.endpoint.replace("://", "=").replace(":", "=") + "=" + URL[5:].replace("/", "=")
        standby = str(self.data.resolve()).lstrip("/").replace("/", "=")
        spool = base / place / self.server / str(SYSTEM_ID) / standby
        spool.mkdir(parents=True, mode=0o700)
        for directory in [spool, *spool.parents]:
            if base in directory.parents or directory == base:
                directory.chmod(0o700)
        times = []
        for _ in range(rounds):
            shutil.copy(self.wal / name(1), spool / name(1))
            times.append(self.call(self.ours / "barman-cloud-wal-restore", ["-p", "8", "--spool-dir", base], name(1))[0])
            if (spool / name(1)).exists():
                sys.exit("The segment in the spool was not taken")
        return 1000 * statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--s3proxy", required=True, help="S3Proxy with all its libraries, a jar")
    parser.add_argument("--segments", type=int, default=100)
    parser.add_argument("--singles", type=int, default=15, help="calls of each tool without prefetch")
    parser.add_argument("--peer-segments", type=int, default=20, help="calls of the peer to compare a series with")
    parser.add_argument("--replay-ms", type=int, default=0, help="pause between two calls, as replay makes it")
    parser.add_argument("--peer", default="/usr/bin/barman-cloud-wal-restore")
    arguments = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="bench-cloud-restore-"))
    failed = []

    def require(what, good):
        if not good:
            failed.append(what)

    server = None
    try:
        bench = Bench(arguments, directory)
        make_segments(bench.wal, arguments.segments)
        server = Server(arguments.s3proxy, directory)
        bench.start(server.endpoint)
        restore = bench.ours / "barman-cloud-wal-restore"
        print("| case | archive | ours, ms | CPU | peer, ms | CPU | times as fast |\n|---|---|---|---|---|---|---|")
        for archive, option in (("none", []), ("gzip", ["--gzip"])):
            bench.server = archive
            for number in range(1, arguments.segments + 1):
                subprocess.run(
                    [bench.ours / "barman-cloud-wal-archive", "--endpoint-url", server.endpoint, *option, URL, archive,
                     bench.wal / name(number)],
                    env=bench.environment, check=True,
                )
            singles = {restore: [], arguments.peer: []}
            for number in range(1, arguments.singles + 1):
                for program, calls in singles.items():
                    calls.append(bench.call(program, [], name(number)))
            ours, peer = ([statistics.median(column) for column in zip(*calls)] for calls in singles.values())
            row(f"alone ({arguments.singles})", archive, [1000 * value for value in ours],
                [1000 * value for value in peer])
            require(f"{archive}: alone no slower", ours[0] <= 1.05 * peer[0])
            spool = bench.spools / archive
            ahead = bench.series(restore, ["-p", "8", "--spool-dir", spool], arguments.segments)
            bench.end_background()
            series = bench.series(arguments.peer, [], arguments.peer_segments)
            row(f"-p 8 ({arguments.segments})", archive, ahead, series)
            require(f"{archive}: -p 8 five times as fast", series[0] >= 5 * ahead[0])
        hit = bench.ready(15)
        print(f"\nA call whose segment lies ready: {hit:.1f} ms")
        require("a hit within 60 ms", hit <= 60)
    finally:
        if server:
            server.close()
        shutil.rmtree(directory)
    for what in failed:
        print("MISSED:", what)
    sys.exit(1 if failed else 0)


def row(case, archive, ours, peer):
    cells = [f"{value:.0f}" for value in (*ours, *peer)]
    print(f"| {case} | {archive} | {' | '.join(cells)} | {peer[0] / ours[0]:.1f} |", flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()
