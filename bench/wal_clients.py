#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""barman-wal-restore and barman-wal-archive over ssh, one invocation per segment as PostgreSQL runs them: ours, Debian's, pgBackRest.

    bench/wal_clients.py [--wal DIR] [--segments 100] [--rounds 5] [--java-home DIR]... [--only 'ours-p8*,peer-p8'] [--replay-ms 0]

The servers are reached through a private sshd per server on a free loopback port, with keys of its own, started and ended here; nothing
is shared between connections. pgBackRest works on a local repository, without ssh. Every round runs all the cases, in turn.

Cases (--only takes patterns):
  ours-p0 ours-p8    our barman-wal-restore with -p 0 and -p 8, our server; with --java-home once more on that Java, client and server
  ours-p8-peer       ours with -p 8, Debian's server
  peer-p0 peer-p8    Debian's barman-wal-restore, Debian's server
  pgbackrest-get pgbackrest-get-async
  ours-hit peer-hit pgbackrest-hit   a call whose segment lies ready in the spool, and nothing else going on
  ours-push ours-push8   our barman-wal-archive alone and with --parallel 8, which keeps its connection, our server
  ours-push-kept   alone with --keep-connection 60
  ours-push8-once   with --parallel 8 --keep-connection 0
  peer-push          Debian's barman-wal-archive, Debian's server
  pgbackrest-push pgbackrest-push-async
Restoring is measured for archives stored in each of --compressions; archiving with that compression on the wire (pgBackRest: in the
repository). Debian's 3.4 knows gzip in an archive and nothing on the wire; where it does not know a compression, ours is compared with
its time for none.

A fetching call runs in a directory with global/pg_control, as PostgreSQL's does, and writes to pg_wal/RECOVERYXLOG; the file is renamed
aside at once and compared with the original after the series, together with all the others. What goes on in the background is ended
after each series. Times are wall clock of the call. Memory is the largest resident set of any process of a call that the call waited
for, as the kernel reports it to wait4(2): the Java virtual machine for ours. What stays behind in the background becomes a child of this
script (PR_SET_CHILD_SUBREAPER), so its memory is known too ("behind"); what servers leave goes to their sshd.

