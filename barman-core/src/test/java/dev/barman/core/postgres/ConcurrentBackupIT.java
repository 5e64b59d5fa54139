// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.PostgresException;
import dev.barman.core.backup.BackupLabel;
import dev.barman.core.testing.PostgresCluster;
import dev.barman.wal.BackupLabelFileName;
import dev.barman.wal.Lsn;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class ConcurrentBackupIT {
    private static PostgresCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = PostgresCluster.create(1);
        cluster.configure("archive_mode = on", "archive_command = 'test ! -e " + cluster.directory() + "/full'")
                .start();
    }

    @AfterAll
    static void stop() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static ConcurrentBackup connect() {
        return new ConcurrentBackup(
                ConnInfo.parse(cluster.conninfo() + " application_name=backup_it"), PostgresEnvironment.ofProcess());
    }

    private static String sessions() throws Exception {
        return cluster.sql("select count(*) from pg_stat_activity where application_name = 'backup_it'");
    }

    @Test
    void startsAndStopsOverOneConnection() throws Exception {
        try (ConcurrentBackup backup = connect()) {
            backup.client().ping();
            Lsn begin = backup.start("the label", true);
            assertThat(sessions()).isEqualTo("1");
            assertThat(backup.client().checkpointTimeline().value()).isEqualTo(1);
            backup.verify();
            ConcurrentBackup.End end = backup.stop(true);

            assertThat(end.lsn()).isGreaterThan(begin);
            assertThat(end.label()).contains("START WAL LOCATION: " + begin, "LABEL: the label");
            backup.client().createRestorePoint("done");
        }
        cluster.await("select count(*) from pg_stat_activity where application_name = 'backup_it'", "0", 10);
    }

    @Test
    void timeLimitsOfTheSessionDoNotEndTheBackup() throws Exception {
        ConnInfo limited =
                ConnInfo.parse(cluster.conninfo() + " application_name=backup_it options='-c statement_timeout=400'");
        try (ConcurrentBackup backup = new ConcurrentBackup(limited, PostgresEnvironment.ofProcess())) {
            backup.start("limited", true);
            PostgresCluster.asPostgres("touch", cluster.directory() + "/full");
            CompletableFuture<Void> archiving = CompletableFuture.runAsync(() -> {
                try {
                    Thread.sleep(1500);
                    PostgresCluster.asPostgres("rm", cluster.directory() + "/full");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(backup.stop(true).label()).contains("LABEL: limited");
            archiving.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void aConnectionThatIsLostIsNotReplaced() throws Exception {
        try (ConcurrentBackup backup = connect()) {
            backup.start("lost", true);
            cluster.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'backup_it'");

            assertThatThrownBy(backup::verify)
                    .isInstanceOf(PostgresConnectionException.class)
                    .hasMessageContaining("the connection to PostgreSQL was lost");
            assertThatThrownBy(() -> backup.stop(true)).isInstanceOf(PostgresConnectionException.class);
            assertThatThrownBy(() -> backup.client().now()).isInstanceOf(PostgresConnectionException.class);
            cluster.await("select count(*) from pg_stat_activity where application_name = 'backup_it'", "0", 10);
        }
    }

    @Test
    void aStopThatWaitsForTheArchiveIsCancelled() throws Exception {
        try (ConcurrentBackup backup = connect()) {
            backup.start("waiting", true);
            PostgresCluster.asPostgres("touch", cluster.directory() + "/full");
            CompletableFuture<ConcurrentBackup.End> stopping = CompletableFuture.supplyAsync(() -> {
                try {
                    return backup.stop(true);
                } catch (PostgresException e) {
                    throw new IllegalStateException(e.getMessage());
                }
            });
            cluster.await(
                    "select wait_event from pg_stat_activity where application_name = 'backup_it'",
                    "BackupWaitWalArchive",
                    20);
            backup.cancel();

            assertThatThrownBy(() -> stopping.get(10, TimeUnit.SECONDS))
                    .hasMessageContaining("stopping the backup failed");
            assertThatThrownBy(() -> backup.start("again", true)).hasMessageContaining("was cancelled");
        } finally {
            PostgresCluster.asPostgres("rm", "-f", cluster.directory() + "/full");
        }
    }

    /** What the server waits for itself, of a backup that was ended. */
    private static List<WalFileName> wal(ConcurrentBackup.End end) throws Exception {
        BackupLabel label = BackupLabel.parse(end.label()).orElseThrow();
        WalSegmentSize size = WalSegmentSize.of(1 << 20);
        return List.of(
                WalSegmentName.containing(
                        label.startWal().timeline(), Lsn.of(end.lsn().value() - 1), size),
                BackupLabelFileName.of(label.startWal(), label.startLsn().offset(size)));
    }

    private static CompletableFuture<Void> waiting(ConcurrentBackup backup, List<WalFileName> files) {
        return CompletableFuture.runAsync(() -> {
            try {
                backup.awaitArchive(files);
            } catch (PostgresException e) {
                throw new IllegalStateException(e.getMessage());
            }
        });
    }

    private static boolean isArchived(WalFileName file) throws Exception {
        return cluster.sql("select count(*) from pg_ls_archive_statusdir() where name = '" + file + ".done'")
                .equals("1");
    }

    @Test
    void waitsForTheArchiveByItself() throws Exception {
        try (ConcurrentBackup backup = connect()) {
            backup.start("quick", true);
            assertThat(backup.canAwaitArchive()).isTrue();
            PostgresCluster.asPostgres("touch", cluster.directory() + "/full");
            ConcurrentBackup.End end = backup.stop(false);
            List<WalFileName> files = wal(end);
            CompletableFuture<Void> waiting = waiting(backup, files);
            assertThatThrownBy(() -> waiting.get(1500, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            assertThat(isArchived(files.get(0))).isFalse();
            assertThat(isArchived(files.get(1))).isFalse();
            PostgresCluster.asPostgres("rm", cluster.directory() + "/full");
            waiting.get(90, TimeUnit.SECONDS);

            assertThat(isArchived(files.get(0))).isTrue();
            assertThat(isArchived(files.get(1))).isTrue();
            // Of what is long gone, and of what never was, there is nothing to wait for.
            waiting(
                            backup,
                            List.of(
                                    WalSegmentName.parse("000000010000000000000001"),
                                    WalSegmentName.parse("00000009000000090000000F")))
                    .get(30, TimeUnit.SECONDS);
        } finally {
            PostgresCluster.asPostgres("rm", "-f", cluster.directory() + "/full");
        }
    }

    /** The segment where the backup ends and the file about it, each refused in its turn. */
    @Test
    void waitsForBothFiles() throws Exception {
        try (PostgresCluster other = PostgresCluster.create(1)) {
            Path refused = other.directory().resolve("refused");
            other.configure("archive_mode = on", "archive_command = '! echo %f | grep -q -f " + refused + "'");
            PostgresCluster.asPostgres("sh", "-c", "echo none > " + refused);
            other.start();
            for (String pattern : List.of("backup$", "^.\\{24\\}$")) {
                try (ConcurrentBackup backup =
                        new ConcurrentBackup(ConnInfo.parse(other.conninfo()), PostgresEnvironment.ofProcess())) {
                    backup.start("both", true);
                    other.sql("select pg_switch_wal()");
                    PostgresCluster.asPostgres("sh", "-c", "echo '" + pattern + "' > " + refused);
                    CompletableFuture<Void> waiting = waiting(backup, wal(backup.stop(false)));
                    assertThatThrownBy(() -> waiting.get(1, TimeUnit.SECONDS))
                            .as(pattern)
                            .isInstanceOf(TimeoutException.class);
                    PostgresCluster.asPostgres("sh", "-c", "echo none > " + refused);
                    waiting.get(90, TimeUnit.SECONDS);
                }
            }
        }
    }

    @Test
    void theWaitForTheArchiveIsCancelled() throws Exception {
        try (ConcurrentBackup backup = connect()) {
            backup.start("cancelled", true);
            PostgresCluster.asPostgres("touch", cluster.directory() + "/full");
            List<WalFileName> files = wal(backup.stop(false));
            CompletableFuture<Void> waiting = waiting(backup, files);
            assertThatThrownBy(() -> waiting.get(1500, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            backup.cancel();

            assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS)).hasMessageContaining("asking what is archived");
        } finally {
            PostgresCluster.asPostgres("rm", "-f", cluster.directory() + "/full");
        }
    }

    @Test
    void onlyWhoMayLookAtTheArchiveWaitsByItself() throws Exception {
        cluster.sql("create role onlooker login in role pg_monitor");
        cluster.sql("create role outsider login");
        for (String user : List.of("onlooker", "outsider")) {
            try (ConcurrentBackup backup = new ConcurrentBackup(
                    ConnInfo.parse(cluster.conninfo()).with("user", user), PostgresEnvironment.ofProcess())) {
                assertThat(backup.canAwaitArchive()).isEqualTo(user.equals("onlooker"));
            }
        }
        try (ConcurrentBackup backup = new ConcurrentBackup(
                ConnInfo.parse(cluster.conninfo()).with("user", "onlooker"), PostgresEnvironment.ofProcess())) {
            waiting(backup, List.of(WalSegmentName.parse("000000010000000000000001")))
                    .get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void whereNothingIsArchivedNobodyWaits() throws Exception {
        try (PostgresCluster other = PostgresCluster.create(1)) {
            other.configure("archive_mode = off").start();
            try (ConcurrentBackup backup =
                    new ConcurrentBackup(ConnInfo.parse(other.conninfo()), PostgresEnvironment.ofProcess())) {
                backup.start("alone", true);
                waiting(backup, wal(backup.stop(false))).get(30, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void aUserWithoutTheRightIsToldSo() throws Exception {
        cluster.sql("create role weak login");
        try (ConcurrentBackup backup = new ConcurrentBackup(
                ConnInfo.parse(cluster.conninfo()).with("user", "weak"), PostgresEnvironment.ofProcess())) {
            assertThatThrownBy(() -> backup.start("x", true))
                    .hasMessageContaining("starting the backup failed")
                    .hasMessageContaining("permission denied");
        }
    }
}
