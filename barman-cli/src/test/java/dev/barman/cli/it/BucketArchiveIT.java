// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.testing.PostgresCluster;
import dev.barman.storage.cloud.s3.S3TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose WAL archive is in a bucket: the main job, deletion and retention, and a bucket that does not answer. */
class BucketArchiveIT {
    private static final String CONTENT =
            "select count(*) || ' ' || md5(string_agg(id || filler, ',' order by id)) from t";

    @TempDir
    Path directory;

    private S3TestServer store;
    private BarmanHost host;
    private PostgresCluster primary;

    @BeforeEach
    void start() throws Exception {
        store = S3TestServer.start(Path.of(Objects.requireNonNull(System.getProperty("s3proxy.jar"))), directory);
        Files.createDirectory(store.objects().resolve("bucket"));
        host = BarmanHost.create().environment(environment(store.endpoint().toString()));
        primary = PostgresCluster.create(1);
    }

    @AfterEach
    void stop() throws Exception {
        primary.close();
        host.close();
        store.close();
    }

    private static Map<String, String> environment(String endpoint) {
        return Map.of(
                "AWS_ENDPOINT_URL_S3",
                endpoint,
                "AWS_ACCESS_KEY_ID",
                S3TestServer.ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY",
                S3TestServer.SECRET_KEY,
                "AWS_REGION",
                "us-east-1");
    }

    private void configure(String... options) throws IOException {
        Map<String, String> server = new TreeMap<>(Map.of(
                "archiver", "on",
                "compression", "gzip",
                "wals_directory", "s3://bucket/archive"));
        for (String option : options) {
            server.put(option.substring(0, option.indexOf('=')), option.substring(option.indexOf('=') + 1));
        }
        host.configure(primary, server);
        primary.configure("archive_mode = on", host.copyingArchiveCommand()).start();
        primary.sql("create table t(id int, filler text)");
    }

    /** The names of the WAL files in the bucket, without the suffix that they all have. */
    private List<String> objects() throws IOException {
        Path wals = store.objects().resolve("bucket/archive/main/wals");
        if (!Files.exists(wals)) {
            return List.of();
        }
        List<String> names = S3TestServer.objectsBelow(wals).stream()
                .map(file -> file.getFileName().toString())
                .sorted()
                .toList();
        assertThat(names).allMatch(name -> name.endsWith(".gz"));
        return names.stream().map(name -> name.substring(0, name.length() - 3)).toList();
    }

    private byte[] stored(String wal) throws IOException {
        Path object = store.objects().resolve("bucket/archive/main/wals/" + wal.substring(0, 16) + "/" + wal + ".gz");
        try (InputStream in = new GZIPInputStream(Files.newInputStream(object))) {
            return in.readAllBytes();
        }
    }

    private Path index() throws IOException {
        try (Stream<Path> files = Files.list(host.home().resolve("main/meta"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("wal-index-"))
                    .findFirst()
                    .orElseThrow()
                    .resolve("main-xlog.db");
        }
    }

    private List<String> indexed() throws IOException {
        return Files.readAllLines(index()).stream()
                .map(line -> line.substring(0, line.indexOf('\t')))
                .toList();
    }

    private void insert(int from, int to) throws IOException {
        primary.sql(
                "insert into t select i, repeat(md5(i::text), 10) from generate_series(" + from + ", " + to + ") i");
    }

    /** Makes PostgreSQL archive what there is, and waits until the bucket has it. */
    private void archiveAll() throws Exception {
        String last = primary.switchWal();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!objects().contains(last)) {
            assertThat(System.nanoTime()).describedAs(host.logText()).isLessThan(end);
            host.barman("archive-wal", "main").ok();
            Thread.sleep(100);
        }
        assertThat(objects()).containsExactlyInAnyOrderElementsOf(indexed());
    }

    private String backup() throws IOException {
        host.barman("backup", "--wait", "main").ok();
        return host.barman("list-backups", "--minimal", "main")
                .ok()
                .out()
                .lines()
                .findFirst()
                .orElseThrow();
    }

    private void firstWal() throws Exception {
        host.barman("switch-wal", "--force", "--archive", "main").ok();
    }