DIR holds 16 MiB segments; when it is not given, a private PostgreSQL (--pgbin) makes them. The distributions must be built
("./mvnw package"); copies of them are used, prepared for the Java in question. As root everything runs as --user instead.
Exit code 1 when a target is missed.
"""
import argparse
import collections
import ctypes
import filecmp
import fnmatch
import glob
import hashlib
import math
import os
import pwd
import re
import resource  # noqa: F401 -- os.wait4 needs it, and another user may not be able to load it
import shlex
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from archive_wal import copy_for, default_pgbin, make_wal, segments

COMPRESSIONS = {"none": ("", None), "gzip": ("gz", "gzip -6"), "zstd": ("zst", "zstd -q -3"), "lz4": ("lz4", "lz4 -q -1")}
PEER_KNOWS = ("none", "gzip")
# Case: the case it is compared with, and how many times as fast it has to be; gzip has targets of its own.
LEAST = {
    "ours-p8": ("peer-p8", {"none": 5, "gzip": 4, "zstd": 5}),
    "ours-p8-peer": ("peer-p8", {"none": 2, "gzip": 2}),
    "ours-push": ("peer-push", {"none": 3}),
    "ours-push8": ("peer-push", {"none": 8}),
    "ours-push-kept": ("peer-push", {"none": 3}),
}
COMPARED = {"ours-p0": "peer-p0", "ours-push8-once": "peer-push", "peer-p0": "peer-p0", "peer-p8": "peer-p8", "pgbackrest-get": "peer-p0",
            "pgbackrest-get-async": "peer-p8", "peer-push": "peer-push", "pgbackrest-push": "peer-push",
            "pgbackrest-push-async": "peer-push"}
HIT_MS = {17: 60, 25: 35}
RESTORE_MIB = 64


class Call:
    """What one command took."""

    def __init__(self, seconds, usage, code):
        self.seconds, self.memory, self.code = seconds, usage.ru_maxrss / 1024, code


class Series:
    """One round of one case."""

    def __init__(self, calls, connections, behind_memory, behind_killed):
        self.seconds = [call.seconds for call in calls]
        self.memory = max((call.memory for call in calls), default=0)
        self.connections, self.behind_memory, self.behind_killed = connections, behind_memory, behind_killed


class Sshd:
    """A private sshd whose sessions find the given barman first."""

    def __init__(self, directory, barman, config, environment):
        self.directory = directory
        for sub in ("bin", "client"):
            os.makedirs(f"{directory}/{sub}")
        settings = "".join(f"{name}={shlex.quote(value)} " for name, value in environment.items())
        script(f"{directory}/bin/barman", f"exec env {settings}{shlex.quote(barman)} -c {shlex.quote(config)} \"$@\"")
        for key in ("host", "id"):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{directory}/{key}"])
        shutil.copy(f"{directory}/id.pub", f"{directory}/authorized_keys")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with open(f"{directory}/sshd_config", "w") as file:
            file.write(f"ListenAddress 127.0.0.1:{port}\nHostKey {directory}/host\nPidFile none\nUsePAM no\nStrictModes no\n"
                       f"AuthorizedKeysFile {directory}/authorized_keys\nPasswordAuthentication no\nMaxStartups 100\nUseDNS no\n"
                       f"SetEnv PATH={directory}/bin:/usr/local/bin:/usr/bin:/bin\n")
        with open(f"{directory}/ssh_config", "w") as file:
            file.write(f"Host *\nPort {port}\nIdentityFile {directory}/id\nIdentitiesOnly yes\nStrictHostKeyChecking no\n"
                       f"UserKnownHostsFile {directory}/known\nBatchMode yes\nLogLevel ERROR\n")
        script(f"{directory}/client/ssh", f"exec {shutil.which('ssh')} -F {shlex.quote(directory)}/ssh_config \"$@\"")
        self.path = f"{directory}/client:{os.environ['PATH']}"
        self.process = subprocess.Popen(
            [shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-f", f"{directory}/sshd_config", "-E", f"{directory}/log"],
            preexec_fn=adopt_orphans)
        for _ in range(100):
            if subprocess.run([f"{directory}/client/ssh", "127.0.0.1", "true"], stdin=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.1)
        self.stop()
        with open(f"{directory}/log") as log:
            sys.exit("sshd does not answer:\n" + log.read())

    def accepted(self):
        with open(f"{self.directory}/log") as log:
            return sum("Accepted publickey" in line for line in log)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Java:
    """Copies of both distributions, prepared for one Java."""

    def __init__(self, home, scratch, options):
        self.environment = {"JAVA_HOME": home} if home else {}
        command = f"{home}/bin/java" if home else shutil.which("java") or "java"
        text = subprocess.run([command, "-version"], stderr=subprocess.PIPE, text=True, check=True).stderr
        self.version = int(re.search(r'version "(\d+)', text).group(1))
        self.cli, self.clients = (self.copy(source, f"{scratch}/java{self.version}/{name}")
                                  for source, name in ((options.cli, "cli"), (options.clients, "clients")))

    def copy(self, source, target):
        shutil.copytree(source, target, symlinks=True)
        run([f"{target}/lib/prepare"], env=dict(os.environ, **self.environment))
        return target


class Bench:
    def __init__(self, options, wals, scratch, javas):
        self.options, self.scratch, self.javas = options, scratch, javas
        self.wals = {os.path.basename(wal): wal for wal in wals}
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        self.mark = f"WAL_CLIENTS_BENCH={os.getpid()}.{time.time()}"
        self.sshds, self.homes, self.repositories = {}, {}, {}
        self.control = control_file(scratch, options.pgbin, wals[0])
        self.output = open(f"{scratch}/output", "ab")
        self.packed = {}

    def fresh(self, name):
        path = os.path.join(self.scratch, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    # ------------------------------------------------------------------ what is measured against

    def pack(self, compression):
        """The segments as an archive has them: paths by name."""
        if compression not in self.packed:
            suffix, command = COMPRESSIONS[compression]
            if command is None:
                self.packed[compression] = self.wals
            else:
                directory = self.fresh("packed-" + compression)
                files = {name: os.path.join(directory, name) for name in self.wals}

                def one(name):
                    with open(files[name], "wb") as out:
                        subprocess.run(shlex.split(command) + ["-c", self.wals[name]], stdout=out, check=True)

                with ThreadPoolExecutor(os.cpu_count()) as pool:
                    list(pool.map(one, files))
                self.packed[compression] = files
        return self.packed[compression]

    def server(self, who):
        """The sshd of a server: who is a Java or "peer"."""
        if who not in self.sshds:
            peer = who == "peer"
            label = "peer" if peer else f"java{who.version}"
            home = self.fresh("home-" + label)
            self.homes[who] = home
            with open(f"{home}/barman.conf", "w") as conf:
                conf.write(f"[barman]\nbarman_home = {home}\nbarman_user = {self.user}\nlog_file = {home}/barman.log\n"
                           f"configuration_files_directory = {home}/none\n")
                for compression in self.options.compressions + ["push"]:
                    if peer and compression not in PEER_KNOWS + ("push",):
                        continue
                    conf.write(f"\n[{compression}]\ndescription = bench\narchiver = on\nbackup_method = postgres\n"
                               "conninfo = host=127.0.0.1 user=x dbname=x\nstreaming_conninfo = host=127.0.0.1 user=x\n")
                    if compression not in ("none", "push"):
                        conf.write(f"compression = {compression}\n")
                    self.store(f"{home}/{compression}", compression, peer)
            command = self.options.peer if peer else f"{who.cli}/bin/barman"
            self.sshds[who] = Sshd(self.fresh("ssh-" + label), command, f"{home}/barman.conf", {} if peer else who.environment)
        return self.sshds[who]

    def store(self, directory, compression, peer):
        for sub in ("base", "wals", "incoming", "streaming", "errors", "meta"):
            os.makedirs(f"{directory}/{sub}")
        if compression == "push":
            return
        # Debian's version has an older index: another name, and one field less.
        index, tail = ("xlog.db", "") if peer else (f"{compression}-xlog.db", "\tNone")
        with open(f"{directory}/wals/{index}", "w") as lines:
            for name, path in self.pack(compression).items():
                os.makedirs(f"{directory}/wals/{name[:16]}", exist_ok=True)
                os.link(path, f"{directory}/wals/{name[:16]}/{name}")
                field = "None" if compression == "none" else compression
                lines.write(f"{name}\t{os.path.getsize(path)}\t{os.path.getmtime(path):.6f}\t{field}{tail}\n")

    def pgbackrest(self, name, compression, data):
        """A new stanza without WAL; returns the command so far and the directory."""
        base = self.fresh("pgbackrest-" + name)
        for sub in ("repo", "spool", "log", "lock"):
            os.makedirs(f"{base}/{sub}")
        with open(f"{base}/pgbackrest.conf", "w") as conf:
            conf.write(f"[global]\nrepo1-path={base}/repo\nspool-path={base}/spool\nlog-path={base}/log\nlock-path={base}/lock\n"
                       f"log-level-console=warn\nlog-level-file=off\ncompress-type={COMPRESSIONS[compression][0] or 'none'}\n"
                       f"process-max=2\n[main]\npg1-path={data}\n")
        command = [self.options.pgbackrest, f"--config={base}/pgbackrest.conf", "--stanza=main"]
        run(command + ["--no-online", "stanza-create"])
        return command, base

    def data_directory(self, ready=False):
        data = self.fresh("data")
        os.chmod(data, 0o700)
        for sub in ("global", "pg_wal/archive_status"):
            os.makedirs(f"{data}/{sub}")
        shutil.copy(self.control, f"{data}/global/pg_control")
        shutil.copy(f"{self.control}.version", f"{data}/PG_VERSION")
        if ready:
            for name, wal in self.wals.items():
                os.link(wal, f"{data}/pg_wal/{name}")
                open(f"{data}/pg_wal/archive_status/{name}.ready", "w").close()
        return data

    # ------------------------------------------------------------------ one series

    def call(self, command, data, environment, path):
        variables = {"PATH": path or os.environ["PATH"], "HOME": self.scratch, "LANG": "C.UTF-8", **environment}
        name, value = self.mark.split("=", 1)
        variables[name] = value
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=data, env=variables, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            self.output.flush()
            with open(f"{self.scratch}/output", errors="replace") as output:
                sys.exit(f"exit code {process.returncode} of {shlex.join(command)}\n{output.read()[-3000:]}")
        return Call(seconds, usage, process.returncode)

    def end_background(self):
        """Waits a moment for what the calls have left running, then ends it: largest memory, and how many had to be ended."""
        memory, killed = 0, 0
        servers = {sshd.process.pid for sshd in self.sshds.values()}
        deadline = time.monotonic() + self.options.patience
        while True:
            running = [pid for pid in marked(self.mark) if pid not in servers]
            for pid in running + [child for child in children() if child not in servers]:
                try:
                    got, _, usage = os.wait4(pid, os.WNOHANG)
                except ChildProcessError:
                    continue
                if got:
                    memory = max(memory, usage.ru_maxrss / 1024)
            running = [pid for pid in marked(self.mark) if pid not in servers]
            if not running:
                return memory, killed
            if time.monotonic() > deadline:
                number = signal.SIGTERM if not killed else signal.SIGKILL
                killed = max(killed, len(running))
                deadline = time.monotonic() + 2
                for pid in running:
                    try:
                        os.kill(pid, number)
                    except ProcessLookupError:
                        pass
            time.sleep(0.02)

    def fetch(self, case, compression, java):
        """All segments, one call each, in order."""
        command, environment, path, sshd, _ = self.restore_command(case, compression, java)
        data = self.data_directory()
        got = self.fresh("got")
        before = sshd.accepted() if sshd else 0
        os.sync()
        calls = []
        for name in self.wals:
            calls.append(self.call(command(name), data, environment, path))
            os.rename(f"{data}/pg_wal/RECOVERYXLOG", f"{got}/{name}")
            if self.options.replay_ms:
                time.sleep(self.options.replay_ms / 1000)
        memory, killed = self.end_background()
        for name, wal in self.wals.items():
            if not filecmp.cmp(wal, f"{got}/{name}", shallow=False):
                sys.exit(f"{case} delivered another {name} from the {compression} archive")
        shutil.rmtree(got)
        return Series(calls, sshd.accepted() - before if sshd else 0, memory, killed)

    def hits(self, case, compression, java):
        """Calls that found their segment in the spool while nothing else was going on."""
        command, environment, path, sshd, spool = self.restore_command(case, compression, java)
        data = self.data_directory()
        before = sshd.accepted() if sshd else 0
        calls = []
        for name in list(self.wals)[:self.options.hits + 1]:
            ready = bool(calls) and in_spool(spool, name)
            call = self.call(command(name), data, environment, path)
            if not filecmp.cmp(self.wals[name], f"{data}/pg_wal/RECOVERYXLOG", shallow=False):
                sys.exit(f"{case} delivered another {name}")
            calls.append((ready, call))
        memory, killed = self.end_background()
        return Series([call for ready, call in calls if ready], sshd.accepted() - before if sshd else 0, memory, killed)

    def restore_command(self, case, compression, java):
        """Function from the name to the command, environment, PATH, the sshd, and the spool."""
        spool = self.fresh("spool")
        if case.startswith("pgbackrest"):
            base, directory = self.repository(compression)
            shutil.rmtree(f"{directory}/spool")
            os.makedirs(f"{directory}/spool")
            mode = [] if case == "pgbackrest-get" else ["--archive-async"]
            return lambda name: base + mode + ["archive-get", name, "pg_wal/RECOVERYXLOG"], {}, None, None, f"{directory}/spool"
        sshd = self.server("peer" if "peer" in case else java)
        client = self.options.peer_restore if java is None else f"{java.clients}/bin/barman-wal-restore"
        parallel = ["-p", "0"] if case.endswith("p0") else ["-p", "8", "--spool-dir", spool]
        base = [client, "-U", self.user] + parallel + ["127.0.0.1", compression]
        return lambda name: base + [name, "pg_wal/RECOVERYXLOG"], java.environment if java else {}, sshd.path, sshd, spool

    def repository(self, compression):
        """A repository of pgBackRest with all segments."""
        if compression not in self.repositories:
            data = self.data_directory(ready=True)
            self.repositories[compression] = self.pgbackrest(compression, compression, data)
            for name in self.wals:
                run(self.repositories[compression][0] + ["archive-push", f"pg_wal/{name}"], cwd=data)
        return self.repositories[compression]

    def push(self, case, compression, java):
        """All segments archived, one call each, in order; what the server has is compared afterwards."""
        data = self.data_directory(ready=True)
        sshd, environment = None, {}
        if case.startswith("pgbackrest"):
            base, directory = self.pgbackrest("push", compression, data)
            base = base + (["--archive-async"] if case.endswith("async") else []) + ["archive-push"]
            stored = f"{directory}/repo/archive/main/*/{{hash}}/{{name}}-*"
        else:
            who = "peer" if java is None else java
            sshd = self.server(who)
            incoming = f"{self.homes[who]}/push/incoming"
            shutil.rmtree(incoming)
            os.makedirs(incoming)
            stored = incoming + "/{name}"
            client = self.options.peer_archive if java is None else f"{java.clients}/bin/barman-wal-archive"
            environment = java.environment if java else {}
            base = [client, "-U", self.user] + ([f"--{compression}"] if compression != "none" else [])
            if case.endswith("-kept"):
                base += ["--keep-connection", "60"]
            if case.endswith("-once"):
                base += ["--keep-connection", "0"]
            if case.startswith("ours-push8"):
                base += ["--parallel", "8"]
            if case.startswith("ours-push8") or case.endswith("-kept"):
                base += ["--state-directory", self.fresh("state")]
            base += ["127.0.0.1", "push"]
        before = sshd.accepted() if sshd else 0
        os.sync()
        calls = []
        for name in self.wals:
            calls.append(self.call(base + [f"pg_wal/{name}"], data, environment, sshd.path if sshd else None))
            os.rename(f"{data}/pg_wal/archive_status/{name}.ready", f"{data}/pg_wal/archive_status/{name}.done")
        memory, killed = self.end_background()
        for name, wal in self.wals.items():
            found = glob.glob(stored.format(name=name, hash=name[:16]))
            if len(found) != 1 or digest(found[0], compression) != digest(wal, "none"):
                sys.exit(f"{case} has archived {name} with another content: {found}")
        return Series(calls, sshd.accepted() - before if sshd else 0, memory, killed)


# ---------------------------------------------------------------------- small things


def run(argv, **more):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"exit code {done.returncode} of {shlex.join(argv)}\n{done.stdout}")
    return done.stdout


def adopt_orphans():
    """Makes this process the parent of what its children leave running: PR_SET_CHILD_SUBREAPER."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def script(path, command):
    with open(path, "w") as file:
        file.write(f"#!/bin/sh\n{command}\n")
    os.chmod(path, 0o755)


