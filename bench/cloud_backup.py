#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""barman-cloud-backup and barman-cloud-restore of a real cluster through an S3 server: ours against Debian's.

    bench/cloud_backup.py --s3proxy JAR [--scale 135] [--rounds 3] [--compressions none,gzip] [--connection-rate 80] [--java-home DIR]

JAR is org.gaul:s3proxy with the classifier jar-with-dependencies, which "./mvnw verify" of barman-cloud-archive copies to
target/s3proxy/s3proxy.jar. The server keeps its objects in files and takes processor time from both tools alike. A private PostgreSQL
(--pgbin) holds a database of pgbench (--scale 135 is 2 GB) and a tablespace; nothing changes in it while it is measured.

Every round runs each case with each tool, in turn: a backup, its restore, then both are deleted. One more round, without compression, goes
first and is not measured. Debian's 3.4 has no snappy and writes gzip with level 9, ours with 6. What the first two rounds restore is compared with
each other, file by file, and with our backup as the peer restores it. Time is wall clock of the command, memory the largest process of it, CPU
seconds those of the command with its workers: without the server and PostgreSQL. Ours ends when everything is on disk; the peer leaves that to the
operating system, and --sync adds a "sync" of the restored directory to its time. --connection-rate lets no connection to the server be faster than
so many MB/s in either direction, as those to a store in a cloud: a relay between them takes care of that, and some processor time.
--tls has everything encrypted, as it would be there.

On a virtual machine whose host takes back memory that is free, files in memory (TMPDIR in a tmpfs) may cost seconds of system time, of the server
too, now for the one tool and now for the other: take an even number of rounds, look at them one by one, and have --warm-memory use so many GiB
before each command, so that it finds memory that the host has just given.

