// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.UsageException;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.text.BarmanDates;
import dev.barman.object.StorageException;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the backup for a target when none was named ({@code auto}): the newest complete one that ends before the target. Immutable. */
final class CloudBackupChoice {
    private final @Nullable String timeline;
    private final @Nullable Lsn lsn;
    private final @Nullable String time;

    private CloudBackupChoice(@Nullable String timeline, @Nullable Lsn lsn, @Nullable String time) {
        this.timeline = timeline;
        this.lsn = lsn;
        this.time = time;
    }

    /**
     * @param timeline a number, {@code latest} or {@code current}
     * @param lsn a WAL position
     * @param time a point in time, which is looked at only when it is needed
     * @throws UsageException when timeline or position are none
     */
    static CloudBackupChoice of(@Nullable String timeline, @Nullable String lsn, @Nullable String time)
            throws UsageException {
        if (timeline != null && !timeline.equals("latest") && !timeline.equals("current") && number(timeline) < 1) {
            throw new UsageException("argument --target-tli: '" + timeline + "' is not a valid timeline");
        }
        try {
            return new CloudBackupChoice(timeline, lsn == null ? null : Lsn.parse(lsn), time);
        } catch (IllegalArgumentException e) {
            throw new UsageException("argument --target-lsn: invalid value: '" + lsn + "'");
        }
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /**
     * Chooses.
     *
     * @throws CloudException when the target cannot be used for a choice, or no backup fits
     */
    CloudBackup choose(CloudSession session) throws CloudException, IOException {
        if ("current".equals(timeline)) {
            throw new CloudException(
                    CloudExit.OTHER, "'current' is not a valid timeline keyword when recovering without a backup_id");
        }
        OffsetDateTime limit = null;
        if (time != null) {
            try {
                limit = BarmanDates.parse(time, ZoneId.systemDefault());
            } catch (IllegalArgumentException e) {
                throw new CloudException(CloudExit.OTHER, "Unable to parse the target time parameter '" + time + "'");
            }
        }
        List<CloudBackup> all = session.load().all();
        TimelineId wanted = wanted(session);
        for (int i = all.size() - 1; i >= 0; i--) {
            BackupInfo backup = all.get(i).info();
            if (backup.status() == BackupStatus.DONE
                    && (wanted == null || wanted.equals(backup.timeline()))
                    && fits(backup, limit)) {
                return all.get(i);
            }
        }
        throw new CloudException(CloudExit.FAILED, "Cannot find any candidate backup for recovery.");
    }

    private @Nullable TimelineId wanted(CloudSession session) throws StorageException {
        if (timeline == null) {
            return null;
        }
        if (!timeline.equals("latest")) {
            return TimelineId.of(number(timeline));
        }
        TimelineId[] last = new TimelineId[1];
        new CloudWals(session.store(), session.walKeys()).forEach(wal -> {
            TimelineId found = wal.name().timeline();
            if (last[0] == null || found.compareTo(last[0]) > 0) {
                last[0] = found;
            }
            return true;
        });
        return last[0];
    }

    private boolean fits(BackupInfo backup, @Nullable OffsetDateTime limit) {
        if (limit != null) {
            return backup.endTime() != null && !backup.endTime().isAfter(limit);
        }
        return lsn == null || (backup.endXlog() != null && backup.endXlog().compareTo(lsn) <= 0);
    }
}