def digest(path, compression):
    """SHA-256 of the content of a file, decompressed."""
    with open(path, "rb") as file:
        command = COMPRESSIONS[compression][1]
        if command is None:
            return hashlib.file_digest(file, "sha256").hexdigest()
        with subprocess.Popen([command.split()[0], "-dqc"], stdin=file, stdout=subprocess.PIPE) as process:
            return hashlib.file_digest(process.stdout, "sha256").hexdigest()


def marked(mark):
    """Processes with this variable in their environment."""
    found = []
    for directory in os.listdir("/proc"):
        if directory.isdigit():
            try:
                with open(f"/proc/{directory}/environ", "rb") as file:
                    if mark.encode() in file.read().split(b"\0"):
                        found.append(int(directory))
            except OSError:
                pass
    return found


def children():
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def in_spool(directory, name):
    """Waits until the segment lies in the spool and nothing more arrives there; false when it does not come."""
    deadline = time.monotonic() + 5
    seen, since = None, time.monotonic()
    while time.monotonic() < deadline:
        files = sorted(file for _, _, files in os.walk(directory) for file in files)
        if files != seen:
            seen, since = files, time.monotonic()
        elif time.monotonic() - since > 0.3:
            return name in seen
        time.sleep(0.02)
    return False


def crc32c_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


