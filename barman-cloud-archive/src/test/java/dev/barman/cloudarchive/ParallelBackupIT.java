// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.core.testing.PostgresCluster;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A cluster that is large enough for three objects at a time: its backup under load, what each of the objects has, both restores of it, and what
 * remains of a backup that is broken off while all three are being sent.
 */
class ParallelBackupIT {
    private static final String URL = S3BackupBucket.URL;
    private static final int WRITERS = 3;
    private static final long CLUSTER_BYTES = WRITERS * (128L << 20);
    /** One row takes a page. */
    private static final int WIDE_ROWS = (110 << 20) / 8192;

    private static final int WIDE_TABLES = 3;
    private static final String LOAD = "do $$ begin for n in 1..100000 loop insert into load values (n);"
            + " update narrow set v = v + 1 where i = 1 + n * 7919 % 500000; commit; perform pg_sleep(0.005); end loop; end $$";
    private static final String DIGEST = "select count(*), sum(hashtext(v)::bigint) from wide0 union all"
            + " select count(*), sum(hashtext(v)::bigint) from wide1 union all"
            + " select count(*), sum(hashtext(v)::bigint) from wide2 union all"
            + " select count(*), sum(hashtext(v)::bigint) from in_ts union all"
            + " select count(*), sum(v * i) from narrow union all"
            + " select count(*), coalesce(sum(a), 0) from load";
    /** One of the lines of {@link #DIGEST}, by way of the index. */
    private static final String BY_INDEX = "set enable_seqscan = off; set enable_bitmapscan = off;"
            + " select count(*), sum(v * i) from narrow where i > 0";

    @TempDir
    static Path shared;

    private static S3BackupBucket s3;
    private static PostgresCluster cluster;
    private static Path archived;
    private static Path configFile;

    @BeforeAll
    static void start() throws Exception {
        s3 = S3BackupBucket.start(shared);
        cluster = PostgresCluster.create();
        archived = S3BackupBucket.directoryOf(cluster, "archived");
        // No WAL of the data, which is there before the archive.
        cluster.configure("wal_level = minimal", "max_wal_senders = 0").start();
        cluster.sql("create tablespace ts1 location '" + S3BackupBucket.directoryOf(cluster, "ts1") + "'");
        for (int i = 0; i < WIDE_TABLES; i++) {
            fill("wide" + i, "", WIDE_ROWS);
        }
        fill("in_ts", "tablespace ts1", WIDE_ROWS / 4);
        cluster.sql("create table narrow as select i, i::bigint v from generate_series(1, 500000) i");
        cluster.sql("create unique index on narrow (i)");
        cluster.sql("create table load (a int)");
        cluster.stop();
        cluster.configure(
                "wal_level = replica",
                "max_wal_senders = 10",
                "archive_mode = on",
                "archive_command = '" + S3BackupBucket.archiveCommand(archived) + "'");
        configFile = S3BackupBucket.directoryOf(cluster, "etc").resolve("postgresql.conf");
        Path inside = cluster.data().resolve("postgresql.conf");
        Files.move(inside, configFile);
        Files.writeString(inside, "this = 'stale, and PostgreSQL refuses it'\n");
        cluster.startWith("-c config_file=" + configFile);
    }

    private static void fill(String table, String where, int rows) throws IOException {
        cluster.sql("create table " + table + " (i int, v text) " + where + "; alter table " + table
                + " alter v set storage plain; insert into " + table
                + " select i, repeat(md5(i::text), 240) from generate_series(1, " + rows + ") i");
    }

    @AfterAll
    static void stop() throws Exception {
        try (S3BackupBucket bucket = s3) {
            if (cluster != null) {
                cluster.close();
            }
        }
    }

