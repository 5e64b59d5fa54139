// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import org.jspecify.annotations.Nullable;

/**
 * The name of the label that PostgreSQL archives at the end of a base backup: the first segment of the backup and the offset in
 * it. Immutable.
 *
 * @param text the name as given, such as {@code 000000010000000000000003.00000028.backup}
 */
public record BackupLabelFileName(String text) implements WalFileName {
    public BackupLabelFileName {
        if (!WalNames.isBackupLabel(text)) {
            throw WalNames.bad(text);
        }
    }

    /**
     * The name of the label of a backup.
     *
     * @param segment the segment in which the backup started
     * @param offset the offset of the start inside of the segment, in bytes
     */
    public static BackupLabelFileName of(WalSegmentName segment, long offset) {
        StringBuilder text = new StringBuilder(segment.text()).append('.');
        Hex.append(text, offset, 8);
        return new BackupLabelFileName(text.append(".backup").toString());
    }

    /** The segment in which the backup started. */
    public WalSegmentName segment() {
        return new WalSegmentName(text.substring(0, WalNames.SEGMENT_LENGTH));
    }

    /** The offset of the start inside of the segment, in bytes. */
    public long offset() {
        return Hex.value(text, WalNames.SEGMENT_LENGTH + 1, WalNames.SEGMENT_LENGTH + 9);
    }

    // Written out: the methods that records are given are put together at run time, in tens of milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BackupLabelFileName that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
