// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.core.testing.PostgresCluster;
import dev.barman.storage.cloud.s3.S3TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
    private static final String BUCKET = "backup-bucket";
    private static final String URL = "s3://" + BUCKET + "/path";
    private static final Path PEER = Path.of("/usr/bin/barman-cloud-restore");
    /** Fields that Debian's release does not know, and because of which it does not list a backup. */
    private static final List<String> NEWER_FIELDS = List.of(
            "children_backup_ids", "cluster_size", "data_checksums", "encryption", "parent_backup_id", "summarize_wal");

    @TempDir
    static Path shared;

    private static S3TestServer server;
    private static PostgresCluster cluster;
    private static Path archived;

    private String out = "";
    private String err = "";

    /** A command's method of the same name. */
    private interface Command {
        int run(String[] args, PrintStream out, PrintStream err);
    }

    @BeforeAll
    static void start() throws Exception {
        server = S3TestServer.start(Path.of("target/s3proxy/s3proxy.jar").toAbsolutePath(), shared);
        Files.createDirectory(server.objects().resolve(BUCKET));
        cluster = PostgresCluster.create();
        archived = Files.createDirectory(cluster.directory().resolve("archived"));
        if (PostgresCluster.isRoot()) {
            Files.setOwner(archived, Files.getOwner(cluster.directory()));
        }
        // PostgreSQL runs as a user who may not be allowed to read our class path.
        cluster.configure(
                        "archive_mode = on",
                        "archive_command = 'test ! -e " + cluster.directory() + "/full && cp %p " + archived
                                + "/tmp && mv " + archived + "/tmp " + archived + "/%f'")
                .start();
        Path tablespace = Files.createDirectory(cluster.directory().resolve("ts1"));
        if (PostgresCluster.isRoot()) {
            Files.setOwner(tablespace, Files.getOwner(cluster.directory()));
        }
        cluster.sql("create tablespace ts1 location '" + tablespace + "'");
        cluster.sql("create table in_ts (a int, b text) tablespace ts1");
        cluster.sql("create table plain as select i, repeat(md5(i::text), 8) v from generate_series(1, 60000) i");
        cluster.sql("create table load (a int)");
    }

    @AfterAll
    static void stop() throws Exception {
        try (S3TestServer s3 = server) {
            if (cluster != null) {
                cluster.close();
            }
        }
    }

    private static List<String> java(Class<?> main) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                "--endpoint-url",
                server.endpoint().toString());
    }

    private static Process start(Path errFile, List<String> argv) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(argv).redirectErrorStream(true).redirectOutput(errFile.toFile());
        builder.environment().put("AWS_ACCESS_KEY_ID", S3TestServer.ACCESS_KEY);
        builder.environment().put("AWS_SECRET_ACCESS_KEY", S3TestServer.SECRET_KEY);
        builder.environment().put("AWS_CONFIG_FILE", "/dev/null");
        builder.environment().put("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        return builder.start();
    }

    private static Process startBackup(Path errFile, String name, String... options) throws IOException {
        List<String> argv = new ArrayList<>(java(CloudBackupMain.class));
        argv.addAll(List.of("-d", cluster.conninfo(), "--immediate-checkpoint"));
        argv.addAll(Arrays.asList(options));
        argv.addAll(List.of(URL, name));
        return start(errFile, argv);
    }

    private int run(Command command, String... args) {
        List<String> all =
                new ArrayList<>(List.of("--endpoint-url", server.endpoint().toString()));
        all.addAll(Arrays.asList(args));
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        int code = command.run(
                all.toArray(new String[0]), new PrintStream(outBytes, true), new PrintStream(errBytes, true));
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return code;
    }

    private String peer(String program, String... args) throws Exception {
        List<String> argv = new ArrayList<>(List.of(
                "/usr/bin/" + program, "--endpoint-url", server.endpoint().toString()));
        argv.addAll(Arrays.asList(args));
        Path output = Files.createTempFile(shared, "peer", ".out");
        int code = start(output, argv).waitFor();
        String text = Files.readString(output);
        assertThat(code).as(text).isZero();
        return text;
    }

    private static Path base(String name) {
        return server.objects().resolve(BUCKET).resolve("path").resolve(name).resolve("base");
    }

    private static List<String> objects(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> walk = Files.walk(directory)) {
            return walk.filter(Files::isRegularFile)
                    .map(path -> directory.relativize(path).toString())
                    .sorted()
                    .toList();
        }
    }

    /** The files in which the server keeps parts of uploads that are neither complete nor given up. */
    private static List<String> unfinishedParts() throws IOException {
        return objects(server.objects().resolve(BUCKET)).stream()
                .filter(name -> name.startsWith(".mpus-") && name.matches(".*-[0-9]+"))
                .toList();
    }

    private static String onlyId(String name) throws IOException {
        try (Stream<Path> ids = Files.list(base(name))) {
            return ids.map(path -> path.getFileName().toString())
                    .max(String::compareTo)
                    .orElseThrow();
        }
    }

    private static Map<String, String> info(String name) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String line : Files.readAllLines(base(name).resolve(onlyId(name)).resolve("backup.info"))) {
            fields.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
        }
        return fields;
    }

    private static void awaitNoSession() throws IOException {
        cluster.await("select count(*) from pg_stat_activity where application_name = 'barman_cloud_backup'", "0", 20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--gzip", "--bzip2", "--snappy", "-S 5MB"})
    void aBackupUnderLoadIsRestoredAndRecoversToItsPoint(String option) throws Exception {
        assumeTrue(Files.isExecutable(PEER), "Debian's package barman-cli-cloud is not installed");
        String name = "main" + option.replaceAll("\\W", "");
        List<String> options = new ArrayList<>(option.isEmpty() ? List.of() : List.of(option.split(" ")));
        options.addAll(List.of("-n", "nightly", "-d", cluster.conninfo(), "--immediate-checkpoint", URL, name));
        Process load = new ProcessBuilder(
                        PostgresCluster.program("psql"),
                        "-XAtq",
                        "-d",
                        cluster.conninfo() + " application_name=load",
                        "-c",
                        loadScript())
                .redirectErrorStream(true)
                .redirectOutput(shared.resolve("load.out").toFile())
                .start();
        try {
            assertThat(run(CloudBackupMain::run, options.toArray(new String[0])))
                    .as(err)
                    .isZero();
        } finally {
            cluster.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'load'");
            load.waitFor();
            cluster.await("select count(*) from pg_stat_activity where application_name = 'load'", "0", 20);
        }
        assertThat(err).isEmpty();
        cluster.sql("insert into in_ts values (1, 'before')");
        String rows = cluster.sql("select count(*), count(distinct v) from plain");
        String loaded = cluster.sql("select count(*), coalesce(sum(a), 0) from load");
        cluster.sql("select pg_create_restore_point('" + name + "')");
        cluster.sql("insert into in_ts values (2, 'after')");
        cluster.await("select last_archived_wal >= '" + cluster.switchWal() + "' from pg_stat_archiver", "t", 120);
        archiveWal();
        String id = onlyId(name);
        assertThat(info(name))
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
            makeReadableForThePeer(name);
            assertThat(peer("barman-cloud-backup-list", URL, name)).isEqualTo(listing);
            Path theirs = shared.resolve("theirs-" + name);
            peer(
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

    private void archiveWal() throws IOException {
        try (Stream<Path> files = Files.list(archived)) {
            for (Path file : files.sorted().toList()) {
                assertThat(run(
                                (args, o, e) -> CloudWalArchiveMain.run(args, Map.of(), o, e),
                                "-z",
                                URL,
                                "main",
                                file.toString()))
                        .as(err)
                        .isZero();
                Files.delete(file);
            }
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

    /** Debian's release knows fewer fields, and does not list a backup with others. */
    private static void makeReadableForThePeer(String name) throws IOException {
        Path file = base(name).resolve(onlyId(name)).resolve("backup.info");
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        lines.removeIf(line -> NEWER_FIELDS.contains(line.substring(0, line.indexOf('='))));
        Files.write(file, lines);
    }

    private static void recovers(Path target, String point, String rows, String loaded) throws IOException {
        Files.createFile(target.resolve("recovery.signal"));
        Files.writeString(
                target.resolve("postgresql.auto.conf"),
                "archive_mode = off\nrecovery_target_name = '" + point
                        + "'\nrecovery_target_action = promote\nrestore_command = 'env AWS_ACCESS_KEY_ID="
                        + S3TestServer.ACCESS_KEY + " AWS_SECRET_ACCESS_KEY=" + S3TestServer.SECRET_KEY
                        + " AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null"
                        + " /usr/bin/barman-cloud-wal-restore --endpoint-url " + server.endpoint() + " " + URL
                        + " main %f %p'\n");
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
        awaitParts(backup, errFile);
        kill(signal, backup);

        assertThat(backup.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(backup.exitValue()).as(Files.readString(errFile)).isEqualTo(1);
        String words = signal.equals("INT") ? "KeyboardInterrupt" : "SIG" + signal;
        assertThat(Files.readString(errFile)).contains("ERROR: Backup failed uploading data (" + words + ")");
        assertThat(objects(base(name))).containsExactly(onlyId(name) + "/backup.info");
        assertThat(info(name))
                .containsEntry("status", "FAILED")
                .containsEntry("error", "failure uploading data (" + words + ")")
                .containsEntry("end_xlog", "None");
        assertThat(unfinishedParts()).isEmpty();
        awaitNoSession();
        assertThat(run(CloudBackupListMain::run, URL, name)).isZero();
        assertThat(out).hasLineCount(1);
    }

    private static void awaitParts(Process backup, Path errFile) throws Exception {
        for (int i = 0; i < 600 && unfinishedParts().isEmpty(); i++) {
            assertThat(backup.isAlive()).as(Files.readString(errFile)).isTrue();
            Thread.sleep(50);
        }
        assertThat(unfinishedParts()).isNotEmpty();
    }

    private static void kill(String signal, Process process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void afterAKillNothingIsVisibleAndTheNextBackupSucceeds() throws Exception {
        Path errFile = shared.resolve("kill.err");
        Process backup = startBackup(errFile, "killed", "--max-bandwidth", "1MB", "-S", "5MB");
        awaitParts(backup, errFile);
        kill("KILL", backup);
        backup.waitFor();

        try {
            assertThat(objects(base("killed"))).isEmpty();
            assertThat(unfinishedParts()).as("for a rule of the bucket").isNotEmpty();
            awaitNoSession();
            assertThat(startBackup(errFile, "killed").waitFor())
                    .as(Files.readString(errFile))
                    .isZero();
            assertThat(objects(base("killed"))).hasSize(3);
        } finally {
            removeUnfinished();
        }
    }

    /** As a rule of the bucket would. */
    private static void removeUnfinished() throws IOException {
        try (Stream<Path> entries = Files.list(server.objects().resolve(BUCKET))) {
            for (Path entry : entries.toList()) {
                if (entry.getFileName().toString().startsWith(".")) {
                    PostgresCluster.deleteTree(entry);
                }
            }
        }
    }

    @Test
    void aLostConnectionAbortsTheBackup() throws Exception {
        Path errFile = shared.resolve("lost.err");
        Process backup = startBackup(errFile, "lost", "--max-bandwidth", "1MB", "-S", "5MB");
        awaitParts(backup, errFile);
        cluster.sql("select pg_terminate_backend(pid) from pg_stat_activity"
                + " where application_name = 'barman_cloud_backup'");

        assertThat(backup.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(backup.exitValue()).isEqualTo(1);
        assertThat(info("lost"))
                .containsEntry("status", "FAILED")
                .containsEntry("error", "failure uploading data (the connection to PostgreSQL was lost)");
        assertThat(unfinishedParts()).isEmpty();
    }

    @Test
    void aBackupThatWaitsForTheArchiveCanBeInterrupted() throws Exception {
        PostgresCluster.asPostgres("touch", cluster.directory() + "/full");
        try {
            Path errFile = shared.resolve("waiting.err");
            Process backup = startBackup(errFile, "waiting");
            cluster.await(
                    "select wait_event from pg_stat_activity where application_name = 'barman_cloud_backup'",
                    "BackupWaitWalArchive",
                    60);
            kill("TERM", backup);

            assertThat(backup.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(backup.exitValue()).as(Files.readString(errFile)).isEqualTo(1);
            assertThat(info("waiting"))
                    .containsEntry("status", "FAILED")
                    .containsEntry("error", "failure uploading data (SIGTERM)");
            assertThat(objects(base("waiting"))).containsExactly(onlyId("waiting") + "/backup.info");
            assertThat(unfinishedParts()).isEmpty();
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