def control_file(scratch, pgbin, wal):
    """A pg_control that belongs to the WAL: of a new cluster, its system identifier replaced, its checksum made to fit."""
    target = f"{scratch}/pg_control"
    with open(wal, "rb") as file:
        identifier = file.read(40)[24:32]
    cluster = f"{scratch}/cluster"
    run([f"{pgbin}/initdb", "-D", cluster, "-A", "trust", "-U", "postgres", "--no-sync", "--locale=C.UTF-8"])
    with open(f"{cluster}/global/pg_control", "rb") as file:
        content = bytearray(file.read())
    shutil.copy(f"{cluster}/PG_VERSION", f"{target}.version")
    shutil.rmtree(cluster)

    def checksums(data):
        table, crc = crc32c_table(), 0xFFFFFFFF
        for offset in range(512):
            yield offset, crc ^ 0xFFFFFFFF
            crc = table[(crc ^ data[offset]) & 0xFF] ^ crc >> 8

    # The checksum is the last field; where it lies depends on the version.
    place = next(offset for offset, crc in checksums(content) if offset >= 200 and crc == struct.unpack_from("<I", content, offset)[0])
    content[:8] = identifier
    struct.pack_into("<I", content, place, next(crc for offset, crc in checksums(content) if offset == place))
    with open(target, "wb") as file:
        file.write(content)
    return target