    private static int run(S3BackupBucket.Command command, String... args) {
        return s3.run(command, args);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-z"})
    void severalObjectsAtATimeMakeUpOneBackup(String option) throws Exception {
        assumeTrue(S3BackupBucket.hasPeer(), "Debian's package barman-cli-cloud is not installed");
        String name = "main" + option;
        List<String> options = new ArrayList<>(option.isEmpty() ? List.of() : List.of(option));
        options.addAll(List.of("-J", Integer.toString(WRITERS), "-d", cluster.conninfo()));
        options.addAll(List.of("--immediate-checkpoint", URL, name));
        String before = cluster.sql("select count(*) from load");
        try (ServerLoad ignored = ServerLoad.start(cluster, shared.resolve("load.out"), LOAD)) {
            assertThat(run(CloudBackupMain::run, options.toArray(new String[0])))
                    .as(s3.err)
                    .isZero();
        }
        assertThat(s3.err).isEmpty();
        assertThat(cluster.sql("select count(*) from load")).isNotEqualTo(before);
        assertThat(s3.info(name)).containsEntry("status", "DONE").containsEntry("error", "None");
        assertThat(Long.parseLong(s3.info(name).get("cluster_size"))).isGreaterThan(CLUSTER_BYTES);
        assertThat(s3.unfinishedParts(name)).isEmpty();
        String suffix = option.isEmpty() ? ".tar" : ".tar.gz";
        checkData(s3.newest(name), suffix);
        checkTablespace(s3.newest(name), suffix);

        cluster.sql("select pg_create_restore_point('" + name + "')");
        String digest = cluster.sql(DIGEST);
        cluster.sql("insert into load values (-1)");
        cluster.await("select last_archived_wal >= '" + cluster.switchWal() + "' from pg_stat_archiver", "t", 60);
        s3.archiveWal(archived);
        Path ours = shared.resolve("ours" + option);
        Path oursTablespace = shared.resolve("ours-ts" + option);
        assertThat(run(
                        CloudRestoreMain::run,
                        "--tablespace",
                        "ts1:" + oursTablespace,
                        URL,
                        name,
                        s3.newestId(name),
                        ours.toString()))
                .as(s3.err)
                .isZero();
        assertThat(s3.err).isEmpty();
        assertThat(ours.resolve("postgresql.conf")).hasSameBinaryContentAs(configFile);
        if (option.isEmpty()) {
            Path theirs = shared.resolve("theirs");
            Path theirTablespace = shared.resolve("theirs-ts");
            s3.makeReadableForThePeer(name);
            s3.peer(
                    "barman-cloud-restore",
                    "--tablespace",
                    "ts1:" + theirTablespace,
                    URL,
                    name,
                    s3.newestId(name),
                    theirs.toString());
            assertSameFiles(ours, theirs);
            assertSameFiles(oursTablespace, theirTablespace);
            PostgresCluster.deleteTree(theirs);
            PostgresCluster.deleteTree(theirTablespace);
        }
        recovers(ours, name, digest);
        PostgresCluster.deleteTree(ours);
        PostgresCluster.deleteTree(oursTablespace);
    }

    /** The entries of an object, which is a complete tar, in its order: directories with a slash at the end. */
    private static List<String> entries(Path object) throws Exception {
        Path listing = Files.createTempFile(shared, "tar", ".out");
        int code = new ProcessBuilder("tar", "-tf", object.toString())
                .redirectErrorStream(true)
                .redirectOutput(listing.toFile())
                .start()
                .waitFor();
        assertThat(code).as(Files.readString(listing)).isZero();
        if (object.toString().endsWith(".tar")) {
            try (RandomAccessFile file = new RandomAccessFile(object.toFile(), "r")) {
                byte[] end = new byte[1024];
                file.seek(file.length() - end.length);
                file.readFully(end);
                assertThat(end).as("end of " + object).containsOnly(0);
            }
        }
        return Files.readAllLines(listing).stream()
                .map(line -> line.equals("./") ? line : line.replaceFirst("^\\./", ""))
                .toList();
    }

    /** The objects of an archive in the order of their numbers, which have no gap. */
    private static List<Path> objects(Path backup, String archive, String suffix) throws IOException {
        List<String> names;
        try (Stream<Path> files = Files.list(backup)) {
            names = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(archive))
                    .sorted()
                    .toList();
        }
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            expected.add(archive + (i == 0 ? "" : String.format("_%04d", i)) + suffix);
        }
        assertThat(names).hasSizeLessThanOrEqualTo(WRITERS).containsExactlyInAnyOrderElementsOf(expected);
        return expected.stream().map(backup::resolve).toList();
    }

    /**
     * The files of an object, the directory of each of which it has before it; what was added last needs none.
     *
     * @param root the directory that all are in, if it is an entry
     */
    private static List<String> files(List<String> entries, String root, List<String> last) {
        Set<String> directories = new HashSet<>();
        List<String> files = new ArrayList<>();
        for (String entry : entries) {
            boolean isDirectory = entry.endsWith("/");
            if (!last.contains(entry) && !entry.equals(root)) {
                String path = isDirectory ? entry.substring(0, entry.length() - 1) : entry;
                String parent = path.substring(0, path.lastIndexOf('/') + 1);
                assertThat(parent.isEmpty() ? List.of(root) : List.of(parent))
                        .as(entry)
                        .allMatch(directory -> directory.isEmpty() || directories.contains(directory));
            }
            if (isDirectory) {
                assertThat(directories.add(entry))
                        .as("second entry of " + entry)
                        .isTrue();
            } else {
                files.add(entry);
            }
        }
        return files;
    }

    private static void checkData(Path backup, String suffix) throws Exception {
        List<String> last = List.of("global/pg_control", "postgresql.conf", "backup_label");
        List<Path> objects = objects(backup, "data", suffix);
        assertThat(objects).hasSizeGreaterThan(1);
        List<String> all = new ArrayList<>();
        for (Path object : objects) {
            List<String> files = files(entries(object), "./", last);
            if (object.equals(objects.get(objects.size() - 1))) {
                assertThat(files).endsWith(last.toArray(new String[0]));
                files = files.subList(0, files.size() - last.size());
            }
            all.addAll(files);
        }
        // That of PGDATA, which counts for less than the one that is used.
        assertThat(all).doesNotHaveDuplicates().contains("postgresql.conf", "PG_VERSION", relation("wide0"));
        assertThat(all).contains(relation("wide1"), relation("wide2"), relation("narrow"), relation("narrow_i_idx"));
        assertThat(all).doesNotContain("global/pg_control", "backup_label", "postmaster.pid");
    }

    private static void checkTablespace(Path backup, String suffix) throws Exception {
        String oid = cluster.sql("select oid from pg_tablespace where spcname = 'ts1'");
        List<String> all = new ArrayList<>();
        for (Path object : objects(backup, oid, suffix)) {
            all.addAll(files(entries(object), "", List.of()));
        }
        String path = relation("in_ts");
        assertThat(all).doesNotHaveDuplicates().contains(path.substring(path.indexOf("PG_")));
    }

    private static String relation(String name) throws IOException {
        return cluster.sql("select pg_relation_filepath('" + name + "')");
    }

    private static void assertSameFiles(Path one, Path other) throws IOException {
        Set<String> names = new TreeSet<>(S3BackupBucket.files(one));
        assertThat(names).isNotEmpty().isEqualTo(new TreeSet<>(S3BackupBucket.files(other)));
        List<String> different = new ArrayList<>();
        for (String name : names) {
            if (Files.mismatch(one.resolve(name), other.resolve(name)) >= 0) {
                different.add(name);
            }
        }
        assertThat(different).isEmpty();
    }

    private static void recovers(Path target, String point, String digest) throws IOException {
        s3.recoverTo(target, point);
        try (PostgresCluster restored = PostgresCluster.adopt(target)) {
            restored.start();
            restored.await("select pg_is_in_recovery()", "f", 60);
            assertThat(restored.sql(DIGEST)).isEqualTo(digest);
            assertThat(digest.lines()).contains(restored.sql(BY_INDEX));
        }
    }

    private interface Blow {
        void strike(Process backup) throws Exception;
    }

    /** Breaks off a slow backup when parts of as many objects of the data directory as there are threads are in the bucket. */
    private static void breakOff(String name, Blow blow, String reason) throws Exception {
        Path errFile = shared.resolve(name + ".err");
        // The maximum makes the parts small.
        Process backup = s3.startBackup(
                cluster, errFile, name, "-J", Integer.toString(WRITERS), "--max-bandwidth", "8MB", "-S", "1GB");
        try {
            s3.awaitUploads(name, "data", WRITERS, backup, errFile);
            blow.strike(backup);
            assertThat(backup.waitFor(30, TimeUnit.SECONDS))
                    .as(Files.readString(errFile))
                    .isTrue();
        } finally {
            if (backup.isAlive()) {
                backup.destroyForcibly().waitFor();
                s3.removeUnfinished();
            }
        }
        String printed = Files.readString(errFile);
        assertThat(backup.exitValue()).as(printed).isEqualTo(1);
        assertThat(printed).contains("ERROR: Backup failed uploading data (" + reason + ")");
        s3.assertFailed(name, reason);
        cluster.await("select count(*) from pg_stat_activity where application_name = 'barman_cloud_backup'", "0", 20);
    }

    @Test
    void aSignalEndsAllThreadsAndLeavesNothing() throws Exception {
        breakOff("signal", backup -> S3BackupBucket.kill("TERM", backup), "SIGTERM");
    }

    @Test
    void aLostConnectionEndsAllThreadsAndLeavesNothing() throws Exception {
        breakOff(
                "lost",
                backup -> assertThat(cluster.sql("select pg_terminate_backend(pid) from pg_stat_activity"
                                + " where application_name = 'barman_cloud_backup'"))
                        .isEqualTo("t"),
                "the connection to PostgreSQL was lost");
    }
}
