// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.testing.PostgresCluster;
import dev.barman.storage.cloud.s3.S3TestServer;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A real PostgreSQL server archives with {@code --parallel 8} to a real S3 server: a backlog, SIGKILL at random for program, launcher and
 * server, a promotion.
 */
class ParallelCloudArchivingIT {
    private static final int PARALLEL = 8;
    private static final int MAX_BACKLOG = 40;
    /** Of so many rounds one ends a launcher and one the server, the others end a program. */
    private static final int CRASH_ROUNDS = 5;

    @TempDir
    static Path shared;

    private static S3TestServer store;
    private static int buckets;

    @BeforeAll
    static void startStore() throws Exception {
        store = S3TestServer.start(Path.of("target/s3proxy/s3proxy.jar").toAbsolutePath(), shared);
    }

    @AfterAll
    static void stopStore() throws Exception {
        if (store != null) {
            store.close();
        }
    }

    private static CloudArchivingCluster archiving(PostgresCluster cluster) throws IOException {
        Path bucket = Files.createDirectory(store.objects().resolve("bucket-" + ++buckets));
        return new CloudArchivingCluster(cluster.directory().resolve("archiving"), store, bucket, PARALLEL);
    }

    /** Fills and finishes segments. */
    private static void writeSegments(PostgresCluster cluster, int count) throws IOException {
        cluster.sql("do $$ begin for i in 1.." + count
                + " loop perform pg_logical_emit_message(false, 'test', repeat(md5(i::text), 4000));"
                + " perform pg_switch_wal(); end loop; end $$");
    }

    /** Segments of one timeline in the order of the index follow each other. */
    private static void assertNoGap(List<String> segments, int sizeMiB) {
        WalSegmentSize size = WalSegmentSize.of((long) sizeMiB << 20);
        for (int i = 1; i < segments.size(); i++) {
            assertThat(segments.get(i))
                    .isEqualTo(
                            WalSegmentName.parse(segments.get(i - 1)).next(size).text());
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 200", "16, 10"})
    void backlogIsArchivedInOrderWithFewStarts(int sizeMiB, int count) throws Exception {
        try (PostgresCluster cluster = PostgresCluster.create(sizeMiB)) {
            CloudArchivingCluster archiving = archiving(cluster);
            cluster.configure("archive_mode = on", "archive_command = '" + archiving.command() + "'")
                    .start();
            writeSegments(cluster, count);
            archiving.open();
            archiving.awaitEnd(cluster, 120);

            archiving.assertComplete();
            List<String> index = archiving.index();
            assertThat(index).hasSizeGreaterThanOrEqualTo(count);
            assertNoGap(index, sizeMiB);
            assertThat(archiving.order()).isEqualTo(index);
            assertThat(archiving.starts()).hasSizeLessThanOrEqualTo(index.size() / PARALLEL + 2);
        }
    }

    @Test
    void killedAtRandomNothingIsLostAndTheIndexHasNoHole() throws Exception {
        int seconds = Integer.parseInt(System.getenv().getOrDefault("SOAK_SECONDS", "60"));
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (PostgresCluster cluster = PostgresCluster.create(1)) {
            CloudArchivingCluster archiving = archiving(cluster);
            cluster.configure("archive_mode = on", "archive_command = '" + archiving.command() + "'")
                    .start();
            archiving.open();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            int kills = 0;
            int launchers = 0;
            int crashes = 0;
            int round = 0;
            String victim = "";
            while (System.nanoTime() < end) {
                // As much as keeps a backlog.
                if (archiving.waiting(cluster) < MAX_BACKLOG) {
                    writeSegments(cluster, 1 + random.nextInt(2 * PARALLEL));
                }
                List<String> starts = archiving.starts();
                String newest = starts.isEmpty() ? "" : starts.get(starts.size() - 1);
                if (!newest.equals(victim)) {
                    // Wherever it is by now: starting, asking, uploading, writing the index or the record.
                    Thread.sleep(random.nextInt(1200));
                    victim = newest;
                    long java = Long.parseLong(victim.substring(0, victim.indexOf(' ')));
                    long launcher = Long.parseLong(victim.substring(victim.indexOf(' ') + 1));
                    switch (round++ % CRASH_ROUNDS) {
                        case 1 -> {
                            // The program goes on without its launcher, beside the calls of the server that is started
                            // again: by itself
                            // that would wait for ten seconds after such an end of its archiver.
                            launchers += kill(launcher);
                            restart(cluster);
                        }
                        case 3 -> {
                            // The immediate stop reaches the command too; the next one finds what that left.
                            restart(cluster);
                            crashes++;
                        }
                        default -> kills += kill(java);
                    }
                } else {
                    Thread.sleep(20);
                }
            }
            archiving.awaitEnd(cluster, 180);
            archiving.awaitOrphans(90);

            System.out.println(kills + " kills, " + launchers + " of launchers, " + crashes + " crashes, "
                    + archiving.starts().size() + " starts, "
                    + archiving.index().size() + " files");
            assertThat(kills).isPositive();
            assertThat(launchers).isPositive();
            assertThat(crashes).isPositive();
            archiving.assertComplete();
            assertNoGap(archiving.index(), 1);
        }
    }

    private static int kill(long pid) {
        ProcessHandle process = ProcessHandle.of(pid).orElse(null);
        return process != null && process.destroyForcibly() ? 1 : 0;
    }

    private static void restart(PostgresCluster cluster) throws Exception {
        cluster.crash();
        cluster.start();
    }

    @Test
    void promotionWithBacklogLosesNothing() throws Exception {
        try (PostgresCluster primary = PostgresCluster.create(1)) {
            primary.start();
            Path data = primary.directory().resolve("standby");
            PostgresCluster.asPostgres(
                    PostgresCluster.program("pg_basebackup"),
                    "-D",
                    data.toString(),
                    "-R",
                    "-X",
                    "stream",
                    "-c",
                    "fast",
                    "-d",
                    primary.streamingConninfo());
            try (PostgresCluster standby = PostgresCluster.adopt(data)) {
                CloudArchivingCluster archiving = archiving(standby);
                standby.configure("archive_mode = always", "archive_command = '" + archiving.command() + "'")
                        .start();
                writeSegments(primary, 12);
                primary.sql("create table in_a_segment_that_is_not_finished as select 1");
                String end = primary.sql("select pg_current_wal_flush_lsn()");
                standby.await("select pg_last_wal_replay_lsn() >= '" + end + "'", "t", 30);
                standby.sql("select pg_promote()");
                standby.await("select pg_is_in_recovery()", "f", 30);
                writeSegments(standby, 5);
                archiving.open();
                archiving.awaitEnd(standby, 120);

                archiving.assertComplete();
                // Behind the file, if any, that PostgreSQL was trying to archive at that moment.
                assertThat(archiving.order().subList(0, 2)).contains("00000002.history");
                List<String> index = archiving.index();
                for (String timeline : List.of("00000001", "00000002")) {
                    List<String> segments = index.stream()
                            .filter(name -> name.startsWith(timeline) && name.length() == 24)
                            .toList();
                    assertThat(segments).hasSizeGreaterThanOrEqualTo(5);
                    assertNoGap(segments, 1);
                    assertThat(index.indexOf("00000002.history"))
                            .isLessThan(index.indexOf(segments.get(segments.size() - 1)));
                }
                assertThat(index).anyMatch(name -> name.endsWith(".partial"));
            }
        }
    }
}
