// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.core.testing.PostgresCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Backups of a real PostgreSQL under load on a real S3 server, restored by us and by Debian's {@code barman-cloud-restore}, started and compared; and
 * backups that are broken off in every way.
 */
class CloudBackupIT {
    private static final String URL = S3BackupBucket.URL;

    @TempDir
    static Path shared;

    private static S3BackupBucket s3;
    private static PostgresCluster cluster;
    private static Path archived;

    private String out = "";
    private String err = "";

    @BeforeAll
    static void start() throws Exception {
        s3 = S3BackupBucket.start(shared);
        cluster = PostgresCluster.create();
        archived = S3BackupBucket.directoryOf(cluster, "archived");
        cluster.configure(
                        "archive_mode = on",
                        "archive_command = 'test ! -e " + cluster.directory() + "/full && "
                                + S3BackupBucket.archiveCommand(archived) + "'")
                .start();
        Path tablespace = S3BackupBucket.directoryOf(cluster, "ts1");
        cluster.sql("create tablespace ts1 location '" + tablespace + "'");
        cluster.sql("create table in_ts (a int, b text) tablespace ts1");
        cluster.sql("create table plain as select i, repeat(md5(i::text), 8) v from generate_series(1, 60000) i");
        cluster.sql("create table load (a int)");
    }

    @AfterAll
    static void stop() throws Exception {
        try (S3BackupBucket bucket = s3) {
            if (cluster != null) {
                cluster.close();
            }
        }
    }

    private static Process startBackup(Path errFile, String name, String... options) throws IOException {
        return s3.startBackup(cluster, errFile, name, options);
    }

    private int run(S3BackupBucket.Command command, String... args) {
        int code = s3.run(command, args);
        out = s3.out;
        err = s3.err;
        return code;
    }