    @Test
    void archivedBackedUpRestoredAndFetchedOutOfTheBucket() throws Exception {
        configure();
        firstWal();
        assertThat(host.barman("check", "main").ok().out()).contains("\tWAL bucket: OK\n");
        String id = backup();
        insert(1, 3000);
        primary.sql("select pg_create_restore_point('here')");
        String wanted = primary.sql(CONTENT);
        insert(3001, 4000);
        String all = primary.sql(CONTENT);
        archiveAll();
        assertThat(Files.list(host.incoming())).isEmpty();
        assertThat(host.home().resolve("main/wals")).doesNotExist();
        assertThat(host.barman("check-backup", "main", id).ok().err()).isEmpty();

        Path copied = host.directory().resolve("restored/data");
        host.barman("restore", "--target-name", "here", "--target-action", "promote", "main", id, copied.toString())
                .ok();
        try (PostgresCluster restored = PostgresCluster.adopt(copied)) {
            restored.start();
            restored.await("select pg_is_in_recovery()", "f", 60);
            assertThat(restored.sql(CONTENT)).isEqualTo(wanted);
        }

        fetchedByRestoreCommand(id, all);
        askedForSingleFiles(id);
    }

    private void fetchedByRestoreCommand(String id, String wanted) throws Exception {
        Path fetching = host.directory().resolve("fetching/data");
        host.barman("restore", "--get-wal", "main", id, fetching.toString()).ok();
        StringBuilder command = new StringBuilder("env");
        environment(store.endpoint().toString())
                .forEach((name, value) ->
                        command.append(' ').append(name).append('=').append(value));
        command.append(' ').append(host.wrapperForAnyUser()).append(" get-wal main %f > %p");
        Files.writeString(
                fetching.resolve("postgresql.auto.conf"),
                "\nrestore_command = '" + command + "'\n",
                StandardOpenOption.APPEND);
        try (PostgresCluster restored = PostgresCluster.adopt(fetching)) {
            restored.start();
            restored.await("select pg_is_in_recovery()", "f", 120);
            assertThat(restored.sql(CONTENT)).isEqualTo(wanted);
        }
    }

    private void askedForSingleFiles(String id) throws Exception {
        List<String> segments =
                indexed().stream().filter(name -> name.length() == 24).sorted().toList();
        String wal = segments.get(segments.size() - 1);
        Path target = Files.createDirectory(host.directory().resolve("got"));
        host.barman("get-wal", "-o", target.toString(), "main", wal).ok();
        assertThat(target.resolve(wal)).hasBinaryContent(stored(wal));
        assertThat(host.barman("get-wal", "--peek", "3", "main", segments.get(0))
                        .ok()
                        .out())
                .isEqualTo(String.join("\n", segments.subList(0, 3)) + "\n");
        BarmanHost.Result absent = host.barman("get-wal", "main", "0000000900000000000000FF");
        assertThat(absent.exit()).isEqualTo(1);
        assertThat(absent.err()).contains("WAL file '0000000900000000000000FF' not found in server 'main'");

        assertThat(host.barman("list-files", "--target", "wal", "main", id).ok().out())
                .contains("s3://bucket/archive/main/wals/" + wal.substring(0, 16) + "/" + wal + ".gz\n");

        List<String> before = indexed();
        host.barman("rebuild-xlogdb", "main").ok();
        assertThat(indexed()).containsExactlyInAnyOrderElementsOf(before);
        assertThat(Files.readString(index())).contains("\tgzip\tNone\n");
    }

    @Test
    void deletionAndRetentionTakeTheirWalOutOfTheBucket() throws Exception {
        configure("retention_policy=REDUNDANCY 1", "minimum_redundancy=0");
        firstWal();
        String first = backup();
        insert(1, 1000);
        archiveAll();
        String second = backup();
        insert(1001, 2000);
        archiveAll();
        List<String> before = objects();

        host.barman("delete", "main", first).ok();

        assertThat(objects()).containsExactlyInAnyOrderElementsOf(indexed()).hasSizeLessThan(before.size());
        String needed = field(second, "begin_wal=");
        assertThat(objects()).contains(needed).allMatch(name -> name.compareTo(needed) >= 0);

        String third = backup();
        archiveAll();
        host.barman("cron").ok();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        String oldest = field(third, "begin_wal=");
        while (objects().stream().anyMatch(name -> name.compareTo(oldest) < 0)) {
            assertThat(System.nanoTime()).describedAs(host.logText()).isLessThan(end);
            Thread.sleep(200);
        }
        assertThat(host.barman("list-backups", "--minimal", "main").ok().out()).isEqualTo(third + "\n");
        assertThat(objects()).contains(oldest).containsExactlyInAnyOrderElementsOf(indexed());
    }

