// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One line of the WAL index: a file of the WAL archive. Immutable.
 *
 * <p>The name is not checked to be a WAL name, so that a damaged line can be shown and dropped; {@link XlogDb#append} takes WAL
 * names only.
 *
 * @param name the name of the archived file
 * @param sizeBytes its size as stored, after compression and encryption
 * @param time modification time of the original file, seconds since 1970 UTC
 * @param compression the algorithm's catalogue name (not necessarily one that is known here), null for none
 * @param encryption {@code gpg}, null for none
 */
public record WalEntry(
        String name,
        long sizeBytes,
        double time,
        @Nullable String compression,
        @Nullable String encryption) {
    public WalEntry {
        requireToken("name", name);
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("negative size of WAL file " + name + ": " + sizeBytes);
        }
        if (!Double.isFinite(time)) {
            throw new IllegalArgumentException("not a time of WAL file " + name + ": " + time);
        }
        if (compression != null) {
            requireToken("compression", compression);
        }
        if (encryption != null) {
            requireToken("encryption", encryption);
        }
    }

    /** The time of a file in the form of the index: what Python's {@code st_mtime} gives for the same file. */
    public static double epochSeconds(Instant time) {
        return time.getEpochSecond() + 1e-9 * time.getNano();
    }

    /** Fields are separated by blanks and positions in the file are bytes: printable ASCII only. */
    private static void requireToken(String field, String text) {
        boolean valid = !text.isEmpty() && !text.equals("None");
        for (int i = 0; i < text.length(); i++) {
            valid &= text.charAt(i) > ' ' && text.charAt(i) < 0x7F;
        }
        if (!valid) {
            throw new IllegalArgumentException("not possible as " + field + " in the WAL index: '" + text + "'");
        }
    }
}
