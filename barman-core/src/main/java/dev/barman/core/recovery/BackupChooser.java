// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.BarmanException;
import dev.barman.core.RecoveryException;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.Backups;
import dev.barman.core.catalog.RequiredWals;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.catalog.LockedXlogDb;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the backup for a target when none was named ({@code auto}): the newest that ends before the target. */
final class BackupChooser {
    private final Backups backups;
    private final LockedXlogDb index;
    private final ZoneId zone;

    BackupChooser(Backups backups, LockedXlogDb index, ZoneId zone) {
        this.backups = backups;
        this.index = index;
        this.zone = zone;
    }

    /**
     * Chooses.
     *
     * @throws BarmanException when the target cannot be used for a choice, or no backup fits
     */
    BackupInfo choose(TargetOptions target) throws BarmanException, IOException {
        if ("current".equals(target.timeline())) {
            throw new RecoveryException(
                    "'current' is not a valid timeline keyword when recovering without a backup_id");
        }
        for (String given : target.given()) {
            if (!given.equals("target_time") && !given.equals("target_lsn")) {
                throw new RecoveryException("For PITR without a backup_id, the only possible recovery targets are"
                        + " target_time and target_lsn. '" + given
                        + "' recovery target is not allowed without a backup_id.");
            }
        }
        OffsetDateTime time = target.time() == null ? null : Targets.time(target.time(), zone);
        Lsn lsn = target.lsn() == null ? null : Targets.lsn(target.lsn());
        List<BackupInfo> candidates = backups.with(BackupStatus::isCopyDone);
        TimelineId timeline = timeline(target, candidates);
        for (int i = candidates.size() - 1; i >= 0; i--) {
            BackupInfo backup = candidates.get(i);
            if ((timeline == null || timeline.equals(backup.timeline())) && fits(backup, time, lsn)) {
                return backup;
            }
        }
        throw new RecoveryException("Cannot find any candidate backup for recovery.");
    }

    private @Nullable TimelineId timeline(TargetOptions target, List<BackupInfo> candidates)
            throws BarmanException, IOException {
        String keyword = target.timeline();
        if (keyword == null || candidates.isEmpty()) {
            return null;
        }
        BackupInfo newest = candidates.get(candidates.size() - 1);
        return Targets.inIndex(index, open -> RequiredWals.timeline(keyword, newest, open));
    }

    private static boolean fits(BackupInfo backup, @Nullable OffsetDateTime time, @Nullable Lsn lsn) {
        if (time != null) {
            OffsetDateTime end = backup.endTime();
            return end != null && !end.isAfter(time);
        }
        if (lsn != null) {
            Lsn end = backup.endXlog();
            return end != null && end.compareTo(lsn) <= 0;
        }
        return true;
    }
}
