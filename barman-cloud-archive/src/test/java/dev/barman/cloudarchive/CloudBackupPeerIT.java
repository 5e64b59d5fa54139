// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.core.testing.PostgresCluster;
import dev.barman.storage.cloud.s3.S3TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Backups that Debian's {@code barman-cloud-backup} (3.4) has written to a real S3 server, of a real PostgreSQL: listed, shown, kept, restored and
 * deleted here, with its own commands as judges.
 */
@TestMethodOrder(OrderAnnotation.class)
class CloudBackupPeerIT {
    private static final String URL = "s3://peer-bucket/path";

    @TempDir
    static Path shared;

    private static S3BackupBucket s3;
    private static S3TestServer server;
    private static PostgresCluster cluster;
    private static Path tablespace;
    private static List<String> ids = List.of();

    private String out = "";
    private String err = "";

    @BeforeAll
    static void takeBackups() throws Exception {
        assumeTrue(S3BackupBucket.hasPeer(), "Debian's package barman-cli-cloud is not installed");
        s3 = S3BackupBucket.start(shared);
        server = s3.server();
        Files.createDirectory(server.objects().resolve("peer-bucket"));
        cluster = PostgresCluster.create();
        cluster.configure("archive_mode = on", "archive_command = '" + peerLine("barman-cloud-wal-archive") + " %p'")
                .start();
        tablespace = Files.createDirectory(cluster.directory().resolve("ts1"));
        if (PostgresCluster.isRoot()) {
            Files.setOwner(tablespace, Files.getOwner(cluster.directory()));
        }
        cluster.sql("create tablespace ts1 location '" + tablespace + "'");
        cluster.sql("create table in_ts (a int, b text) tablespace ts1");
        cluster.sql("create table plain as select i, repeat(md5(i::text), 8) v from generate_series(1, 20000) i");
        List<List<String>> options =
                List.of(List.of(), List.of("-z", "-n", "nightly"), List.of("-j"), List.of("-S", "5MB"));
        for (List<String> option : options) {
            cluster.sql("insert into in_ts select i, repeat('x', 100) from generate_series(1, 1000) i");
            List<String> args = new ArrayList<>(option);
            args.addAll(List.of("--immediate-checkpoint", "-d", cluster.conninfo()));
            assertThat(peer("barman-cloud-backup", args.toArray(new String[0]))).isEmpty();
            // Ids have a resolution of a second.
            Thread.sleep(1100);
        }
        cluster.sql("insert into in_ts values (-1, 'after the last backup')");
        cluster.await("select last_archived_wal = '" + cluster.switchWal() + "' from pg_stat_archiver", "t", 60);
        try (Stream<Path> base = Files.list(server.objects().resolve("peer-bucket/path/main/base"))) {
            ids = base.map(path -> path.getFileName().toString()).sorted().toList();
        }
        assertThat(ids).hasSize(4);
    }

    @AfterAll
    static void stop() throws Exception {
        try (S3BackupBucket started = s3) {
            if (cluster != null) {
                cluster.close();
            }
        }
    }

    /** A shell command, up to bucket and server. */
    private static String peerLine(String program) {
        return "env AWS_ACCESS_KEY_ID=" + S3TestServer.ACCESS_KEY + " AWS_SECRET_ACCESS_KEY=" + S3TestServer.SECRET_KEY
                + " AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null /usr/bin/" + program
                + " --endpoint-url " + server.endpoint() + " " + URL + " main";
    }

    /** Runs a command of Debian's package, options and positionals behind bucket and server, and returns what it prints. */
    private static String peer(String program, String... more) throws Exception {
        List<String> args = new ArrayList<>(List.of(URL, "main"));
        args.addAll(Arrays.asList(more));
        return s3.peer(program, args.toArray(new String[0]));
    }

    private int run(S3BackupBucket.Command command, String... args) {
        int code = s3.run(command, args);
        out = s3.out;
        err = s3.err;
        return code;
    }