def our_distribution(given, module):
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = [given] if given else [path for path in glob.glob(f"{root}/{module}/target/{module}-*") if os.path.isdir(f"{path}/bin")]
    if not found:
        sys.exit(f"no distribution below {module}/target: build it with ./mvnw package")
    return os.path.abspath(found[0])


def cases(options, javas):
    """All (case, compression, Java or None) in the order of one round."""
    chosen = []

    def add(case, compressions, java=None):
        if any(fnmatch.fnmatch(case, pattern) for pattern in options.only.split(",")):
            chosen.extend((case, compression, java) for compression in compressions if compression in options.compressions)

    known = list(COMPRESSIONS)
    for java in javas:
        for case in ("ours-p0", "ours-p8"):
            add(case, known, java)
    add("ours-p8-peer", PEER_KNOWS, javas[0])
    for case in ("peer-p0", "peer-p8"):
        add(case, PEER_KNOWS)
    for case in ("pgbackrest-get", "pgbackrest-get-async"):
        add(case, known)
    for java in javas:
        add("ours-hit", options.compressions[-1:], java)
    add("peer-hit", ["none"])
    add("pgbackrest-hit", options.compressions[-1:])
    wire = ["none", "zstd"]
    for java in javas:
        for case in ("ours-push", "ours-push8", "ours-push-kept", "ours-push8-once"):
            add(case, wire, java)
    add("peer-push", ["none"])
    for case in ("pgbackrest-push", "pgbackrest-push-async"):
        add(case, wire)
    return chosen


