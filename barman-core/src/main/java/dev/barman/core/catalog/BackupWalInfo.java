// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import org.jspecify.annotations.Nullable;

/**
 * What the WAL index says about one backup: the segments that make it consistent, and those that follow up to the end of the next
 * backup. Immutable.
 *
 * @param count segments from the begin to the end of the backup
 * @param sizeBytes their stored size
 * @param untilNextCount segments behind the end of the backup, up to the end of the next one
 * @param untilNextSizeBytes their stored size
 * @param first the backup's first segment; null unless it is in the index
 * @param last the last segment that was counted; null when none was
 * @param segmentSizeBytes the size of a segment before compression
 * @param invalidName a name in the index that is no WAL file's, at which counting ended; null when all is well
 */
public record BackupWalInfo(
        long count,
        long sizeBytes,
        long untilNextCount,
        long untilNextSizeBytes,
        @Nullable Segment first,
        @Nullable Segment last,
        long segmentSizeBytes,
        @Nullable String invalidName) {

    /**
     * A segment and when it was written.
     *
     * @param name its name
     * @param time modification time of the original file, seconds since 1970 UTC
     */
    public record Segment(String name, double time) {}

    /** What is known of a backup without begin, and of an empty index. */
    public static BackupWalInfo none(BackupInfo backup) {
        return new BackupWalInfo(
                0, 0, 0, 0, null, null, backup.xlogSegmentSize().bytes(), null);
    }

    /** Seconds between the first and the last segment; 0 unless both are known. */
    public double totalSeconds() {
        return first == null || last == null ? 0 : last.time() - first.time();
    }

    /** Segments per second over all segments counted; 0 when no time passed. */
    public double perSecond() {
        double seconds = totalSeconds();
        return seconds > 0 ? (count + untilNextCount) / seconds : 0;
    }

    /** The part of the backup's own segments that compression saved; 0 when there are none. */
    public double compressionRatio() {
        return ratio(count, sizeBytes);
    }

    /** The part of the following segments that compression saved; 0 when there are none. */
    public double untilNextCompressionRatio() {
        return ratio(untilNextCount, untilNextSizeBytes);
    }

    /** Barman computes ratios only when the first segment is in the index. */
    private double ratio(long segments, long bytes) {
        if (segments == 0 || first == null || last == null) {
            return 0;
        }
        return 1 - (double) bytes / (segments * (double) segmentSizeBytes);
    }
}
