// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.testing.PostgresCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every recovery target, on a real server: rows are written around the target, the backup is restored, the restored
 * cluster is started, and its rows are read.
 */
class RecoveryTargetsIT {
    private static PostgresCluster primary;
    private static BarmanHost host;
    private static String time;
    private static String xid;
    private static String lsn;

    @BeforeAll
    static void backupAndRowsAroundTheTarget() throws IOException {
        host = BarmanHost.create();
        primary = PostgresCluster.create(1);
        host.configure(primary, Map.of("archiver", "on", "compression", "zstd"));
        primary.configure("archive_mode = on", host.copyingArchiveCommand()).start();
        primary.sql("create table t(id int)");
        primary.switchWal();
        host.barman("switch-wal", "--archive", "main").ok();
        host.barman("backup", "--wait", "main").ok();

        primary.sql("insert into t values (1)");
        xid = primary.sql("select xmin from t where id = 1");
        lsn = primary.sql("select pg_current_wal_lsn()");
        primary.sql("select pg_create_restore_point('half_way')");
        sleep(1100);
        time = primary.sql("select clock_timestamp()");
        sleep(1100);
        primary.sql("insert into t values (2)");
        host.barman("switch-wal", "--force", "--archive", "main").ok();
    }

    @AfterAll
    static void stop() throws IOException {
        if (primary != null) {
            primary.close();
        }
        if (host != null) {
            host.close();
        }
    }

    @Test
    void withoutTargetEverythingComesBack() throws IOException {
        assertThat(rowsAfterRestore()).isEqualTo("1,2");
    }

    @Test
    void timeStopsBeforeLaterRows() throws IOException {
        assertThat(rowsAfterRestore("--target-time", time)).isEqualTo("1");
    }

    @Test
    void xidIsIncluded() throws IOException {
        assertThat(rowsAfterRestore("--target-xid", xid)).isEqualTo("1");
    }

    @Test
    void exclusiveXidIsNotIncluded() throws IOException {
        assertThat(rowsAfterRestore("--target-xid", xid, "--exclusive")).isEqualTo("");
    }

    @Test
    void lsnStopsThere() throws IOException {
        assertThat(rowsAfterRestore("--target-lsn", lsn)).isEqualTo("1");
    }

    @Test
    void nameStopsAtTheRestorePoint() throws IOException {
        assertThat(rowsAfterRestore("--target-name", "half_way")).isEqualTo("1");
    }

    @Test
    void immediateStopsAtTheEndOfTheBackup() throws IOException {
        assertThat(rowsAfterRestore("--target-immediate")).isEqualTo("");
    }

    @Test
    void timelineSwitchIsFollowedOrNotAsAsked() throws IOException {
        // A restored cluster becomes the new primary and archives its own timeline to the same server.
        try (PostgresCluster second = restore("--target-name", "half_way", "--target-action", "promote")) {
            second.configure("archive_mode = on", host.copyingArchiveCommand()).start();
            second.await("select pg_is_in_recovery()", "f", 60);
            assertThat(second.sql("select timeline_id from pg_control_checkpoint()"))
                    .isEqualTo("2");
            second.sql("insert into t values (3)");
            String last = second.switchWal();
            second.await("select last_archived_wal >= '" + last + "' from pg_stat_archiver", "t", 60);
            host.barman("archive-wal", "main").ok();
            assertThat(host.indexedNames()).contains("00000002.history", last);
        }
        assertThat(rowsAfterRestore("--target-tli", "latest")).isEqualTo("1,3");
        assertThat(rowsAfterRestore("--target-tli", "2")).isEqualTo("1,3");
        assertThat(rowsAfterRestore("--target-tli", "current")).isEqualTo("1,2");
        assertThat(rowsAfterRestore("--target-tli", "1")).isEqualTo("1,2");
    }

    private static String rowsAfterRestore(String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of(options));
        if (!all.isEmpty()) {
            all.addAll(List.of("--target-action", "promote"));
        }
        try (PostgresCluster restored = restore(all.toArray(String[]::new))) {
            restored.start();
            restored.await("select pg_is_in_recovery()", "f", 60);
            return restored.sql("select coalesce(string_agg(id::text, ',' order by id), '') from t");
        }
    }

    private static PostgresCluster restore(String... options) throws IOException {
        Path destination =
                Files.createTempDirectory(host.directory(), "restored-").resolve("data");
        List<String> args = new ArrayList<>(List.of("restore"));
        args.addAll(List.of(options));
        args.addAll(List.of("main", "latest", destination.toString()));
        host.barman(args.toArray(String[]::new)).ok();
        return PostgresCluster.adopt(destination);
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
