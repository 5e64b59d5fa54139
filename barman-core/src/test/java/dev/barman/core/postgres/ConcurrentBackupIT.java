// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.PostgresException;
import dev.barman.core.testing.PostgresCluster;
import dev.barman.wal.Lsn;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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
            ConcurrentBackup.End end = backup.stop();

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
            assertThat(backup.stop().label()).contains("LABEL: limited");
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
            assertThatThrownBy(backup::stop).isInstanceOf(PostgresConnectionException.class);
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
                    return backup.stop();
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
