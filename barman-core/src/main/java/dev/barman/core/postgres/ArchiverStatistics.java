// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.wal.HistoryFileName;
import dev.barman.wal.WalFileName;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The row of {@code pg_stat_archiver}. Times carry the offset of the server's own zone.
 *
 * @param archivedCount number of files archived
 * @param lastArchivedWal name of the last file archived, or null
 * @param lastArchivedTime when, or null
 * @param failedCount number of failed attempts
 * @param lastFailedWal name of the file of the last failure, or null
 * @param lastFailedTime when, or null
 * @param statsReset when the counters were reset, or null
 * @param secondsSinceReset by the server's clock; 0 when unknown
 */
public record ArchiverStatistics(
        long archivedCount,
        @Nullable String lastArchivedWal,
        @Nullable OffsetDateTime lastArchivedTime,
        long failedCount,
        @Nullable String lastFailedWal,
        @Nullable OffsetDateTime lastFailedTime,
        @Nullable OffsetDateTime statsReset,
        double secondsSinceReset) {

    /**
     * Whether archiving works: the mode is {@code on} or {@code always}, and nothing failed after the last success, where
     * a failed history file of a timeline not after the last archived file's does not count.
     */
    public boolean isArchiving(@Nullable String archiveMode) {
        if (!"on".equals(archiveMode) && !"always".equals(archiveMode)) {
            return false;
        }
        if (lastFailedWal == null || lastFailedTime == null) {
            return true;
        }
        if (lastArchivedTime != null && !lastFailedTime.isAfter(lastArchivedTime)) {
            return true;
        }
        return lastArchivedWal != null && isOldHistory(lastFailedWal, lastArchivedWal);
    }

    private static boolean isOldHistory(String failed, String archived) {
        Optional<WalFileName> failedName = WalFileName.tryParse(failed);
        Optional<WalFileName> archivedName = WalFileName.tryParse(archived);
        return failedName.isPresent()
                && archivedName.isPresent()
                && failedName.get() instanceof HistoryFileName history
                && history.timeline().compareTo(archivedName.get().timeline()) <= 0;
    }

    /** Files archived per second since the counters were reset; 0 when unknown. */
    public double archivedPerSecond() {
        return secondsSinceReset > 0 ? archivedCount / secondsSinceReset : 0;
    }
}