def available(options, javas, chosen):
    """The cases whose programs are here; the others are named."""
    programs = {"pgbackrest": options.pgbackrest, "peer": options.peer_restore, "peer-push": options.peer_archive}
    has_parallel = "--parallel" in run([f"{javas[0].clients}/bin/barman-wal-archive", "--help"])
    left, missing = [], {}
    for case, compression, java in chosen:
        program = programs.get(case) or programs.get(case.split("-")[0]) or (options.peer if case.endswith("-peer") else None)
        if program and not shutil.which(program):
            missing[case] = f"{program} is not installed"
        elif case.startswith("ours-push8") and not has_parallel:
            missing[case] = "our barman-wal-archive has no --parallel"
        else:
            left.append((case, compression, java))
    for case, reason in missing.items():
        print(f"{case}: skipped, {reason}", file=sys.stderr)
    return left


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wal", help="directory of segments; default: made, and removed at the end")
    parser.add_argument("--segments", type=int, default=100)
    parser.add_argument("--hits", type=int, default=20, help="calls of the cases *-hit in one round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--replay-ms", type=int, default=0, help="pause after each fetched segment, as for its replay")
    parser.add_argument("--compressions", default="none,gzip,zstd", help="some of " + ",".join(COMPRESSIONS))
    parser.add_argument("--only", default="*", help="patterns of cases, separated by commas")
    parser.add_argument("--java-home", action="append", default=[], help="measure ours on this Java too; may be repeated")
    parser.add_argument("--cli", help="distribution of barman-cli")
    parser.add_argument("--clients", help="distribution of barman-wal-restore")
    parser.add_argument("--peer", default="/usr/bin/barman")
    parser.add_argument("--peer-restore", default="/usr/bin/barman-wal-restore")
    parser.add_argument("--peer-archive", default="/usr/bin/barman-wal-archive")
    parser.add_argument("--pgbackrest", default="pgbackrest")
    parser.add_argument("--pgbin", default=default_pgbin())
    parser.add_argument("--patience", type=float, default=1, help="seconds until what a series left running is ended")
    parser.add_argument("--user", default="postgres", help="who runs everything when this is started by root")
    parser.add_argument("--scratch", help="directory on the disk to be measured; default: a temporary one")
    options = parser.parse_args()
    options.compressions = options.compressions.split(",")
    options.cli = our_distribution(options.cli, "barman-cli")
    options.clients = our_distribution(options.clients, "barman-wal-restore")
    options.pgbackrest = shutil.which(options.pgbackrest) or options.pgbackrest
    if os.geteuid() == 0:
        account = pwd.getpwnam(options.user)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}:/usr/local/bin:/usr/bin:/bin"
    for name in ("JAVA_HOME", "BARMAN_JAVA", "BARMAN_JAVA_OPTS", "SSH_AUTH_SOCK"):
        os.environ.pop(name, None)
    adopt_orphans()
    scratch = tempfile.mkdtemp(prefix="bench-clients.", dir=options.scratch)
    os.environ["HOME"] = scratch
    os.chdir(scratch)
    bench = None
    try:
        directory = options.wal or os.path.join(scratch, "made")
        if not os.path.isdir(directory):
            make_wal(directory, options.pgbin, options.segments, {})
        # The last ones: the first are all bulk load.
        wals = copy_for(segments(directory)[-options.segments:], scratch, {})
        javas = [Java(home, scratch, options) for home in [None] + options.java_home]
        bench = Bench(options, wals, scratch, javas)
        chosen = available(options, javas, cases(options, javas))
        results = collections.defaultdict(list)
        for round_number in range(options.rounds):
            for case, compression, java in chosen:
                measure = bench.push if "-push" in case else bench.hits if case.endswith("-hit") else bench.fetch
                series = measure(case, compression, java)
                results[case, compression, java].append(series)
                print(f"round {round_number + 1}: {case} {compression} {java.version if java else ''}: "
                      f"{mean(series) * 1000:.1f} ms a segment", file=sys.stderr, flush=True)
        sys.exit(report(results, len(wals), options))
    finally:
        if bench:
            bench.end_background()
            for sshd in bench.sshds.values():
                sshd.stop()
        shutil.rmtree(scratch, ignore_errors=True)


