// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.core.postgres.JdbcPostgresClient;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.testing.PostgresCluster;
import dev.barman.core.tools.PgTools;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup of a real standby; the WAL it needs is ended and shipped by its primary. */
class StandbyBackupIT {

    @TempDir
    Path home;

    @Test
    void standbyIsBackedUpWhileItsPrimaryShipsTheWal() throws Exception {
        try (PostgresCluster primary = PostgresCluster.create(1)) {
            Path incoming = primary.directory().resolve("shipped");
            Path standbyData = primary.directory().resolve("standby");
            PostgresCluster.asPostgres("mkdir", incoming.toString());
            primary.configure(
                            "archive_mode = on",
                            "archive_command = 'cp %p " + incoming + "/.%f && mv " + incoming + "/.%f " + incoming
                                    + "/%f'")
                    .start();
            PostgresCluster.asPostgres(
                    PostgresCluster.program("pg_basebackup"),
                    "-d",
                    primary.streamingConninfo(),
                    "-D",
                    standbyData.toString(),
                    "-R",
                    "-c",
                    "fast");
            try (PostgresCluster standby = PostgresCluster.adopt(standbyData).start()) {
                assertThat(standby.sql("select pg_is_in_recovery()")).isEqualTo("t");
                primary.sql("create table t as select 1");
                standby.await("select count(*) from pg_tables where tablename = 't'", "1", 30);
                BackupInfo backup = backup(primary, standby, incoming);
                assertThat(backup.status()).isEqualTo(BackupStatus.DONE);
                assertThat(backup.backupLabel()).contains("BACKUP FROM: standby");
                assertThat(backup.timeline().value()).isEqualTo(1);
                assertThat(backup.endWal()).isNotNull();
            }
        }
    }

    private BackupInfo backup(PostgresCluster primary, PostgresCluster standby, Path incoming) throws Exception {
        BackupFixture fixture = new BackupFixture(
                home,
                "conninfo = " + standby.conninfo(),
                "streaming_conninfo = " + standby.streamingConninfo(),
                "primary_conninfo = " + primary.conninfo(),
                "archiver = on",
                "incoming_wals_directory = " + incoming);
        fixture.clock = Clock.systemDefaultZone();
        PostgresEnvironment environment = PostgresEnvironment.ofProcess();
        try (JdbcPostgresClient client = new JdbcPostgresClient(ConnInfo.parse(standby.conninfo()), environment);
                JdbcPostgresClient primaryClient =
                        new JdbcPostgresClient(ConnInfo.parse(primary.conninfo()), environment)) {
            BackupOutcome outcome = fixture.service(
                            client,
                            new PgBaseBackup(
                                    fixture.server,
                                    fixture.catalog,
                                    client,
                                    primaryClient,
                                    PgTools.of(null),
                                    environment,
                                    fixture.messages))
                    .backup(BackupOptions.of(fixture.server).withWait(60));
            assertThat(fixture.messages.visible()).noneMatch(line -> line.startsWith("ERROR"));
            assertThat(fixture.messages.visible())
                    .as("a standby cannot name the segment")
                    .anyMatch(line -> line.matches("Backup start at LSN: [0-9A-F]+/[0-9A-F]+"));
            assertThat(primary.logText()).doesNotContain("restore point");
            return outcome.backup();
        }
    }
}
