// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.core.testing.OurProcesses;
import dev.barman.core.testing.PostgresCluster;
import dev.barman.storage.cloud.s3.S3TestServer;
import dev.barman.wal.WalFileName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Real PostgreSQL servers that get all their WAL from a real S3 server through the launcher of {@code barman-cloud-wal-restore}. A witness
 * stands between the two and compares every file that is handed over with the one that was archived.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CloudRecoveryIT {
    private static final String URL = "s3://recovery-bucket/path";
    private static final Path PEER = Path.of("/usr/bin/barman-cloud-wal-restore");
    private static final int SECONDS = Integer.parseInt(System.getenv().getOrDefault("SOAK_SECONDS", "60"));
    private static final int PATIENCE_SECONDS = 240;
    private static final String DATA = "select count(*) || ' ' || sum(length(filler)) from filled";
    private static final List<String> COMPRESSIONS =
            List.of("", "--gzip", "--zstd", "--lz4", "--snappy", "--xz", "--bzip2");

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final Set<String> uploaded = new HashSet<>();
    private S3TestServer server;
    private Path work;
    private Path kept;
    private Path restore;
    private Path witness;
    private OurProcesses processes;
    private PostgresCluster primary;
    private Path base;
    private Path lateBase;
    private String dataAtPoint = "";
    private String archivedData = "";
    private String archivedTo = "";

    @BeforeAll
    void archiveOfABusyPrimary() throws Exception {
        assumeTrue(OurProcesses.isPossible(), "no /proc here");
        work = temporaryDirectory("barman-it-cloud-");
        server = S3TestServer.start(
                Path.of("target/s3proxy/s3proxy.jar").toAbsolutePath(), temporaryDirectory("barman-it-s3-"));
        opened.add(server);
        Files.createDirectory(server.objects().resolve("recovery-bucket"));
        // Where PostgreSQL's user can run it.
        Path distribution = work.resolve("distribution");
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            Path built = files.filter(file -> Files.isDirectory(file.resolve("bin")))
                    .findFirst()
                    .orElseThrow();
            run("cp", "-R", built.toString(), distribution.toString());
        }
        run(distribution.resolve("lib/prepare").toString());
        restore = distribution.resolve("bin/barman-cloud-wal-restore");
        kept = writable(Files.createDirectory(work.resolve("kept")));
        writable(Files.createDirectory(work.resolve("notes")));
        writable(Files.createDirectory(work.resolve("spools")));
        witness = script(
                "witness",
                environment(),
                "name=$1 path=$2 notes=$3",
                "shift 3",
                restore + " --endpoint-url " + server.endpoint() + " \"$@\" " + URL + " main \"$name\" \"$path\"",
                "code=$?",
                "if [ $code != 0 ]; then",
                "    echo \"$name $code\" >>\"$notes.refused\"",
                "elif cmp \"$path\" " + kept + "/\"$name\"; then",
                "    echo \"$name\" >>\"$notes.served\"",
                "else",
                "    echo \"$name\" >>\"$notes.wrong\"",
                "fi",
                "exit $code");
        processes = new OurProcesses(work, List.of("/witness", "/kept/"));
        primary = PostgresCluster.create(1);
        opened.add(primary);
        primary.configure(
                        "archive_mode = on",
                        "archive_command = 'test ! -f " + kept + "/%f && cp %p " + kept + "/.%f && mv " + kept + "/.%f "
                                + kept + "/%f'",
                        "max_wal_size = 32MB")
                .start();
        base = baseBackup();
        primary.sql("create table filled (id int, filler text)");
        fill(primary, 60_000);
        dataAtPoint = primary.sql(DATA);
        primary.sql("select pg_create_restore_point('half')");
        fill(primary, 60_000);
        lateBase = baseBackup();
        fill(primary, 12_000);
        archive(primary);
    }

    @AfterAll
    void end() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    private static String environment() {
        return "export AWS_ACCESS_KEY_ID=" + S3TestServer.ACCESS_KEY + " AWS_SECRET_ACCESS_KEY="
                + S3TestServer.SECRET_KEY + " AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null";
    }

    private Path temporaryDirectory(String prefix) throws IOException {
        Path directory = Files.createTempDirectory(prefix);
        opened.add(() -> PostgresCluster.deleteTree(directory));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        return directory;
    }

    private static Path writable(Path directory) throws IOException {
        return Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    private Path script(String name, String... lines) throws IOException {
        Path script = Files.writeString(work.resolve(name), "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    }

    /** Without WAL: all of it is to come from the bucket. */
    private Path baseBackup() throws IOException {
        Path directory = temporaryDirectory("barman-it-base-");
        if (PostgresCluster.isRoot()) {
            writable(directory);
        }
        Path data = directory.resolve("data");
        PostgresCluster.asPostgres(
                PostgresCluster.program("pg_basebackup"),
                "-D",
                data.toString(),
                "-d",
                primary.streamingConninfo(),
                "-c",
                "fast",
                "-X",
                "none",
                "--no-sync");
        return data;
    }

    private static void fill(PostgresCluster cluster, int rows) throws IOException {
        cluster.sql("insert into filled select g, repeat(md5(g::text), 20) from generate_series(1, " + rows + ") g");
    }

    /** Everything written so far comes into the bucket, compressed in all ways in turn. */
    private void archive(PostgresCluster cluster) throws IOException {
        archivedData = cluster.sql(DATA);
        archivedTo = cluster.sql("select pg_switch_wal()");
        cluster.await("select count(*) from pg_ls_archive_statusdir() where name like '%.ready'", "0", 60);
        TreeSet<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.list(kept)) {
            files.map(file -> file.getFileName().toString())
                    .filter(WalFileName::isWalFileName)
                    .forEach(names::add);
        }
        PrintStream messages = new PrintStream(new ByteArrayOutputStream());
        for (String name : names) {
            if (uploaded.add(name)) {
                List<String> args = new ArrayList<>();
                String compression = COMPRESSIONS.get(uploaded.size() % COMPRESSIONS.size());
                if (!compression.isEmpty()) {
                    args.add(compression);
                }
                args.addAll(List.of(
                        "--endpoint-url",
                        server.endpoint().toString(),
                        URL,
                        "main",
                        kept.resolve(name).toString()));
                assertThat(CloudWalArchiveMain.run(args.toArray(new String[0]), Map.of(), messages, messages))
                        .as(name)
                        .isZero();
            }
        }
    }

    /** A server as a base backup left it. */
    private final class Restored implements AutoCloseable {
        final String name;
        final PostgresCluster cluster;

        Restored(String name, Path from, String signal, String... options) throws Exception {
            this.name = name;
            Path directory = temporaryDirectory("barman-it-restored-");
            run("cp", "-a", from.toString(), directory.resolve("data").toString());
            Files.createFile(directory.resolve("data").resolve(signal));
            cluster = PostgresCluster.adopt(directory.resolve("data"));
            cluster.configure("hot_standby = on", "primary_conninfo = ''", "wal_retrieve_retry_interval = 200ms");
            restoreWith(options);
        }

        void restoreWith(String... options) throws IOException {
            cluster.configure(
                    "restore_command = '" + witness + " %f %p " + notes("") + " " + String.join(" ", options) + "'");
        }

        Path notes(String kind) {
            return work.resolve("notes").resolve(name + kind);
        }

        List<String> noted(String kind) throws IOException {
            return Files.exists(notes(kind)) ? Files.readAllLines(notes(kind)) : List.of();
        }

        long segments() throws IOException {
            return noted(".served").stream()
                    .filter(WalFileName::isSegment)
                    .distinct()
                    .count();
        }

        boolean hasReached(String lsn) {
            try {
                return cluster.sql("select pg_last_wal_replay_lsn() >= '" + lsn + "'")
                        .equals("t");
            } catch (IOException e) {
                return false;
            }
        }

        void awaitReached(String lsn) throws IOException {
            cluster.await("select pg_last_wal_replay_lsn() >= '" + lsn + "'", "t", PATIENCE_SECONDS);
        }

        void assertComplete() throws IOException {
            assertThat(cluster.sql(DATA)).isEqualTo(archivedData);
            assertThat(noted(".wrong")).isEmpty();
        }

        @Override
        public void close() throws IOException {
            cluster.close();
        }
    }

    private String[] ahead(String spool) {
        return new String[] {
            "-p", "8", "--spool-dir", work.resolve("spools").resolve(spool).toString()
        };
    }

    private String peerOrOurs(Path program, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("sh", "-c", environment() + "; exec \"$@\"", "sh"));
        command.add(program.toString());
        command.addAll(List.of("--endpoint-url", server.endpoint().toString()));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + " " + output;
    }

    @Test
    @Order(1)
    void debiansCommandsAndOursReadWhatTheOtherWrote() throws Exception {
        assumeTrue(Files.isExecutable(PEER), "Debian's package barman-cli-cloud is not installed");
        Path archive = restore.resolveSibling("barman-cloud-wal-archive");
        List<String> names;
        try (Stream<Path> files = Files.list(kept)) {
            names = files.map(file -> file.getFileName().toString())
                    .filter(WalFileName::isSegment)
                    .sorted()
                    .limit(3)
                    .toList();
        }
        List<String[]> options = List.of(new String[0], new String[] {"--gzip"}, new String[] {"--bzip2"});
        for (int i = 0; i < 3; i++) {
            Path original = kept.resolve(names.get(i));
            Path delivered = work.resolve("delivered");
            for (boolean byPeer : new boolean[] {true, false}) {
                String name = byPeer ? "by-peer" : "by-us";
                Path writer = byPeer ? PEER.resolveSibling("barman-cloud-wal-archive") : archive;
                List<String> words = new ArrayList<>(List.of(options.get(i)));
                words.addAll(List.of(URL, name, original.toString()));
                assertThat(peerOrOurs(writer, words.toArray(new String[0]))).isEqualTo("0 ");
                assertThat(peerOrOurs(byPeer ? restore : PEER, URL, name, names.get(i), delivered.toString()))
                        .isEqualTo("0 ");
                assertThat(delivered).hasSameBinaryContentAs(original);
                Files.delete(delivered);
            }
        }
        String missing = "0000000900000000000000FF";
        assertThat(peerOrOurs(
                        restore, URL, "by-peer", missing, work.resolve("none").toString()))
                .isEqualTo(peerOrOurs(
                        PEER, URL, "by-peer", missing, work.resolve("none").toString()))
                .isEqualTo("1 ");
        assertThat(work.resolve("none")).doesNotExist();
        assertThat(peerOrOurs(restore, URL, "main", "notawal", "x")).startsWith("3 ");
        assertThat(peerOrOurs(
                        restore,
                        "s3://no-such-bucket",
                        "main",
                        names.get(0),
                        work.resolve("none").toString()))
                .startsWith("4 ");
        assertThat(peerOrOurs(
                        restore,
                        "--abort-on-outage",
                        "s3://no-such-bucket",
                        "main",
                        names.get(0),
                        work.resolve("none").toString()))
                .startsWith("126 ");
    }

    @Test
    @Order(2)
    void recoveryEndsAtItsTarget() throws Exception {
        try (Restored restored = new Restored("target", base, "recovery.signal", ahead("target"))) {
            restored.cluster
                    .configure(
                            "recovery_target_name = 'half'", "recovery_target_action = promote", "archive_mode = off")
                    .start();
            restored.cluster.await("select pg_is_in_recovery()", "f", PATIENCE_SECONDS);
            assertThat(restored.cluster.sql(DATA)).isEqualTo(dataAtPoint);
            assertThat(restored.noted(".wrong")).isEmpty();
            assertThat(restored.segments()).isGreaterThan(30);
            restored.cluster.stop();
        }
        assertNothingLeftRunning();
    }

    @Test
    @Order(3)
    void standbysRecoverFromTheBucketAloneAndAcrossATimelineSwitch() throws Exception {
        Restored plain = new Restored("plain", lateBase, "standby.signal", "-p", "0");
        opened.add(plain);
        Restored ahead = new Restored("ahead", base, "standby.signal", ahead("ahead"));
        opened.add(ahead);
        plain.cluster.start();
        ahead.cluster.start();
        ahead.awaitReached(archivedTo);
        plain.awaitReached(archivedTo);
        for (Restored standby : List.of(plain, ahead)) {
            standby.assertComplete();
            // The next timeline and the end of the archive were asked for.
            assertThat(standby.noted(".refused")).isNotEmpty().allMatch(line -> line.endsWith(" 1"));
        }
        assertThat(ahead.segments()).isGreaterThan(80);
        assertThat(plain.segments()).isGreaterThan(5);

        // What the primary writes at its end comes into the bucket too, beyond the beginning of the next timeline.
        plain.cluster.stop();
        primary.stop();
        assertThat(ahead.cluster.sql("select pg_promote(true, 60)")).isEqualTo("t");
        assertThat(ahead.cluster.sql(DATA)).isEqualTo(archivedData);
        fill(ahead.cluster, 12_000);
        archive(ahead.cluster);
        plain.restoreWith(ahead("follower"));
        plain.cluster.start();
        plain.awaitReached(archivedTo);
        plain.assertComplete();
        assertThat(plain.noted(".served"))
                .contains("00000002.history")
                .anyMatch(name -> WalFileName.isSegment(name) && name.startsWith("00000002"));
        plain.cluster.stop();
        assertNothingLeftRunning();
    }

    @Test
    @Order(4)
    void recoveryCompletesWhateverIsKilled() throws Exception {
        long seed = Long.getLong("soak.seed", System.nanoTime());
        System.out.println("cloud-wal-restore soak: seed " + seed + ", " + SECONDS + " s");
        Random random = new Random(seed);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        int standbys = 0;
        int restarts = 0;
        int served = 0;
        do {
            String name = "soak-" + standbys++;
            try (Restored standby = new Restored(name, base, "standby.signal", ahead("soak"))) {
                standby.cluster.startWithoutWaiting();
                long latest = Math.max(deadline, System.nanoTime()) + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
                while (!standby.hasReached(archivedTo)) {
                    assertThat(System.nanoTime()).as(standby.cluster.logText()).isLessThan(latest);
                    if (!standby.cluster.isRunning()) {
                        // PostgreSQL stops when restore_command dies, as it should: to go on would be to end recovery.
                        restarts++;
                        standby.cluster.startWithoutWaiting();
                    }
                    Thread.sleep(random.nextInt(2500));
                    if (System.nanoTime() < deadline) {
                        processes.killOne(random);
                    }
                }
                standby.assertComplete();
                served += standby.noted(".served").size();
                standby.cluster.stop();
            }
            assertNothingLeftRunning();
        } while (System.nanoTime() < deadline);
        System.out.println("cloud-wal-restore soak: " + standbys + " standbys, " + restarts + " restarts, " + served
                + " files served, killed " + processes.killed());
        assertThat(processes.killed().values().stream()
                        .mapToInt(Integer::intValue)
                        .sum())
                .isGreaterThan(SECONDS / 6);
        assertSpooledFilesAreValid();
    }

    private void assertNothingLeftRunning() throws Exception {
        List<OurProcesses.Running> left = processes.awaitNone(20);
        StringBuilder logs = new StringBuilder();
        if (!left.isEmpty()) {
            try (Stream<Path> files = Files.walk(work.resolve("spools"))) {
                for (Path log : (Iterable<Path>) files.filter(file -> file.endsWith("prefetch.log"))::iterator) {
                    logs.append(log).append('\n').append(Files.readString(log));
                }
            }
        }
        assertThat(left).as(logs.toString()).isEmpty();
    }

    /** Under the name of a WAL file lies that file, whole, whatever was killed. */
    private void assertSpooledFilesAreValid() throws IOException {
        try (Stream<Path> files = Files.walk(work.resolve("spools"))) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                String name = file.getFileName().toString();
                if (WalFileName.isWalFileName(name)) {
                    assertThat(file).hasSameBinaryContentAs(kept.resolve(name));
                }
            }
        }
    }
}