def mean(series):
    return statistics.mean(series.seconds) if series.seconds else math.nan


def report(results, count, options):
    missed = False
    print(f"{count} segments of 16 MiB, one call each, {os.cpu_count()} processors, {options.rounds} rounds; ms per call: median, 95th "
          f"percentile and\nlargest of all calls; per segment: median of the rounds" +
          (f"; {options.replay_ms} ms pause after each" if options.replay_ms else ""))
    print(f"{'case':22} {'with':5} {'Java':>4} {'median':>7} {'p95':>7} {'max':>7} {'/segment':>8} {'faster':>7} {'least':>6} "
          f"{'ssh':>4} {'MiB':>4} {'behind':>6}  than")
    for (case, compression, java), rounds in results.items():
        times = sorted(seconds * 1000 for series in rounds for seconds in series.seconds)
        faults = []
        if not times:
            print(f"{case:22} {compression:5} {java.version if java else '':>4} no call found its segment in the spool"
                  f"{'  MISSED' if case == 'ours-hit' else ''}")
            missed |= case == "ours-hit"
            continue
        per_segment = statistics.median(map(mean, rounds)) * 1000
        reference, wanted = LEAST.get(case, (COMPARED.get(case), {}))
        than = results.get((reference, compression, None)) or results.get((reference, "none", None))
        ratio = statistics.median(map(mean, than)) * 1000 / per_segment if than else None
        least = wanted.get(compression)
        if case == "ours-hit":
            least = HIT_MS[max(version for version in HIT_MS if version <= max(java.version, 17))]
            faults += [f"hit above {least} ms"] * (statistics.median(times) > least)
            least = f"{least}ms"
        elif least and ratio is not None and ratio < least:
            faults.append("too slow")
        memory = max(series.memory for series in rounds)
        if java and "-push" not in case and memory >= RESTORE_MIB:
            faults.append(f"{RESTORE_MIB} MiB or more")
        missed |= bool(faults)
        print(f"{case:22} {compression:5} {java.version if java else '':>4} {statistics.median(times):7.1f} "
              f"{times[max(0, math.ceil(len(times) * 0.95) - 1)]:7.1f} {times[-1]:7.1f} {per_segment:8.1f} "
              f"{f'{ratio:.2f}' if ratio is not None else '':>7} {least or '':>6} "
              f"{statistics.median(series.connections for series in rounds):4.0f} {memory:4.0f} "
              f"{max(series.behind_memory for series in rounds):6.0f}  {reference or ''}"
              f"{'  MISSED: ' + ', '.join(faults) if faults else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    main()
