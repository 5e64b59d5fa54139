// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.testing.PostgresCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Archive, back up and restore a real server, for every segment size and compression, by archive_command and by streaming. */
class MainJobIT {
    @ParameterizedTest(name = "segments of {0} MiB, compression {1}")
    @CsvSource({"1,gzip", "16,''", "64,zstd"})
    void archivedByArchiveCommandComesBack(int segmentMiB, String compression) throws Exception {
        try (BarmanHost host = BarmanHost.create();
                PostgresCluster primary = PostgresCluster.create(segmentMiB)) {
            host.configure(primary, options("archiver", "on", compression));
            primary.configure("archive_mode = on", host.copyingArchiveCommand()).start();
            mainJob(host, primary);
            assertThat(Files.list(host.incoming())).isEmpty();
        }
    }

    @ParameterizedTest(name = "segments of {0} MiB, compression {1}")
    @CsvSource({"1,lz4", "16,gzip", "64,''"})
    void streamedWalComesBack(int segmentMiB, String compression) throws Exception {
        try (BarmanHost host = BarmanHost.create();
                PostgresCluster primary = PostgresCluster.create(segmentMiB).start()) {
            Map<String, String> options = options("streaming_archiver", "on", compression);
            options.put("slot_name", "barman");
            host.configure(primary, options);
            host.barman("receive-wal", "--create-slot", "main").ok();
            Process receiver = host.start("receive-wal", "main");
            primary.await("select active from pg_replication_slots where slot_name = 'barman'", "t", 30);
            mainJob(host, primary);
            assertThat(receiver.isAlive()).isTrue();
            host.barman("receive-wal", "--stop", "main").ok();
            assertThat(receiver.waitFor(20, TimeUnit.SECONDS)).isTrue();
            host.barman("receive-wal", "--drop-slot", "main").ok();
            assertThat(primary.sql("select count(*) from pg_replication_slots")).isEqualTo("0");
        }
    }

    @Test
    void shippedByBarmanWalArchiveComesBack() throws Exception {
        try (BarmanHost host = BarmanHost.create();
                PostgresCluster primary = PostgresCluster.create(1)) {
            host.configure(primary, options("archiver", "on", "zstd"));
            Path barman = host.wrapperForAnyUser();
            primary.configure(
                            "archive_mode = on",
                            "archive_command = '" + barman.resolveSibling("barman-wal-archive")
                                    + " --zstd --local-command " + barman + " localhost main %p'")
                    .start();
            mainJob(host, primary);
        }
    }

    /** The setting is changed between the backup and the WAL that follows it. */
    @ParameterizedTest
    @CsvSource({"gzip, pygzip", "pigz, bzip2", "pybzip2, xz", "zstd, lz4", "snappy, custom"})
    void everyCompressionIsArchivedAndRestored(String first, String second) throws Exception {
        try (BarmanHost host = BarmanHost.create();
                PostgresCluster primary = PostgresCluster.create(1)) {
            host.configure(primary, options("archiver", "on", first));
            primary.configure("archive_mode = on", host.copyingArchiveCommand()).start();
            mainJob(host, primary, () -> host.configure(primary, options("archiver", "on", second)));
            assertThat(Files.readString(host.wals().resolve("main-xlog.db")))
                    .contains("\t" + first + "\tNone\n", "\t" + second + "\tNone\n");
        }
    }

    private static Map<String, String> options(String archiver, String value, String compression) {
        Map<String, String> options = new HashMap<>();
        options.put(archiver, value);
        if (!compression.isEmpty()) {
            options.put("compression", compression);
        }
        if (compression.equals("custom")) {
            options.put("custom_compression_filter", "gzip -9");
            options.put("custom_decompression_filter", "gzip -dc");
        }
        return options;
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void mainJob(BarmanHost host, PostgresCluster primary) throws IOException {
        mainJob(host, primary, () -> {});
    }

    private static void mainJob(BarmanHost host, PostgresCluster primary, Step afterBackup) throws IOException {
        primary.sql("create table t(id int, filler text)");
        primary.sql("insert into t select i, repeat(md5(i::text), 10) from generate_series(1, 2000) i");
        host.barman("switch-wal", "--force", "--archive", "main").ok();
        host.barman("check", "main").ok();
        host.barman("backup", "--wait", "main").ok();
        assertThat(host.barman("list-backups", "--minimal", "main").ok().out()).hasSize("20261120T111556\n".length());
        afterBackup.run();
        host.barman("check", "main").ok();
        primary.sql("insert into t select i, repeat(md5(i::text), 10) from generate_series(2001, 3000) i");
        String wanted = primary.sql("select count(*) || ' ' || md5(string_agg(id || filler, ',' order by id)) from t");
        String last = primary.switchWal();
        primary.sql("select pg_switch_wal(), txid_current()");
        awaitArchived(host, last);
        assertThat(host.indexedNames()).doesNotHaveDuplicates();
        assertThat(host.archivedFiles()).containsExactlyInAnyOrderElementsOf(host.indexedNames());

        host.barman("check-backup", "main", "latest").ok();
        Path destination = host.directory().resolve("restored/data");
        BarmanHost.Result report =
                host.barman("restore", "main", "latest", destination.toString()).ok();
        assertThat(report.out()).contains("Your PostgreSQL server has been successfully prepared for recovery!");
        try (PostgresCluster restored = PostgresCluster.adopt(destination)) {
            restored.start();
            assertThat(restored.sql("select count(*) || ' ' || md5(string_agg(id || filler, ',' order by id)) from t"))
                    .isEqualTo(wanted);
        }
        host.barman("delete", "main", "latest").ok();
        assertThat(host.barman("list-backups", "main").ok().out()).isEmpty();
    }

    private static void awaitArchived(BarmanHost host, String wal) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        do {
            host.barman("archive-wal", "main").ok();
            if (host.indexedNames().contains(wal)) {
                return;
            }
            try {
                Thread.sleep(200);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        } while (System.nanoTime() < end);
        throw new AssertionError(wal + " was not archived in time: " + List.of(host.logText()));
    }
}
