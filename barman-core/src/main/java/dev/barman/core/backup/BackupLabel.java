// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.wal.Lsn;
import dev.barman.wal.WalSegmentName;
import java.util.Optional;

/**
 * PostgreSQL's {@code backup_label}: where recovery of a base backup begins. Immutable.
 *
 * @param text the whole file
 * @param startLsn the position in its first line
 * @param startWal the segment in its first line
 */
public record BackupLabel(String text, Lsn startLsn, WalSegmentName startWal) {

    private static final String START = "START WAL LOCATION: ";
    private static final String FILE = " (file ";

    /**
     * Reads the line {@code START WAL LOCATION: 0/9000028 (file 000000010000000000000009)}.
     *
     * @return empty if there is no such line, or what it names is malformed
     */
    public static Optional<BackupLabel> parse(String text) {
        for (String line : text.split("\n", -1)) {
            int file = line.indexOf(FILE);
            int end = line.indexOf(')', Math.max(file, 0));
            if (line.startsWith(START) && file > 0 && end > file) {
                try {
                    return Optional.of(new BackupLabel(
                            text,
                            Lsn.parse(line.substring(START.length(), file)),
                            WalSegmentName.parse(line.substring(file + FILE.length(), end))));
                } catch (IllegalArgumentException e) {
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }
}