    private static void awaitNoSession() throws IOException {
        cluster.await("select count(*) from pg_stat_activity where application_name = 'barman_cloud_backup'", "0", 20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--gzip", "--bzip2", "--snappy", "-S 5MB"})
    void aBackupUnderLoadIsRestoredAndRecoversToItsPoint(String option) throws Exception {
        assumeTrue(S3BackupBucket.hasPeer(), "Debian's package barman-cli-cloud is not installed");
        String name = "main" + option.replaceAll("\\W", "");
        List<String> options = new ArrayList<>(option.isEmpty() ? List.of() : List.of(option.split(" ")));
        options.addAll(List.of("-n", "nightly", "-d", cluster.conninfo(), "--immediate-checkpoint", URL, name));
        try (ServerLoad ignored = ServerLoad.start(cluster, shared.resolve("load.out"), loadScript())) {
            assertThat(run(CloudBackupMain::run, options.toArray(new String[0])))
                    .as(err)
                    .isZero();
        }
        assertThat(err).isEmpty();
        cluster.sql("insert into in_ts values (1, 'before')");
        String rows = cluster.sql("select count(*), count(distinct v) from plain");
        String loaded = cluster.sql("select count(*), coalesce(sum(a), 0) from load");
        cluster.sql("select pg_create_restore_point('" + name + "')");
        cluster.sql("insert into in_ts values (2, 'after')");
        cluster.await("select last_archived_wal >= '" + cluster.switchWal() + "' from pg_stat_archiver", "t", 120);
        s3.archiveWal(archived);
        String id = s3.newestId(name);
        assertThat(s3.info(name))
                .containsEntry("status", "DONE")
                .containsEntry("server_name", "cloud")
                .containsEntry("backup_name", "nightly")
                .containsEntry("error", "None")
                .containsEntry("mode", "None");
        assertThat(run(CloudBackupListMain::run, URL, name)).isZero();
        assertThat(out).contains(id, "nightly");
        String listing = out;

        Path ours = shared.resolve("ours-" + name);
        assertThat(run(
                        CloudRestoreMain::run,
                        "--tablespace",
                        "ts1:" + shared.resolve("ours-ts-" + name),
                        URL,
                        name,
                        "nightly",
                        ours.toString()))
                .as(err)
                .isZero();
        assertThat(err).isEmpty();
        recovers(ours, name, rows, loaded);

        if (!option.equals("--snappy") || pythonHasSnappy()) {
            s3.makeReadableForThePeer(name);
            assertThat(s3.peer("barman-cloud-backup-list", URL, name)).isEqualTo(listing);
            Path theirs = shared.resolve("theirs-" + name);
            s3.peer(
                    "barman-cloud-restore",
                    URL,
                    name,
                    id,
                    theirs.toString(),
                    "--tablespace",
                    "ts1:" + shared.resolve("theirs-ts-" + name));
            recovers(theirs, name, rows, loaded);
        }
    }

    private static boolean pythonHasSnappy() throws Exception {
        return new ProcessBuilder("python3", "-c", "import snappy").start().waitFor() == 0;
    }

    private static String loadScript() {
        return "do $$ begin for i in 1..100000 loop insert into load values (i); update in_ts set b = b || 'x';"
                + " if i % 100 = 0 then create temporary table if not exists temporary (a int); end if;"
                + " commit; end loop; end $$";
    }

    private static void recovers(Path target, String point, String rows, String loaded) throws IOException {
        s3.recoverTo(target, point);
        assertThat(target.resolve("pg_wal")).isEmptyDirectory();
        try (PostgresCluster restored = PostgresCluster.adopt(target)) {
            restored.start();
            restored.await("select pg_is_in_recovery()", "f", 120);
            assertThat(restored.sql("select count(*), count(distinct v) from plain"))
                    .isEqualTo(rows);
            assertThat(restored.sql("select count(*), coalesce(sum(a), 0) from load"))
                    .isEqualTo(loaded);
            assertThat(restored.sql("select count(*) from in_ts where b like 'before%'"))
                    .isNotEqualTo("0");
            // The last row of this run came behind the restore point.
            assertThat(restored.sql("select (select count(*) from in_ts where a = 1)"
                            + " - (select count(*) from in_ts where a = 2)"))
                    .isEqualTo("1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "HUP"})
    void aSignalLeavesTheReasonAndNothingElse(String signal) throws Exception {
        String name = "signal" + signal;
        Path errFile = shared.resolve(name + ".err");
        Process backup = startBackup(errFile, name, "--max-bandwidth", "1MB", "-S", "5MB");
        s3.awaitUploads(name, "", 1, backup, errFile);
        S3BackupBucket.kill(signal, backup);

        assertThat(backup.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(backup.exitValue()).as(Files.readString(errFile)).isEqualTo(1);
        String words = signal.equals("INT") ? "KeyboardInterrupt" : "SIG" + signal;
        assertThat(Files.readString(errFile)).contains("ERROR: Backup failed uploading data (" + words + ")");
        s3.assertFailed(name, words);
        awaitNoSession();
        assertThat(run(CloudBackupListMain::run, URL, name)).isZero();
        assertThat(out).hasLineCount(1);
    }

    @Test
    void afterAKillNothingIsVisibleAndTheNextBackupSucceeds() throws Exception {
        Path errFile = shared.resolve("kill.err");
        Process backup = startBackup(errFile, "killed", "--max-bandwidth", "1MB", "-S", "5MB");
        s3.awaitUploads("killed", "", 1, backup, errFile);
        S3BackupBucket.kill("KILL", backup);
        backup.waitFor();

        try {
            assertThat(S3BackupBucket.files(s3.base("killed"))).isEmpty();
            assertThat(s3.unfinishedParts("killed"))
                    .as("for a rule of the bucket")
                    .isNotEmpty();
            awaitNoSession();
            assertThat(startBackup(errFile, "killed").waitFor())
                    .as(Files.readString(errFile))
                    .isZero();
            assertThat(S3BackupBucket.files(s3.base("killed"))).hasSize(3);
        } finally {
            s3.removeUnfinished();
        }
    }

    @Test
    void aLostConnectionAbortsTheBackup() throws Exception {
        Path errFile = shared.resolve("lost.err");
        Process backup = startBackup(errFile, "lost", "--max-bandwidth", "1MB", "-S", "5MB");
        s3.awaitUploads("lost", "", 1, backup, errFile);
        cluster.sql("select pg_terminate_backend(pid) from pg_stat_activity"
                + " where application_name = 'barman_cloud_backup'");

        assertThat(backup.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(backup.exitValue()).isEqualTo(1);
        s3.assertFailed("lost", "the connection to PostgreSQL was lost");
    }

    @Test
    void aBackupThatWaitsForTheArchiveCanBeInterrupted() throws Exception {
        PostgresCluster.asPostgres("touch", cluster.directory() + "/full");
        try {
            Path errFile = shared.resolve("waiting.err");
            Process backup = startBackup(errFile, "waiting");
            cluster.await(
                    "select count(*) from pg_stat_activity where application_name = 'barman_cloud_backup'"
                            + " and query like '%pg_ls_archive_statusdir()%unnest%'",
                    "1", 60);
            S3BackupBucket.kill("TERM", backup);

            assertThat(backup.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(backup.exitValue()).as(Files.readString(errFile)).isEqualTo(1);
            s3.assertFailed("waiting", "SIGTERM");
            awaitNoSession();
        } finally {
            PostgresCluster.asPostgres("rm", "-f", cluster.directory() + "/full");
        }
    }

    @Test
    void whateverPartCannotBeStoredTheBackupFailsWhole() throws Exception {
        CloudBucket bucket = new CloudBucket();
        for (int part : new int[] {1, 2, 4}) {
            FaultyStore store = new FaultyStore(bucket.memory, part);
            bucket.store = store;
            int code = bucket.run(
                    (args, o, e, stores) -> CloudBackupMain.run(args, Map.of(), o, e, stores),
                    "-S",
                    "5MB",
                    "-d",
                    cluster.conninfo(),
                    "--immediate-checkpoint",
                    CloudBucket.URL,
                    "part" + part);

            assertThat(code).as(bucket.err).isEqualTo(1);
            assertThat(bucket.err).contains("Backup failed uploading data (the store is full)");
            assertThat(bucket.keys("p/part" + part)).singleElement().asString().endsWith("/backup.info");
            assertThat(store.open).hasValue(0);
            awaitNoSession();
        }
    }

    private static int backup(CloudBucket bucket, String name) {
        return bucket.run(
                (args, o, e, stores) -> CloudBackupMain.run(args, Map.of(), o, e, stores),
                "-d",
                cluster.conninfo(),
                "--immediate-checkpoint",
                CloudBucket.URL,
                name);
    }

    @Test
    void aCompletionThatGotLostFailsTheBackupAndLeavesNothingElse() throws Exception {
        for (FaultyStore.Lost lost : FaultyStore.Lost.values()) {
            CloudBucket bucket = new CloudBucket();
            bucket.store = new FaultyStore(bucket.memory, 0).losingCompletions(2, 2, lost, false);

            assertThat(backup(bucket, "main")).as(bucket.err).isEqualTo(1);

            assertThat(bucket.keys()).singleElement().asString().endsWith("/backup.info");
            assertThat(bucket.text(bucket.keys().get(0))).contains("status=FAILED");
            awaitNoSession();
        }
    }

    @Test
    void metadataIsTriedAgainBeforeABackupIsGivenUp() throws Exception {
        CloudBucket bucket = new CloudBucket();
        bucket.store = new FaultyStore(bucket.memory, 0).losingPuts(1, 1, FaultyStore.Lost.REQUEST, true);

        assertThat(backup(bucket, "main")).as(bucket.err).isZero();

        assertThat(bucket.err).contains("is tried again in 2 seconds: no answer");
        assertThat(bucket.keys()).hasSize(3);
        assertThat(bucket.run(CloudBackupListMain::run, CloudBucket.URL, "main"))
                .isZero();
        assertThat(bucket.out).hasLineCount(2);
    }

    @Test
    void metadataOfWhichOnlyTheAnswerGotLostMakesABackup() throws Exception {
        CloudBucket bucket = new CloudBucket();
        bucket.store = new FaultyStore(bucket.memory, 0).losingPuts(1, 1, FaultyStore.Lost.ANSWER, false);

        assertThat(backup(bucket, "main")).as(bucket.err).isZero();

        assertThat(bucket.err).contains("the backup is complete");
        assertThat(bucket.keys()).hasSize(3);
    }

    @Test
    void metadataThatIsRefusedLeavesTheReasonOnly() throws Exception {
        CloudBucket bucket = new CloudBucket();
        bucket.store = new FaultyStore(bucket.memory, 0).losingPuts(1, 1, FaultyStore.Lost.REQUEST, false);

        assertThat(backup(bucket, "main")).isEqualTo(1);

        assertThat(bucket.err).contains("Backup failed uploading data (no answer)");
        assertThat(bucket.keys()).singleElement().asString().endsWith("/backup.info");
        assertThat(bucket.text(bucket.keys().get(0))).contains("status=FAILED");
    }

    @Test
    void whatRemainsWithoutMetadataIsNamedAndCanBeDeleted() throws Exception {
        CloudBucket bucket = new CloudBucket(Clock.offset(Clock.systemUTC(), Duration.ofHours(-25)));
        bucket.store = new FaultyStore(bucket.memory, 0).losingPuts(1, 9, FaultyStore.Lost.REQUEST, false);

        assertThat(backup(bucket, "main")).isEqualTo(1);

        assertThat(bucket.keys()).hasSize(2).allMatch(key -> key.endsWith(".tar"));
        assertThat(bucket.err).contains("The failure could not be recorded").contains(bucket.keys());
        String id = bucket.keys().get(0).split("/")[3];
        assertThat(bucket.err).contains("'barman-cloud-backup-delete --backup-id " + id + "' removes them");
        assertThat(bucket.run(CloudBackupListMain::run, CloudBucket.URL, "main"))
                .isZero();
        assertThat(bucket.out).hasLineCount(1);
        assertThat(bucket.run(CloudBackupDeleteMain::run, "-b", id, CloudBucket.URL, "main"))
                .as(bucket.err)
                .isZero();
        assertThat(bucket.keys()).isEmpty();
    }

    @Test
    void twoBackupsInOneSecondHaveDifferentIds() throws Exception {
        CloudBucket bucket = new CloudBucket();
        for (int i = 0; i < 2; i++) {
            assertThat(bucket.run(
                            (args, o, e, stores) -> CloudBackupMain.run(args, Map.of(), o, e, stores),
                            "-z",
                            "-d",
                            cluster.conninfo(),
                            "--immediate-checkpoint",
                            CloudBucket.URL,
                            "main"))
                    .as(bucket.err)
                    .isZero();
        }
        assertThat(bucket.keys().stream().filter(key -> key.endsWith("backup.info")))
                .hasSize(2);
    }
}
