// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import static dev.barman.core.catalog.WalIndexes.backup;
import static dev.barman.core.catalog.WalIndexes.id;
import static dev.barman.core.catalog.WalIndexes.names;
import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.WalRemovalPlan.Cause;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The table of the behaviour contract (WALs 1 to 12; A = 2..3, B = 5..6, C = 8..9), and the cases where the reference loses WAL. */
class WalRemovalPlanTest {
    private static final String ALL = "1-12, 3.label, 6.label, 9.label, 12.partial, 2.history";

    private static final BackupInfo A = backup(1, "2", "3").build();
    private static final BackupInfo B = backup(2, "5", "6").build();
    private static final BackupInfo C = backup(3, "8", "9").build();
    private static final Backups ABC = new Backups(List.of(A, B, C));

    @Test
    void oldestBackupTakesItsWalWithIt() {
        assertThat(left(ALL, ABC, A, Map.of(), Cause.COMMAND))
                .isEqualTo(names("5-12, 6.label, 9.label, 12.partial, 2.history"));
    }

    @Test
    void laterBackupsTakeNothing() {
        assertThat(plan(ABC, B, Map.of(), Cause.COMMAND)).isEmpty();
        assertThat(plan(ABC, C, Map.of(), Cause.COMMAND)).isEmpty();
        assertThat(plan(ABC, B, Map.of(id(1), KeepTarget.FULL), Cause.RETENTION))
                .isEmpty();
        assertThat(plan(ABC, B, Map.of(id(1), KeepTarget.STANDALONE), Cause.COMMAND))
                .isEmpty();
    }

    @Test
    void onlyBackupLeavesWhatFollowsItsBegin() {
        assertThat(left(ALL, new Backups(List.of(A)), A, Map.of(), Cause.COMMAND))
                .isEqualTo(names("2-12, 3.label, 6.label, 9.label, 12.partial, 2.history"));
    }

    @Test
    void onlyExclusiveBackupLeavesHistoriesOnly() {
        WalRemovalPlan plan = WalRemovalPlan.forDeletion(new Backups(List.of(A)), A, Map.of(), Cause.COMMAND, true)
                .orElseThrow();

        assertThat(left(ALL, plan)).isEqualTo(names("2.history"));
    }

    @Test
    void retentionPassesBackupsKeptAsStandaloneAndSparesTheirWal() {
        assertThat(left(ALL, ABC, B, Map.of(id(1), KeepTarget.STANDALONE), Cause.RETENTION))
                .isEqualTo(names("2, 3, 8-12, 3.label, 9.label, 12.partial, 2.history"));
        Map<BackupId, KeepTarget> both = Map.of(id(1), KeepTarget.STANDALONE, id(2), KeepTarget.STANDALONE);
        assertThat(left("1-12", ABC, C, both, Cause.RETENTION)).isEqualTo(names("2, 3, 5, 6, 8-12"));
    }

    @Test
    void failedBackupsProtectNothing() {
        BackupInfo failed = B.toBuilder().status(BackupStatus.FAILED).build();
        assertThat(left("1-12", new Backups(List.of(A, failed, C)), A, Map.of(), Cause.COMMAND))
                .isEqualTo(names("8-12"));

        BackupInfo failedFirst = A.toBuilder().status(BackupStatus.FAILED).build();
        assertThat(left("1-12", new Backups(List.of(failedFirst, C)), failedFirst, Map.of(), Cause.COMMAND))
                .isEqualTo(names("8-12"));
    }

    @Test
    void lowerTimelineGoesWhenNoBackupIsOnIt() {
        BackupInfo onTwo = backup(2, "2:5", "2:5").build();

        assertThat(left("1-4, 2.history, 2:4-6", new Backups(List.of(A, onTwo)), A, Map.of(), Cause.COMMAND))
                .isEqualTo(names("2.history, 2:5, 2:6"));
    }

    @Test
    void timelineOfAnotherBackupStays() {
        BackupInfo onTwo = backup(2, "2:5", "2:5").build();
        BackupInfo late = backup(3, "4", "4").build();

        // the reference drops 2:4, which the late backup may follow
        assertThat(left("1-4, 2.history, 2:3-6", new Backups(List.of(A, onTwo, late)), A, Map.of(), Cause.COMMAND))
                .isEqualTo(names("1-4, 2.history, 2:4-6"));
    }

    @Test
    void timelineBetweenABackupAndTheLimitStays_hazardSwitchTwice() {
        BackupInfo onThree = backup(2, "3:9", "3:9").build();
        BackupInfo late = backup(3, "4", "5").build();

        assertThat(left("1-9, 2:5-9, 3:7-10", new Backups(List.of(A, onThree, late)), A, Map.of(), Cause.COMMAND))
                .isEqualTo(names("1-9, 2:5-9, 3:7-10"));
    }

    @Test
    void limitWithoutBeginRemovesNothing_hazardEverythingPurged() {
        BackupInfo unknown = B.toBuilder().beginWal(null).build();

        assertThat(left(ALL, new Backups(List.of(A, unknown)), A, Map.of(), Cause.COMMAND))
                .isEqualTo(names(ALL));
    }

    @Test
    void failedBackupWithoutBeginRemovesNothing_hazardEverythingPurged() {
        BackupInfo failed =
                BackupInfo.builder(id(1)).status(BackupStatus.FAILED).build();

        assertThat(left(ALL, new Backups(List.of(failed)), failed, Map.of(), Cause.COMMAND))
                .isEqualTo(names(ALL));
    }