The distribution of barman-cloud-archive must be built ("./mvnw package"). As root PostgreSQL runs as --user. Exit code 1 when a target is missed.
"""
import argparse
import filecmp
import glob
import mmap
import multiprocessing
import os
import pwd
import resource  # noqa: F401 -- os.wait4 needs it
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from archive_wal import default_pgbin

TARGET = {"backup": 2.0, "restore": 2.0}
MEMORY_MIB = 400
OPTIONS = {"none": [], "gzip": ["-z"], "bzip2": ["-j"], "snappy": ["--snappy"]}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench-secret", "AWS_CONFIG_FILE": "/dev/null",
               "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
URL = "s3://bench-bucket/backups"
STORE_PASSWORD = "of-the-bench"
UNKNOWN_TO_PEER = ("children_backup_ids", "parent_backup_id", "cluster_size", "data_checksums", "encryption", "summarize_wal")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(argv, **more):
    return subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, **more)


def make_certificate(directory, keytool):
    """A key store for the server, and the certificate for its clients."""
    store, certificate = os.path.join(directory, "keys.p12"), os.path.join(directory, "certificate.pem")
    key = ["-alias", "store", "-storetype", "PKCS12", "-keystore", store, "-storepass", STORE_PASSWORD]
    run([keytool, "-genkeypair", "-keyalg", "EC", "-dname", "CN=127.0.0.1", "-ext", "SAN=ip:127.0.0.1"] + key,
        stderr=subprocess.DEVNULL)
    run([keytool, "-exportcert", "-rfc", "-file", certificate] + key, stderr=subprocess.DEVNULL)
    return store, certificate


class S3Server:
    def __init__(self, jar, directory, java, keys=None):
        self.objects = os.path.join(directory, "objects")
        os.makedirs(os.path.join(self.objects, "bench-bucket"))
        self.endpoint = f"http{'s' if keys else ''}://127.0.0.1:{free_port()}"
        listening = f"s3proxy.endpoint={self.endpoint}"
        if keys:
            listening = (f"s3proxy.secure-endpoint={self.endpoint}\ns3proxy.keystore-path={keys}\n"
                         f"s3proxy.keystore-password={STORE_PASSWORD}")
        config = os.path.join(directory, "s3proxy.conf")
        with open(config, "w") as f:
            f.write(f"{listening}\ns3proxy.authorization=aws-v2-or-v4\ns3proxy.identity=bench\n"
                    f"s3proxy.credential=bench-secret\njclouds.provider=filesystem-nio2\n"
                    f"jclouds.filesystem.basedir={self.objects}\njclouds.identity=local\njclouds.credential=local\n")
        log = open(os.path.join(directory, "s3proxy.log"), "w")
        self.process = subprocess.Popen([java, "-Xmx512m", "-jar", jar, "--properties", config], stdout=log, stderr=log)
        for _ in range(300):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", int(self.endpoint.rsplit(":", 1)[1]))) == 0:
                    return
            time.sleep(0.1)
        raise SystemExit("the S3 server does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Relay:
    """Stands before the server, in a process of its own, and slows down each connection."""

    def __init__(self, endpoint, megabytes):
        listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        port = int(endpoint.rsplit(":", 1)[1])
        self.process = multiprocessing.Process(target=self.serve, args=(listener, port, megabytes * 1e6), daemon=True)
        self.process.start()
        listener.close()

    @classmethod
    def serve(cls, listener, port, rate):
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=cls.pass_on, args=(a, b, rate), daemon=True).start()

    @staticmethod
    def pass_on(source, target, rate):
        buffer = memoryview(bytearray(1 << 18))
        free_at = 0
        try:
            while count := source.recv_into(buffer):
                target.sendall(buffer[:count])
                # What was not used for more than 50 ms is lost.
                free_at = max(free_at, time.monotonic() - 0.05) + count / rate
                time.sleep(max(0, free_at - time.monotonic()))
            target.shutdown(socket.SHUT_WR)
        except OSError:
            source.close()
            target.close()

    def stop(self):
        self.process.terminate()
        self.process.join()


class Cluster:
    def __init__(self, directory, pgbin, user, scale):
        self.data = os.path.join(directory, "data")
        self.bin = pgbin
        self.directory = directory
        self.user = {"user": user.pw_uid, "group": user.pw_gid, "cwd": "/"} if os.getuid() == 0 else {}
        run([f"{pgbin}/initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "--locale=C.UTF-8"], **self.user)
        with open(f"{self.data}/postgresql.conf", "a") as conf:
            conf.write(f"listen_addresses = ''\nunix_socket_directories = '{directory}'\nfsync = off\nautovacuum = off\n"
                       f"archive_mode = on\narchive_command = 'true'\nmax_wal_size = 4GB\n")
        self.control("start")
        os.mkdir(f"{directory}/ts")
        if self.user:
            os.chown(f"{directory}/ts", user.pw_uid, user.pw_gid)
        self.sql(f"create tablespace ts location '{directory}/ts'")
        run([f"{pgbin}/pgbench", "-h", directory, "-U", "postgres", "-q", "-i", "-s", str(scale), "postgres"],
            stderr=subprocess.DEVNULL, **self.user)
        self.sql("create table in_ts tablespace ts as select * from pgbench_accounts limit 1000000")
        self.sql("checkpoint")

    def control(self, what):
        run([f"{self.bin}/pg_ctl", "-D", self.data, "-w", "-l", f"{self.directory}/log", what], **self.user)

    def sql(self, sql):
        return subprocess.run([f"{self.bin}/psql", "-XAtq", "-h", self.directory, "-U", "postgres", "-c", sql, "postgres"],
                              check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class Measured:
    """One command: wall clock, CPU seconds, MiB of its largest process."""

    def __init__(self, argv, environment, errors):
        begin = time.monotonic()
        with open(errors, "w") as err:
            process = subprocess.Popen(argv, env=environment, stdout=err, stderr=err, stdin=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
        self.seconds = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{argv[0]} ended with {process.returncode}:\n" + open(errors).read())
        self.cpu = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss / 1024


def warm_memory(gib):
    """Memory that the kernel has had from the host a moment ago is there at once."""
    if gib:
        block = bytes(1 << 20)
        with mmap.mmap(-1, gib << 30) as memory:
            for _ in range(gib << 10):
                memory.write(block)


def same_tree(a, b):
    """Relation files of two restores; WAL positions and the like differ, two backups are two checkpoints."""
    compared = filecmp.dircmp(a, b)
    different = compared.left_only + compared.right_only
    _, mismatch, errors = filecmp.cmpfiles(a, b, compared.common_files, shallow=False)
    if different or mismatch or errors:
        sys.exit(f"{a} and {b} differ: {different + mismatch + errors}")
    for name in compared.common_dirs:
        same_tree(os.path.join(a, name), os.path.join(b, name))


def restored_by_peer(info, command, backup, target, environment, errors):
    """Our backup as the peer restores it; Debian's 3.4 knows fewer fields of the metadata than the version that introduced its format."""
    with open(info) as f:
        lines = [line for line in f if line.split("=")[0] not in UNKNOWN_TO_PEER]
    with open(info, "w") as f:
        f.writelines(lines)
    Measured(command + ["--tablespace", f"ts:{target}-peer-ts"] + backup + [f"{target}-peer"], environment, errors)
    same_tree(target, f"{target}-peer")
    same_tree(f"{target}-ts", f"{target}-peer-ts")
    shutil.rmtree(f"{target}-peer")
    shutil.rmtree(f"{target}-peer-ts")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--s3proxy", required=True)
    parser.add_argument("--scale", type=int, default=135)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compressions", default="none,gzip")
    parser.add_argument("--ours", default=None, help="directory of our commands")
    parser.add_argument("--peer", default="/usr/bin", help="directory of the peer's commands")
    parser.add_argument("--java-home", default=None)
    parser.add_argument("--pgbin", default=None)
    parser.add_argument("--user", default="postgres")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--sync", action="store_true")
    parser.add_argument("--warm-memory", type=int, default=0, metavar="GIB", help="use so much memory before each command")
    parser.add_argument("--connection-rate", type=float, default=None, metavar="MB/S")
    parser.add_argument("--tls", action="store_true", help="speak https")
    options = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    ours = options.ours or next(iter(sorted(glob.glob(
        os.path.join(here, "../barman-cloud-archive/target/barman-cloud-archive-*/bin")))), None)
    if not ours:
        sys.exit("the distribution of barman-cloud-archive is not built")
    java = os.path.join(options.java_home, "bin/java") if options.java_home else "java"
    scratch = tempfile.mkdtemp(prefix="bench-cloud.")
    user = pwd.getpwnam(options.user)
    os.chmod(scratch, 0o755)
    pg = os.path.join(scratch, "pg")
    os.mkdir(pg)
    if os.getuid() == 0:
        os.chown(pg, user.pw_uid, user.pw_gid)
    environment = dict(os.environ, **CREDENTIALS)
    if options.java_home:
        environment["JAVA_HOME"] = options.java_home
    tools = {"ours": ours, "peer": options.peer}
    results = {}
    server = cluster = relay = reference = None
    try:
        keys = None
        if options.tls:
            keys, environment["AWS_CA_BUNDLE"] = make_certificate(scratch, java[:-len("java")] + "keytool")
        server = S3Server(options.s3proxy, scratch, java, keys)
        endpoint = server.endpoint
        if options.connection_rate:
            relay = Relay(server.endpoint, options.connection_rate)
            endpoint = relay.endpoint.replace("http", server.endpoint.partition(":")[0])
        cluster = Cluster(pg, options.pgbin or default_pgbin(), user, options.scale)
        size = int(cluster.sql("select sum(pg_tablespace_size(oid)) from pg_tablespace"))
        print(f"cluster of {size / 2**20:.0f} MiB", file=sys.stderr)
        errors = os.path.join(scratch, "errors")
        # Round -1 is not measured: a server of Java that has just started, and memory that nobody has used yet, slow down whoever comes first.
        for number in range(-1, options.rounds):
            for compression in options.compressions.split(",") if number >= 0 else ["none"]:
                for tool in tools if number % 2 == 0 else reversed(tools):
                    if tool == "peer" and compression == "snappy":
                        continue
                    name = f"{tool}-{compression}-{number}"
                    command = ["--endpoint-url", endpoint]
                    warm_memory(options.warm_memory)
                    backup = Measured(
                        [f"{tools[tool]}/barman-cloud-backup"] + command + OPTIONS[compression]
                        + ["-J", options.jobs, "--immediate-checkpoint", "-h", pg, "-U", "postgres", URL, name],
                        environment, errors)
                    stored = os.path.join(server.objects, "bench-bucket/backups", name)
                    backup_id = os.listdir(f"{stored}/base")[0]
                    target = os.path.join(scratch, name)
                    subprocess.run(["sync", "-f", scratch], check=True)
                    warm_memory(options.warm_memory)
                    restore = Measured(
                        [f"{tools[tool]}/barman-cloud-restore"] + command
                        + ["--tablespace", f"ts:{target}-ts", URL, name, backup_id, target], environment, errors)
                    if options.sync and tool == "peer":
                        begin = time.monotonic()
                        subprocess.run(["sync", "-f", target], check=True)
                        restore.seconds += time.monotonic() - begin
                    for what, measured in (("backup", backup), ("restore", restore)) if number >= 0 else ():
                        results.setdefault((what, compression, tool), []).append(measured)
                        print(f"{what:8} {compression:7} {tool:5} {measured.seconds:7.2f} s  CPU {measured.cpu:6.2f} s"
                              f"  {measured.memory:5.0f} MiB", file=sys.stderr)
                    if number == 0 and tool == "ours" and compression != "snappy":
                        restored_by_peer(f"{stored}/base/{backup_id}/backup.info", [f"{tools['peer']}/barman-cloud-restore"]
                                         + command, [URL, name, backup_id], target, environment, errors)
                    shutil.rmtree(stored)
                    if reference is None:
                        reference = target
                        continue
                    if number <= 0:
                        same_tree(f"{reference}/base", f"{target}/base")
                        same_tree(f"{reference}-ts", f"{target}-ts")
                    # At once, so that the next one finds as much memory as this one did.
                    shutil.rmtree(target)
                    shutil.rmtree(f"{target}-ts")
    finally:
        if cluster:
            cluster.control("stop")
        if relay:
            relay.stop()
        if server:
            server.stop()
        shutil.rmtree(scratch)
    return report(results)


def report(results):
    missed = False
    print("| command | compression | ours | peer | times as fast | CPU s, ours | CPU s, peer | MiB, ours | MiB, peer |")
    print("|---|---|---|---|---|---|---|---|---|")
    for what, compression in sorted({key[:2] for key in results}):
        ours = results[what, compression, "ours"]
        peer = results.get((what, compression, "peer"))
        median = {tool: [statistics.median(getattr(m, field) for m in runs) for field in ("seconds", "cpu", "memory")]
                  for tool, runs in (("ours", ours), ("peer", peer)) if runs}
        memory = max(m.memory for m in ours)
        row = [f"{median['ours'][0]:.2f} s", "", "", f"{median['ours'][1]:.1f}", "", f"{memory:.0f}", ""]
        missed |= memory > MEMORY_MIB
        if peer:
            ratio = median["peer"][0] / median["ours"][0]
            row[1] = f"{median['peer'][0]:.2f} s"
            row[2] = f"{ratio:.2f}"
            row[4] = f"{median['peer'][1]:.1f}"
            row[6] = f"{max(m.memory for m in peer):.0f}"
            missed |= ratio < TARGET[what] and compression in ("none", "gzip")
        print(f"| {what} | {compression} | " + " | ".join(row) + " |")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