    private static List<String> objects(String below) throws IOException {
        Path root = server.objects().resolve("peer-bucket/path/main").resolve(below);
        if (!Files.exists(root)) {
            return List.of();
        }
        try (Stream<Path> walk = Files.walk(root)) {
            return walk.filter(Files::isRegularFile)
                    .map(path -> root.relativize(path).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    @Order(1)
    void listAndShowPrintWhatThePeerPrints() throws Exception {
        assertThat(run(CloudBackupKeepMain::run, "--target", "full", URL, "main", "nightly"))
                .as(err)
                .isZero();
        peer("barman-cloud-backup-keep", ids.get(2), "--target", "standalone");

        assertThat(run(CloudBackupListMain::run, URL, "main")).as(err).isZero();
        assertThat(out).isEqualTo(peer("barman-cloud-backup-list")).contains("KEEP:FULL", "KEEP:STANDALONE", "nightly");
        assertThat(run(CloudBackupShowMain::run, URL, "main", ids.get(0)))
                .as(err)
                .isZero();
        assertThat(out).isEqualTo(peer("barman-cloud-backup-show", ids.get(0)));
        assertThat(run(CloudBackupShowMain::run, "--format", "json", URL, "main", ids.get(0)))
                .isZero();
        String theirs = peer("barman-cloud-backup-show", ids.get(0), "--format", "json");
        // This release has fields that 3.4 does not know; those it knows come in the same order and form.
        String ours = out;
        for (String member : theirs.substring(theirs.indexOf(": {") + 3, theirs.lastIndexOf("}}"))
                .split(", (?=\"[a-z_]+\": )")) {
            assertThat(ours).contains(member);
        }

        assertThat(peer("barman-cloud-backup-keep", "nightly", "-s")).isEqualTo("Keep: full\n");
        assertThat(run(CloudBackupKeepMain::run, "-s", URL, "main", ids.get(2))).isZero();
        assertThat(out).isEqualTo("Keep: standalone\n");
        assertThat(run(CloudBackupKeepMain::run, "-r", URL, "main", "nightly")).isZero();
        assertThat(run(CloudBackupKeepMain::run, "-r", URL, "main", ids.get(2))).isZero();
        assertThat(peer("barman-cloud-backup-list")).doesNotContain("KEEP");
    }

    @Test
    @Order(2)
    void walArchiveCheckAgrees() throws Exception {
        assertThat(run(CloudCheckWalArchiveMain::run, URL, "main")).isEqualTo(1);
        assertThat(err).contains("WAL archive check failed for server main: Expected empty archive");
        assertThat(run(CloudCheckWalArchiveMain::run, "--timeline", "2", URL, "main"))
                .isZero();
        assertThat(run(CloudCheckWalArchiveMain::run, "s3://peer-new/x", "main"))
                .as(err)
                .isZero();
        assertThat(server.objects().resolve("peer-new")).isDirectory();
    }

    @Test
    @Order(3)
    void everyFormOfBackupIsRestoredAndRecovers() throws Exception {
        String rows = cluster.sql("select count(*), sum(a), max(b) from in_ts");
        for (String id : ids) {
            Path target = shared.resolve("restored-" + id);
            Path relocated = shared.resolve("ts1-" + id);
            assertThat(run(
                            CloudRestoreMain::run,
                            "--tablespace",
                            "ts1:" + relocated,
                            URL,
                            "main",
                            id,
                            target.toString()))
                    .as(err)
                    .isZero();
            assertThat(err).isEmpty();
            assertThat(Files.readSymbolicLink(onlyEntry(target.resolve("pg_tblspc"))))
                    .isEqualTo(relocated);
            Files.createFile(target.resolve("recovery.signal"));
            Files.writeString(
                    target.resolve("postgresql.auto.conf"),
                    "archive_mode = off\nrestore_command = '" + peerLine("barman-cloud-wal-restore") + " %f %p'\n");
            try (PostgresCluster restored = PostgresCluster.adopt(target)) {
                restored.start();
                restored.await("select pg_is_in_recovery()", "f", 120);
                assertThat(restored.sql("select count(*), sum(a), max(b) from in_ts"))
                        .isEqualTo(rows);
                assertThat(restored.sql("select count(distinct v) from plain")).isEqualTo("20000");
            }
        }
    }

    private static Path onlyEntry(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            List<Path> all = entries.toList();
            assertThat(all).hasSize(1);
            return all.get(0);
        }
    }

    @Test
    @Order(4)
    void deletionLeavesWhatThePeerNeeds() throws Exception {
        List<String> before = objects("");
        assertThat(run(CloudBackupDeleteMain::run, "--dry-run", "-r", "REDUNDANCY 2", URL, "main"))
                .as(err)
                .isZero();
        assertThat(out.lines()).hasSize(6);
        assertThat(objects("")).isEqualTo(before);

        assertThat(run(CloudBackupDeleteMain::run, "-m", "4", "-b", ids.get(3), URL, "main"))
                .isEqualTo(1);
        assertThat(run(CloudBackupDeleteMain::run, "-r", "REDUNDANCY 2", URL, "main"))
                .as(err)
                .isZero();
        assertThat(objects("base/" + ids.get(0))).isEmpty();
        assertThat(objects("base/" + ids.get(1))).isEmpty();
        assertThat(peer("barman-cloud-backup-list"))
                .contains(ids.get(2), ids.get(3))
                .hasLineCount(3);

        // What is left is a recoverable backup for the peer, too.
        String begin = peer("barman-cloud-backup-show", ids.get(2))
                .lines()
                .filter(line -> line.contains("Begin WAL"))
                .findFirst()
                .orElseThrow();
        String first = objects("wals").get(0);
        assertThat(begin).endsWith(first.substring(first.indexOf('/') + 1).substring(0, 24));
        Path target = shared.resolve("by-peer");
        Path relocated = shared.resolve("by-peer-ts1");
        peer("barman-cloud-restore", ids.get(2), target.toString(), "--tablespace", "ts1:" + relocated);
        assertThat(target.resolve("backup_label")).exists();
    }
}
