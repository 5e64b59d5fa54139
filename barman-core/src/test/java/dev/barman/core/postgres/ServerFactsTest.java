// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.OffsetDateTime;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Versions, settings and statistics as servers report them. */
class ServerFactsTest {

    private static final OffsetDateTime NOON = OffsetDateTime.parse("2026-11-20T12:00:00Z");

    private static ArchiverStatistics archiver(
            String archived, OffsetDateTime archivedTime, String failed, OffsetDateTime failedTime) {
        return new ArchiverStatistics(10, archived, archivedTime, 1, failed, failedTime, NOON, 5);
    }

    @Test
    void versionsAreSpelledAsPostgresDoes() {
        assertThat(PostgresVersion.of(150018)).hasToString("15.18");
        assertThat(PostgresVersion.of(90624)).hasToString("9.6.24");
        assertThat(PostgresVersion.of(90624).major()).isEqualTo("9.6");
        assertThat(PostgresVersion.of(100001).major()).isEqualTo("10");
        assertThat(PostgresVersion.of(90624).isAtLeast(10)).isFalse();
        assertThat(PostgresVersion.of(90600).isSupported()).isTrue();
        assertThat(PostgresVersion.of(90524).isSupported()).isFalse();
        assertThatThrownBy(() -> PostgresVersion.of(15)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void announcedVersionBecomesANumber() {
        assertThat(JdbcStreamingConnection.versionNumber("15.18 (Debian 15.18-0+deb12u1)"))
                .isEqualTo(150018);
        assertThat(JdbcStreamingConnection.versionNumber("9.6.24")).isEqualTo(90624);
        assertThat(JdbcStreamingConnection.versionNumber("18beta1")).isEqualTo(180000);
    }

    @Test
    void functionsAreNamedByVersion() {
        PostgresSql old = new PostgresSql(PostgresVersion.of(90624));
        PostgresSql ten = new PostgresSql(PostgresVersion.of(100023));
        PostgresSql fifteen = new PostgresSql(PostgresVersion.of(150018));
        PostgresSql seventeen = new PostgresSql(PostgresVersion.of(170006));
        assertThat(old.switchWal()).isEqualTo("SELECT pg_switch_xlog()::text");
        assertThat(ten.switchWal()).isEqualTo("SELECT pg_switch_wal()::text");
        assertThat(old.currentPosition()).contains("pg_current_xlog_location()").contains("pg_xlogfile_name_offset(");
        assertThat(ten.insertPosition()).contains("pg_current_wal_insert_lsn()").contains("pg_walfile_name_offset(");
        assertThat(old.replayPosition()).contains("pg_last_xlog_replay_location()");
        assertThat(old.walSegmentSize()).contains("wal_block_size");
        assertThat(fifteen.walSegmentSize()).doesNotContain("wal_block_size");
        assertThat(new PostgresSql(PostgresVersion.of(120000)).walKeep()).isEqualTo("wal_keep_segments");
        assertThat(fifteen.walKeep()).isEqualTo("wal_keep_size");
        assertThat(fifteen.startFunction()).isEqualTo("pg_backup_start");
        assertThat(ten.stopFunction()).isEqualTo("pg_stop_backup");
        assertThat(fifteen.privileges())
                .contains("'pg_backup_start(text,bool)'")
                .contains("'pg_backup_stop(bool)'");
        assertThat(ten.privileges())
                .contains("'pg_start_backup(text,bool,bool)'")
                .contains("'pg_stop_backup()'")
                .contains("'pg_stop_backup(bool,bool)'");
        assertThat(old.privileges()).doesNotContain("pg_monitor");
        assertThat(fifteen.namesFollowingSegmentOnBoundary()).isFalse();
        assertThat(seventeen.namesFollowingSegmentOnBoundary()).isTrue();
    }

    @Test
    void synchronousNamesAreTakenOutOfEveryForm() {
        assertThat(ServerSettings.standbyNames("")).containsExactly("");
        assertThat(ServerSettings.standbyNames("a, b")).containsExactly("a", "b");
        assertThat(ServerSettings.standbyNames("*")).containsExactly("*");
        assertThat(ServerSettings.standbyNames("FIRST 2 (a, \"b c\")")).containsExactly("a", "b c");
        assertThat(ServerSettings.standbyNames("any 1 (x)")).containsExactly("x");
        assertThat(ServerSettings.standbyNames("2(x,y)")).containsExactly("x", "y");
    }

    @Test
    void archivingWorksUnlessTheLastAttemptFailed() {
        String wal = "000000020000000000000005";
        OffsetDateTime later = NOON.plusSeconds(1);
        assertThat(archiver(wal, NOON, null, null).isArchiving("on")).isTrue();
        assertThat(archiver(wal, NOON, null, null).isArchiving("off")).isFalse();
        assertThat(archiver(wal, NOON, null, null).isArchiving("always")).isTrue();
        assertThat(archiver(wal, later, wal, NOON).isArchiving("on")).isTrue();
        assertThat(archiver(wal, NOON, wal, NOON).isArchiving("on")).isTrue();
        assertThat(archiver(wal, NOON, wal, later).isArchiving("on")).isFalse();
        assertThat(archiver(null, null, wal, later).isArchiving("on")).isFalse();
        assertThat(archiver(wal, NOON, "00000002.history", later).isArchiving("on"))
                .isTrue();
        assertThat(archiver(wal, NOON, "00000003.history", later).isArchiving("on"))
                .isFalse();
    }

    @Test
    void archivingRateCountsFromTheReset() {
        assertThat(archiver(null, null, null, null).archivedPerSecond()).isEqualTo(2.0);
        assertThat(new ArchiverStatistics(10, null, null, 0, null, null, null, 0).archivedPerSecond())
                .isZero();
    }

    @Test
    void filesInADirectoryWithTheSamePrefixAreOutside() {
        ConfigurationFiles files = new ConfigurationFiles(
                "/pg/data/postgresql.conf", "/pg/data_conf/pg_hba.conf", null, List.of("/etc/extra.conf"));
        assertThat(files.outside("/pg/data")).containsExactly("/pg/data_conf/pg_hba.conf", "/etc/extra.conf");
        assertThat(files.outside("/pg/data/")).containsExactly("/pg/data_conf/pg_hba.conf", "/etc/extra.conf");
    }
}
