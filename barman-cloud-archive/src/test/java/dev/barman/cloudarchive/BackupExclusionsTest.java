// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackupExclusionsTest {
    private static boolean excludes(BackupExclusions exclusions, String path) {
        int slash = path.lastIndexOf('/');
        return exclusions.excludes(slash < 0 ? "" : path.substring(0, slash), path.substring(slash + 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pg_wal/000000010000000000000001",
                "pg_wal/archive_status",
                "pg_xlog/x",
                "log/postgresql.log",
                "log/sub",
                "pg_log/x",
                "global/pg_control",
                "base/pgsql_tmp",
                "base/pgsql_tmp/pgsql_tmp123.0",
                "pgsql_tmp_any",
                "postgresql.auto.conf.tmp",
                "current_logfiles.tmp",
                "pg_internal.init",
                "base/5/pg_internal.init",
                "global/pg_internal.init.4711",
                "postmaster.pid",
                "postmaster.opts",
                "recovery.conf",
                "standby.signal",
                "pg_dynshmem/x",
                "pg_notify/0000",
                "pg_replslot/slot",
                "pg_serial/x",
                "pg_stat_tmp/x",
                "pg_snapshots/x",
                "pg_subtrans/0000",
                "base/5/t3_16384",
                "base/5/t12_16384_fsm",
                "base/5/t12_16384_vm.1",
                "backup_label",
                "tablespace_map",
                "backup_manifest"
            })
    void leftOutOfADataDirectory(String path) {
        assertThat(excludes(BackupExclusions.ofDataDirectory(true), path)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PG_VERSION",
                "pg_wal",
                "log",
                "pg_replslot",
                "pg_notify",
                "base/5/16384",
                "base/5/16384_fsm",
                "base/5/t16384",
                "base/5/t3_16384_other",
                "global/t3_16384",
                "user/t3_16384",
                "user/log/x",
                "global/pg_filenode.map",
                "pg_xact/0000",
                "recovery.signal",
                "postgresql.auto.conf",
                "current_logfiles",
                "backup_label.old",
                "sub/backup_label"
            })
    void keptInADataDirectory(String path) {
        assertThat(excludes(BackupExclusions.ofDataDirectory(true), path)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"backup_label", "tablespace_map", "backup_manifest"})
    void whatBelongsToAFinishedCopyStaysInIt(String path) {
        assertThat(excludes(BackupExclusions.ofDataDirectory(false), path)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "PG_15_202209061/5/16385, false",
        "PG_15_202209061/5/t3_16385, true",
        "PG_15_202209061/pgsql_tmp/pgsql_tmp1.0, true",
        "PG_15_202209061/pgsql_tmp, true",
        "global/pg_control, false",
        "log/x, false"
    })
    void tablespaces(String path, boolean left) {
        assertThat(excludes(BackupExclusions.ofTablespace(), path)).isEqualTo(left);
    }
}