    @Test
    void walThatBackupsOfTheCloudCommandsMayNeedStaysInTheBucket() throws Exception {
        configure("minimum_redundancy=0");
        firstWal();
        String first = backup();
        archiveAll();
        String second = backup();
        archiveAll();
        List<String> before = objects();
        Path foreign = store.objects().resolve("bucket/archive/main/base/20261101T100000/data.tar");
        Files.createDirectories(foreign.getParent());
        Files.writeString(foreign, "archive");
        String what = "base backups of barman-cloud-backup are kept at the same place"
                + " (s3://bucket/archive/main/base/20261101T100000/data.tar)";

        BarmanHost.Result check = host.barman("check", "main");
        assertThat(check.exit()).isEqualTo(1);
        assertThat(check.out()).contains("\tWAL bucket: FAILED (" + what, "another URL or server name");

        assertThat(host.barman("delete", "main", first).ok().err()).contains("WARNING: Keeping ", what);

        assertThat(host.barman("list-backups", "--minimal", "main").ok().out()).isEqualTo(second + "\n");
        assertThat(objects()).isEqualTo(before).containsExactlyInAnyOrderElementsOf(indexed());
        String third = backup();
        archiveAll();

        Files.delete(foreign);
        assertThat(host.barman("check", "main").out()).contains("\tWAL bucket: OK\n");
        host.barman("delete", "main", second).ok();
        String needed = field(third, "begin_wal=");
        assertThat(objects())
                .contains(needed)
                .allMatch(name -> name.compareTo(needed) >= 0)
                .containsExactlyInAnyOrderElementsOf(indexed());
    }

    private String field(String backup, String beginning) throws IOException {
        return Files.readAllLines(host.home().resolve("main/meta/" + backup + "-backup.info")).stream()
                .filter(line -> line.startsWith(beginning))
                .map(line -> line.substring(beginning.length()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void bucketThatDoesNotAnswerLosesNothingAndIsNotAnAbsentWal() throws Exception {
        configure("minimum_redundancy=0");
        firstWal();
        String id = backup();
        List<String> archived = indexed();
        String wal = archived.get(0);
        List<String> objects = objects();
        insert(1, 1000);
        String waiting = primary.switchWal();
        primary.await("select last_archived_wal >= '" + waiting + "' from pg_stat_archiver", "t", 30);
        host.environment(environment("http://127.0.0.1:" + PostgresCluster.freePort()));

        BarmanHost.Result archiving = host.barman("archive-wal", "main");
        assertThat(archiving.exit()).isEqualTo(1);
        assertThat(archiving.err()).contains("Cannot archive", "s3://bucket/archive/main/wals", "Nothing was lost");
        assertThat(host.incoming().resolve(waiting)).exists();
        assertThat(indexed()).isEqualTo(archived);
        BarmanHost.Result getting = host.barman("get-wal", "main", wal);
        assertThat(getting.exit()).isEqualTo(1);
        assertThat(getting.err()).doesNotContain("not found in server");
        Path target = Files.createDirectory(host.directory().resolve("got"));
        host.barman("get-wal", "-o", target.toString(), "main", waiting).ok();
        assertThat(target.resolve(waiting))
                .hasSameBinaryContentAs(host.incoming().resolve(waiting));
        assertThat(host.barman("check", "main").out()).contains("\tWAL bucket: FAILED (");
        assertThat(host.barman("delete", "main", id).err()).contains("no answer", "Nothing was deleted");
        assertThat(host.barman("list-backups", "--minimal", "main").ok().out()).isEqualTo(id + "\n");
        assertThat(indexed()).isEqualTo(archived);

        host.environment(environment(store.endpoint().toString()));
        archiveAll();
        assertThat(objects()).containsAll(objects).contains(waiting);
        host.barman("delete", "main", id).ok();
    }

    @Test
    void killedAtAnyMomentTheNextRunFinishesTheWork() throws Exception {
        configure();
        firstWal();
        long seed = Long.getLong("seed", ThreadLocalRandom.current().nextLong(1_000_000));
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<String> expected = new ArrayList<>();
        for (int round = 0; round < 8; round++) {
            for (int i = 0; i < 12; i++) {
                primary.sql("insert into t values (" + i + ", 'x')");
                expected.add(primary.switchWal());
            }
            primary.await(
                    "select last_archived_wal >= '" + expected.get(expected.size() - 1) + "' from pg_stat_archiver",
                    "t",
                    60);
            Process pass = host.start("archive-wal", "main");
            pass.waitFor(200 + random.nextInt(2500), TimeUnit.MILLISECONDS);
            pass.destroyForcibly().waitFor();
            assertThat(objects()).containsAll(indexed());
            List<String> sources;
            try (Stream<Path> files = Files.list(host.incoming())) {
                sources = files.map(file -> file.getFileName().toString()).toList();
            }
            assertThat(Stream.concat(sources.stream(), indexed().stream())).containsAll(expected);
        }

        archiveAll();

        assertThat(indexed()).doesNotHaveDuplicates().containsAll(expected).isSorted();
        assertThat(Files.list(host.incoming())).isEmpty();
        assertThat(host.home().resolve("main/errors")).doesNotExist();
    }
}
