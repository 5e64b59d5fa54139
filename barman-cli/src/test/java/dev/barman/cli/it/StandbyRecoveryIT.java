// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.core.testing.OurProcesses;
import dev.barman.core.testing.PostgresCluster;
import dev.barman.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
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
 * Real standbys that get all their WAL through {@code barman-wal-restore} and ssh; streaming is cut on purpose. A witness
 * stands between PostgreSQL and the client and compares every file that is handed over with the one that was archived.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StandbyRecoveryIT {
    private static final int MIB = 1024 * 1024;
    /** How long to kill. When it is more than a minute, every standby begins before the load; else only one does. */
    private static final int SECONDS = Integer.parseInt(System.getenv().getOrDefault("SOAK_SECONDS", "40"));

    private static final String DATA =
            "select (select count(*) || ' ' || sum(abalance) from pgbench_accounts) || ' ' || (select sum(tbalance) from"
                    + " pgbench_tellers) || ' ' || (select count(*) || ' ' || sum(delta) from pgbench_history)";

    private final List<AutoCloseable> opened = new ArrayList<>();
    private BarmanHost host;
    private WalRoute route;
    private OurProcesses processes;
    private PostgresCluster primary;
    private Path base;
    private Path lateBase;
    private Path kept;
    private Path witness;
    private String archivedTo = "";
    private String archivedData = "";

    @BeforeAll
    void archiveOfABusyPrimary() throws Exception {
        assumeTrue(WalRoute.isPossible(), "no sshd here");
        assumeTrue(OurProcesses.isPossible(), "no /proc here");
        host = opened(BarmanHost.create());
        primary = opened(PostgresCluster.create(1));
        host.configure(primary, Map.of("archiver", "on", "compression", "gzip"));
        route = opened(WalRoute.open(host, BarmanHost.launcher()));
        processes = new OurProcesses(host.directory(), List.of("witness", "sshd_config", "/kept/", "/incoming/"));
        kept = Files.createDirectory(host.directory().resolve("kept"));
        Files.setPosixFilePermissions(kept, PosixFilePermissions.fromString("rwxrwxrwx"));
        String copying = host.copyingArchiveCommand();
        primary.configure(
                        "archive_mode = on",
                        copying.replace("'test ! -f ", "'cp %p " + kept + "/%f && test ! -f "),
                        "max_wal_size = 32MB",
                        "checkpoint_timeout = 30s")
                .start();
        witness = WalRoute.script(
                route.work().resolve("witness"),
                String.join(
                        "\n",
                        "name=$1 path=$2 notes=$3",
                        "shift 3",
                        route.restore() + " \"$@\" 127.0.0.1 main \"$name\" \"$path\"",
                        "code=$?",
                        "if [ $code != 0 ]; then",
                        "    echo \"$name $code\" >>\"$notes.refused\"",
                        "elif cmp \"$path\" " + kept + "/\"$name\"; then",
                        "    echo \"$name\" >>\"$notes.served\"",
                        "else",
                        "    echo \"$name\" >>\"$notes.wrong\"",
                        "fi",
                        "exit $code"));
        base = baseBackup();
        // Stored with two compressions, as in an archive whose configuration was changed.
        bench(primary, "-i", "-q", "-s", "8");
        archive(primary);
        host.configure(primary, Map.of("archiver", "on", "compression", "zstd"));
        write(primary, 170);
        lateBase = SECONDS > 60 ? base : baseBackup();
        write(primary, 215);
        archive(primary);
    }

    /** Without WAL: all of it is to come from the archive. */
    private Path baseBackup() throws IOException {
        Path data = temporaryDirectory().resolve("data");
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

    @AfterAll
    void end() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    private <T extends AutoCloseable> T opened(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    /** Removed at the end; its name is in no command line of ours. */
    private Path temporaryDirectory() throws IOException {
        Path directory = Files.createTempDirectory("barman-it-standby-");
        opened.add(() -> PostgresCluster.deleteTree(directory));
        if (PostgresCluster.isRoot()) {
            Files.setOwner(
                    directory,
                    directory
                            .getFileSystem()
                            .getUserPrincipalLookupService()
                            .lookupPrincipalByName(PostgresCluster.SUPERUSER));
        }
        return directory;
    }

    private static void bench(PostgresCluster cluster, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                PostgresCluster.program("pgbench"),
                "-h",
                "127.0.0.1",
                "-p",
                Integer.toString(cluster.port()),
                "-U",
                PostgresCluster.SUPERUSER));
        command.addAll(List.of(args));
        command.add("postgres");
        PostgresCluster.asPostgres(command.toArray(new String[0]));
    }

    /** Load until so many MiB of WAL lie behind the beginning of the cluster's life. */
    private static void write(PostgresCluster cluster, long mebibytes) throws IOException {
        while (position(cluster) < mebibytes * MIB) {
            cluster.sql("checkpoint");
            bench(cluster, "-c", "4", "-j", "2", "-t", "150", "-M", "prepared");
        }
    }

    private static long position(PostgresCluster cluster) throws IOException {
        return Long.parseLong(cluster.sql("select (pg_current_wal_lsn() - '0/0')::bigint"));
    }

    /** Everything written so far comes into the archive. */
    private void archive(PostgresCluster cluster) throws IOException {
        // Reading may write WAL, of what it tidies up.
        archivedData = cluster.sql(DATA);
        archivedTo = cluster.sql("select pg_switch_wal()");
        cluster.await("select count(*) from pg_ls_archive_statusdir() where name like '%.ready'", "0", 60);
        host.barman("archive-wal", "main").ok();
    }

    /** A standby as a base backup left it. */
    private final class Standby implements AutoCloseable {
        final String name;
        final PostgresCluster cluster;

        Standby(String name, Path base, String... options) throws IOException {
            this.name = name;
            Path data = temporaryDirectory().resolve("data");
            BarmanHost.run(List.of("cp", "-a", base.toString(), data.toString()))
                    .ok();
            Files.createFile(data.resolve("standby.signal"));
            cluster = PostgresCluster.adopt(data)
                    .configure("hot_standby = on", "primary_conninfo = ''", "wal_retrieve_retry_interval = 200ms");
            restoreWith(options);
        }

        void restoreWith(String... options) throws IOException {
            cluster.configure(
                    "restore_command = '" + witness + " %f %p " + notes("") + " " + String.join(" ", options) + "'");
        }

        Path notes(String kind) {
            return route.work().resolve(name + kind);
        }

        List<String> noted(String kind) throws IOException {
            return Files.exists(notes(kind)) ? Files.readAllLines(notes(kind)) : List.of();
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
            cluster.await("select pg_last_wal_replay_lsn() >= '" + lsn + "'", "t", SECONDS > 60 ? 900 : 400);
        }

        /** The data that was archived, and nothing but the archived bytes on the way. */
        void assertComplete() throws IOException {
            assertThat(cluster.sql(DATA)).isEqualTo(archivedData);
            assertThat(noted(".wrong")).isEmpty();
        }

        @Override
        public void close() throws IOException {
            cluster.close();
        }
    }

    private String spool(String name) {
        return route.work().resolve("spool-" + name).toString();
    }

    private static long segments(List<String> names) {
        return names.stream().filter(WalFileName::isSegment).distinct().count();
    }

    @Test
    @Order(1)
    void standbysRecoverFromTheArchiveAloneAndAcrossATimelineSwitch() throws Exception {
        // Both on one host, at the same time.
        Standby plain = opened(new Standby("plain", lateBase, "-p", "0"));
        Standby ahead = opened(new Standby("ahead", base, "-p", "8", "--spool-dir", spool("ahead")));
        // At the end of the archive, where it is first, it is not to take the other one's time by asking again at once.
        ahead.cluster.configure("wal_retrieve_retry_interval = 5s");
        plain.cluster.start();
        ahead.cluster.start();
        ahead.awaitReached(archivedTo);
        plain.awaitReached(archivedTo);
        for (Standby standby : List.of(plain, ahead)) {
            standby.assertComplete();
            // What is not there was asked for and refused, quietly: the next timeline, and the end of the archive.
            assertThat(standby.noted(".refused")).isNotEmpty().allMatch(l -> l.endsWith(" 1"));
        }

        assertThat(segments(ahead.noted(".served"))).isGreaterThanOrEqualTo(200);
        assertThat(segments(plain.noted(".served"))).isGreaterThanOrEqualTo(30);
        // Fetching ahead needs one connection for many files; everything else one for each.
        int single = plain.noted(".served").size()
                + plain.noted(".refused").size()
                + ahead.noted(".refused").size();
        assertThat(route.connections() - single).isLessThan(50);

        // One becomes the primary, the other one follows it, now fetching ahead too.
        primary.stop();
        host.barman("archive-wal", "main").ok();
        assertThat(ahead.cluster.sql("select pg_promote(true, 60)")).isEqualTo("t");
        assertThat(ahead.cluster.sql(DATA)).isEqualTo(archivedData);
        write(ahead.cluster, position(ahead.cluster) / MIB + 20);
        archive(ahead.cluster);
        plain.cluster.stop();
        plain.restoreWith("-p", "8", "--spool-dir", spool("follower"));
        plain.cluster.start();
        plain.awaitReached(archivedTo);
        plain.assertComplete();
        assertThat(plain.noted(".served"))
                .contains("00000002.history")
                .anyMatch(n -> WalFileName.isSegment(n) && n.startsWith("00000002"));

        // And a last step while it waits at the end of the archive.
        bench(ahead.cluster, "-c", "2", "-t", "200");
        archive(ahead.cluster);
        plain.awaitReached(archivedTo);
        plain.assertComplete();
        primary = ahead.cluster;
        plain.cluster.stop();
        assertNothingLeftRunning();
    }

    /** The standbys recover through the timeline switch of the other test, if that came so far. */
    @Test
    @Order(2)
    void recoveryCompletesWhateverIsKilled() throws Exception {
        long seed = Long.getLong("soak.seed", System.nanoTime());
        System.out.println("wal-restore soak: seed " + seed + ", " + SECONDS + " s");
        Random random = new Random(seed);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        int standbys = 0;
        int restarts = 0;
        int served = 0;
        do {
            String name = "soak-" + standbys++;
            try (Standby standby = new Standby(name, lateBase, "-p", "8", "--spool-dir", spool("soak"))) {
                standby.cluster.startWithoutWaiting();
                long latest =
                        Math.max(deadline, System.nanoTime()) + TimeUnit.SECONDS.toNanos(SECONDS > 60 ? 900 : 240);
                while (!standby.hasReached(archivedTo)) {
                    assertThat(System.nanoTime()).as(standby.cluster.logText()).isLessThan(latest);
                    if (!standby.cluster.isRunning()) {
                        // PostgreSQL stops when restore_command dies, as it should: to go on would be to end recovery.
                        restarts++;
                        standby.cluster.startWithoutWaiting();
                    }
                    for (int i = 0; i < 4; i++) {
                        Thread.sleep(random.nextInt(400));
                        if (System.nanoTime() < deadline) {
                            processes.killOne(random);
                        }
                    }
                }
                standby.assertComplete();
                served += standby.noted(".served").size();
                standby.cluster.stop();
            }
            assertNothingLeftRunning();
        } while (System.nanoTime() < deadline);
        System.out.println("wal-restore soak: " + standbys + " standbys, " + restarts + " restarts, " + served
                + " files served, killed " + processes.killed());

        assertThat(processes.killed().values().stream()
                        .mapToInt(Integer::intValue)
                        .sum())
                .isGreaterThan(SECONDS / 2);
        assertSpooledFilesAreValid();
    }

    private void assertNothingLeftRunning() throws IOException, InterruptedException {
        List<OurProcesses.Running> left = processes.awaitNone(15);
        StringBuilder logs = new StringBuilder();
        if (!left.isEmpty()) {
            try (Stream<Path> files = Files.walk(route.work())) {
                for (Path log : (Iterable<Path>) files.filter(f -> f.endsWith("prefetch.log"))::iterator) {
                    logs.append(log).append('\n').append(Files.readString(log));
                }
            }
        }
        assertThat(left).as(logs.toString()).isEmpty();
    }

    /** Under the name of a WAL file lies that file, whole, whatever was killed. */
    private void assertSpooledFilesAreValid() throws IOException {
        try (Stream<Path> files = Files.walk(route.work())) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                String name = file.getFileName().toString();
                if (WalFileName.isWalFileName(name)) {
                    assertThat(file).hasSameBinaryContentAs(kept.resolve(name));
                }
            }
        }
    }
}
