// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.recovery.RecoveryPlanner.Input;
import dev.barman.core.recovery.RecoveryStep.AdjustConfiguration;
import dev.barman.core.recovery.RecoveryStep.RequestRecovery;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.catalog.WalEntry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecoveryPlannerTest {
    private static final TimelineId ONE = TimelineId.of(1);
    private static final RecoveryTarget NONE = new RecoveryTarget.EndOfArchive();
    private static final RecoverySettings PLAIN = settings(NONE, null, false, null, false);

    private static RecoverySettings settings(
            RecoveryTarget target,
            @Nullable String timeline,
            boolean exclusive,
            @Nullable String action,
            boolean standby) {
        return new RecoverySettings(target, timeline, ONE, exclusive, action, standby);
    }

    private static BackupInfo.Builder backup() {
        return BackupInfo.builder(BackupId.of("20261120T125201"))
                .status(BackupStatus.DONE)
                .version(150018)
                .beginWal(WalSegmentName.parse("000000010000000000000002"))
                .endWal(WalSegmentName.parse("000000010000000000000003"));
    }

    private static Input input(BackupInfo backup, RecoverySettings settings, boolean getWal) {
        List<WalEntry> wals =
                getWal ? List.of() : List.of(new WalEntry("000000010000000000000002", 16777216, 1.5, null, null));
        return new Input(
                "main",
                "barman",
                backup,
                Path.of("/base/20261120T125201"),
                Path.of("/dest"),
                Map.of(),
                settings,
                getWal,
                null,
                "postgresql.auto.conf",
                wals);
    }

    private static <T extends RecoveryStep> List<T> steps(RecoveryPlan plan, Class<T> kind) {
        List<T> found = new ArrayList<>();
        for (RecoveryStep step : plan.steps()) {
            if (kind.isInstance(step)) {
                found.add(kind.cast(step));
            }
        }
        return found;
    }

    private static List<String> appended(RecoveryPlan plan) {
        return steps(plan, AdjustConfiguration.class).get(0).lines();
    }

    @Test
    void aPlainRestoreAsksForNoRecovery() {
        assertThat(RecoveryPlanner.plan(input(backup().build(), PLAIN, false)).toString())
                .isEqualTo("""
                        copy /base/20261120T125201/data to /dest
                        record the origin, backup 20261120T125201, in /dest
                        copy 1 WAL files to /dest/pg_wal
                        mark 1 WAL files in /dest/pg_wal as archived
                        create /dest/pg_wal/archive_status
                        adjust [postgresql.conf, postgresql.auto.conf] in /dest
                        make durable [/dest]
                        """);
    }

    @Test
    void aTargetKeepsTheWalApartAndWritesASignal() {
        RecoveryTarget target = new RecoveryTarget.Transaction("802");
        assertThat(RecoveryPlanner.plan(
                                input(backup().build(), settings(target, "latest", true, "promote", false), false))
                        .toString())
                .isEqualTo("""
                        copy /base/20261120T125201/data to /dest
                        record the origin, backup 20261120T125201, in /dest
                        copy 1 WAL files to /dest/barman_wal
                        write /dest/recovery.signal
                        create /dest/barman_wal/archive_status
                        adjust [postgresql.conf, postgresql.auto.conf] in /dest, append [\
                        restore_command = 'cp /dest/barman_wal/%f %p', \
                        recovery_end_command = 'rm -fr /dest/barman_wal', \
                        recovery_target_xid = '802', \
                        recovery_target_inclusive = 'False', \
                        recovery_target_timeline = latest, \
                        recovery_target_action = 'promote']
                        make durable [/dest]
                        """);
    }

    @Test
    void tablespacesGoFirstAndAreLinked() {
        BackupInfo backup = backup().tablespaces(
                        List.of(new Tablespace("a", 16400, "/ts/a"), new Tablespace("b", 2, "/ts/b")))
                .build();
        Input input = input(backup, PLAIN, false);
        RecoveryPlan plan = RecoveryPlanner.plan(new Input(
                "main",
                "barman",
                backup,
                input.backupDirectory(),
                input.destination(),
                Map.of("b", Path.of("/new/b")),
                PLAIN,
                false,
                null,
                "postgresql.auto.conf",
                List.of()));
        assertThat(plan.toString()).startsWith("""
                        copy /base/20261120T125201/16400 to /ts/a, /base/20261120T125201/2 to /new/b, \
                        /base/20261120T125201/data to /dest
                        link tablespace a: /dest/pg_tblspc/16400 to /ts/a
                        link tablespace b: /dest/pg_tblspc/2 to /new/b
                        """).endsWith("make durable [/dest, /ts/a, /new/b]\n");
        RecoveryStep.CopyTrees copy = steps(plan, RecoveryStep.CopyTrees.class).get(0);
        assertThat(copy.trees().get(2).leftOut())
                .contains("pg_tblspc/16400", "pg_tblspc/2", "pg_wal/", "log/", "postmaster.pid", "tablespace_map");
    }

    @Test
    void archivesAreUnpackedByTheNameOfTheirCompression() {
        BackupInfo.Builder backup = backup().tablespaces(List.of(new Tablespace("a", 16400, "/ts/a")));
        assertThat(RecoveryPlanner.plan(input(backup.compression("zstd").build(), PLAIN, false))
                        .toString())
                .startsWith("unpack (zstd) /base/20261120T125201/data/16400.tar.zst to /ts/a,"
                        + " /base/20261120T125201/data/base.tar.zst to /dest\n");
        assertThat(RecoveryPlanner.archiveSuffix("gzip")).isEqualTo(".tar.gz");
        assertThat(RecoveryPlanner.archiveSuffix("lz4")).isEqualTo(".tar.lz4");
        assertThat(RecoveryPlanner.archiveSuffix("none")).isEqualTo(".tar");
    }

    @Test
    void getWalCopiesNoWal() {
        RecoveryPlan plan = RecoveryPlanner.plan(input(backup().build(), PLAIN, true));
        assertThat(steps(plan, RecoveryStep.CopyWals.class)).isEmpty();
        assertThat(steps(plan, RequestRecovery.class))
                .extracting(RequestRecovery::fileName)
                .containsExactly("recovery.signal");
        assertThat(appended(plan))
                .containsExactly(
                        "# The 'barman get-wal' command must run as 'barman' user",
                        "restore_command = 'barman get-wal -P main %f > %p'");
    }

    @Test
    void aStandbyWithGetWalWaitsForPartialSegments() {
        RecoveryPlan plan =
                RecoveryPlanner.plan(input(backup().build(), settings(NONE, null, false, null, true), true));
        assertThat(steps(plan, RequestRecovery.class))
                .extracting(RequestRecovery::fileName)
                .containsExactly("standby.signal");
        assertThat(appended(plan)).contains("restore_command = 'barman get-wal  main %f > %p'");
    }

    @Test
    void beforeVersion12ThereIsRecoveryConf() {
        RecoveryTarget target = new RecoveryTarget.RestorePoint("it's");
        RecoveryPlan plan = RecoveryPlanner.plan(
                input(backup().version(90624).build(), settings(target, null, true, "pause", true), false));
        RequestRecovery request = steps(plan, RequestRecovery.class).get(0);
        assertThat(request.fileName()).isEqualTo("recovery.conf");
        assertThat(request.lines())
                .containsExactly(
                        "recovery_target_name = 'it''s'", "recovery_target_action = 'pause'", "standby_mode = 'on'");
        assertThat(appended(plan)).isEmpty();
        assertThat(plan.toString()).contains("copy 1 WAL files to /dest/barman_wal\n");
        assertThat(RecoveryPlanner.plan(input(backup().version(90624).build(), PLAIN, false))
                        .toString())
                .contains("copy 1 WAL files to /dest/pg_xlog\n");
    }

    @Test
    void veryOldVersionsHaveNeitherAutoConfNorActions() {
        RecoverySettings settings = settings(new RecoveryTarget.Transaction("1"), null, false, "pause", false);
        RecoveryPlan plan = RecoveryPlanner.plan(input(backup().version(90301).build(), settings, false));
        assertThat(steps(plan, AdjustConfiguration.class).get(0).rewritten()).containsExactly("postgresql.conf");
        assertThat(steps(plan, RequestRecovery.class).get(0).lines()).endsWith("pause_at_recovery_target = 'on'");
    }

    @Test
    void pathsThatTheShellWouldSplitAreQuoted() {
        Input input = input(backup().build(), settings(NONE, "1", false, null, false), false);
        RecoveryPlan plan = RecoveryPlanner.plan(new Input(
                "main",
                "barman",
                input.backup(),
                input.backupDirectory(),
                Path.of("/it's a %p"),
                Map.of(),
                input.settings(),
                false,
                null,
                "postgresql.auto.conf",
                List.of()));
        assertThat(appended(plan).get(0)).isEqualTo("restore_command = 'cp ''/it''\\''''s a %%p/barman_wal''/%f %p'");
    }

    private static String recorded(String name, String file) throws IOException {
        String resource = "/barman-3.17/restore/" + name + "/" + file;
        try (InputStream in = RecoveryPlannerTest.class.getResourceAsStream(resource)) {
            return new String(Objects.requireNonNull(in, resource).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void assertWrites(
            String recording,
            String server,
            Path destination,
            RecoverySettings settings,
            boolean getWal,
            @Nullable Path staging)
            throws IOException {
        Input input = input(backup().build(), settings, getWal);
        RecoveryPlan plan = RecoveryPlanner.plan(new Input(
                server,
                "barman",
                input.backup(),
                input.backupDirectory(),
                destination,
                Map.of(),
                settings,
                getWal,
                staging,
                "postgresql.auto.conf",
                input.wals()));
        assertThat(PostgresConfRewriter.rewrite(
                                "postgresql.auto.conf",
                                recorded(recording, "postgresql.auto.conf.origin"),
                                appended(plan))
                        .text())
                .as(recording)
                .isEqualTo(recorded(recording, "postgresql.auto.conf"));
    }

    @Test
    void whatIsWrittenIsWhatBarmanWrote() throws IOException {
        Path restored = Path.of("/var/lib/postgresql/15/restored");
        RecoveryTarget name = new RecoveryTarget.RestorePoint("before_upgrade");
        RecoveryTarget early = new RecoveryTarget.Time(OffsetDateTime.parse("2026-11-20T12:52:12Z"));
        RecoveryTarget late = new RecoveryTarget.Time(OffsetDateTime.parse("2026-11-20T13:00:53Z"));
        RecoveryTarget lsn = new RecoveryTarget.Position(Lsn.parse("0/A000100"), "0/A000100");
        RecoveryTarget xid = new RecoveryTarget.Transaction("802");
        assertWrites("latest", "streaming", Path.of("/srv/restored/latest"), PLAIN, false, null);
        assertWrites("tar-staging", "streaming_tar", Path.of("/srv/restored/tar"), PLAIN, false, null);
        assertWrites(
                "standby-mode",
                "streaming",
                restored.resolve("standby"),
                settings(NONE, null, false, null, true),
                false,
                null);
        assertWrites("get-wal-local-json", "shipping", Path.of("/srv/restored/getwal"), PLAIN, true, null);
        assertWrites(
                "target-name",
                "streaming",
                Path.of("/var/lib/postgresql/15/main"),
                settings(name, null, true, "promote", false),
                false,
                null);
        assertWrites(
                "target-time",
                "shipping",
                restored.resolve("time"),
                settings(early, null, false, null, false),
                false,
                null);
        assertWrites(
                "target-time-exclusive-standby",
                "streaming",
                restored.resolve("sby2"),
                settings(late, null, true, null, true),
                false,
                null);
        assertWrites(
                "target-timeline",
                "streaming",
                restored.resolve("tli"),
                settings(NONE, "latest", false, null, false),
                false,
                null);
        assertWrites(
                "target-lsn-xid-tli1",
                "streaming",
                restored.resolve("lsn"),
                settings(lsn, "1", false, "shutdown", false),
                false,
                null);
        assertWrites(
                "target-xid-exclusive",
                "streaming",
                restored.resolve("xid"),
                settings(xid, "current", true, null, false),
                false,
                null);
        assertWrites(
                "tar-staging-wal-directory",
                "streaming_tar",
                restored.resolve("tar"),
                settings(new RecoveryTarget.Immediate(), null, false, null, false),
                false,
                restored.resolve("tar_wals"));
    }

    @Test
    void targetsAreShownInBarmansOrder() {
        assertThat(settings(new RecoveryTarget.Transaction("802"), "2", false, null, false)
                        .shown())
                .isEqualTo("xid: '802', timeline: '1'");
        assertThat(settings(new RecoveryTarget.Immediate(), "latest", false, null, false)
                        .shown())
                .isEqualTo("timeline: '1', immediate: True");
        assertThat(settings(new RecoveryTarget.RestorePoint("a"), null, false, null, false)
                        .shown())
                .isEqualTo("name: 'a'");
        assertThat(settings(NONE, "current", false, null, false).shown()).isEqualTo("timeline: '1'");
        assertThat(PLAIN.pointInTime()).isFalse();
    }
}