    @Test
    void runningBackupWithoutBeginStopsEveryRemoval() {
        BackupInfo running =
                BackupInfo.builder(id(4)).status(BackupStatus.STARTED).build();

        assertThat(left(ALL, new Backups(List.of(A, B, running)), A, Map.of(), Cause.COMMAND))
                .isEqualTo(names(ALL));
    }

    @Test
    void backupWithAGreaterIdButAnEarlierBeginKeepsItsWal_hazardClockWentBack() {
        BackupInfo taken1 = backup(5, "2", "3").build();
        BackupInfo taken2 = backup(1, "6", "6").build();
        BackupInfo taken3 = backup(2, "9", "9").build();
        Backups backups = new Backups(List.of(taken1, taken2, taken3));

        // by id the limit is 9, but the backup of segment 2 is still there
        assertThat(left("1-12", backups, taken2, Map.of(), Cause.COMMAND)).isEqualTo(names("2-12"));
    }

    @Test
    void keptBackupInAnyStatusKeepsItsWal() {
        BackupInfo demoted = A.toBuilder().status(BackupStatus.FAILED).build();

        assertThat(left(
                        "1-12",
                        new Backups(List.of(demoted, B, C)),
                        B,
                        Map.of(id(1), KeepTarget.STANDALONE),
                        Cause.COMMAND))
                .isEqualTo(names("2, 3, 8-12"));
    }

    @Test
    void segmentsOfDifferentSizesAreComparedByLogOnly() {
        BackupInfo small = backup(2, "200", "201")
                .xlogSegmentSize(WalSegmentSize.of(1 << 20))
                .build();
        BackupInfo large = backup(3, "1", "1").build();
        Backups backups = new Backups(List.of(A, small, large));

        assertThat(left("1-3", backups, A, Map.of(), Cause.COMMAND)).isEqualTo(names("1-3"));
    }

    @Test
    void labelGoesAndStaysWithItsSegment() {
        assertThat(left("5.label, 4.label, 4.partial, 5", ABC, A, Map.of(), Cause.COMMAND))
                .isEqualTo(names("5.label, 5"));
    }

    @Test
    void namesThatAreNoWalFilesStay() {
        assertThat(left(
                        "'0', '', 1, '00000001000000000000000G', '000000010000000000000001.gz'",
                        ABC,
                        A,
                        Map.of(),
                        Cause.COMMAND))
                .isEqualTo(names("'0', '', '00000001000000000000000G', '000000010000000000000001.gz'"));
    }

    @Test
    void firstBackupMakesEarlierWalUseless() {
        BackupInfo failed = backup(1, "1", "1").status(BackupStatus.FAILED).build();
        BackupInfo first =
                backup(2, "4", "5").status(BackupStatus.WAITING_FOR_WALS).build();

        WalRemovalPlan plan = WalRemovalPlan.forFirstBackup(new Backups(List.of(failed, first)), first, Map.of())
                .orElseThrow();

        assertThat(left("1-6, 3.label", plan)).isEqualTo(names("4-6"));
    }

    @Test
    void failedFirstBackupRemovesNothing_hazardEverythingPurged() {
        BackupInfo failed =
                BackupInfo.builder(id(1)).status(BackupStatus.FAILED).build();
        BackupInfo failedLate = backup(1, "4", "4").status(BackupStatus.FAILED).build();
        BackupInfo begun =
                BackupInfo.builder(id(1)).status(BackupStatus.STARTED).build();

        assertThat(WalRemovalPlan.forFirstBackup(new Backups(List.of(failed)), failed, Map.of()))
                .isEmpty();
        assertThat(WalRemovalPlan.forFirstBackup(new Backups(List.of(failedLate)), failedLate, Map.of()))
                .isEmpty();
        assertThat(WalRemovalPlan.forFirstBackup(new Backups(List.of(begun)), begun, Map.of()))
                .isEmpty();
    }

    @Test
    void backupThatOnlySortsFirstIsNotTheFirst_hazardClockWentBack() {
        BackupInfo created = backup(1, "8", "9").build();

        assertThat(WalRemovalPlan.forFirstBackup(new Backups(List.of(created, B)), created, Map.of()))
                .isEmpty();
        BackupInfo demoted = B.toBuilder().status(BackupStatus.FAILED).build();
        assertThat(WalRemovalPlan.forFirstBackup(
                        new Backups(List.of(created, demoted)), created, Map.of(id(2), KeepTarget.FULL)))
                .isEmpty();
    }

    @Test
    void lowerCaseNamesAreComparedByTheirNumbersToo() {
        String lower = "'00000001000000000000000a'";
        BackupInfo limit = backup(2, "11", "11").build();

        // as a string it sorts behind the limit, so the reference keeps it; so do we
        assertThat(left(lower, new Backups(List.of(A, limit)), A, Map.of(), Cause.COMMAND))
                .isEqualTo(names(lower));
        assertThat(WalSegmentName.parse("00000001000000000000000a").segment()).isEqualTo(10);
    }

    private static Optional<WalRemovalPlan> plan(
            Backups backups, BackupInfo deleted, Map<BackupId, KeepTarget> keep, Cause cause) {
        return WalRemovalPlan.forDeletion(backups, deleted, keep, cause, false);
    }

    private static List<String> left(
            String archive, Backups backups, BackupInfo deleted, Map<BackupId, KeepTarget> keep, Cause cause) {
        return left(archive, plan(backups, deleted, keep, cause).orElseThrow());
    }

    private static List<String> left(String archive, WalRemovalPlan plan) {
        List<String> left = new ArrayList<>(names(archive));
        left.removeIf(plan::removes);
        return left;
    }
}
