// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.recovery.UnpackedTree;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.jspecify.annotations.Nullable;

/**
 * The control file of a restored cluster while everything else is being restored. Without it PostgreSQL does not start, so it must not be on disk before
 * the rest is: this class keeps it in memory. Thread-safe.
 */
final class ControlFile {
    static final String DIRECTORY = "global";
    static final String NAME = DIRECTORY + "/pg_control";

    /** PostgreSQL's has 8 KiB. */
    private static final int MAX_BYTES = 1 << 20;

    private @Nullable Kept kept;

    /**
     * What an archive has.
     *
     * @param number the archive's place among those of the directory
     */
    record Kept(TarArchiveEntry entry, byte[] content, int number) {}

    /**
     * Keeps the file of an archive, unless a later archive had one. Of two of one archive the later one counts.
     *
     * @param content of the entry; read to its end
     * @throws IOException when it cannot be read, is not complete, or is no file that a control file can be
     */
    void keep(TarArchiveEntry entry, InputStream content, int number) throws IOException {
        if (!UnpackedTree.isPlainFile(entry)) {
            throw new IOException("the archive has something else than a file in place of " + NAME);
        }
        long size = entry.getSize();
        if (size > MAX_BYTES) {
            throw new IOException(NAME + " would have " + size
                    + " bytes: that is not the control file of PostgreSQL, which is small");
        }
        byte[] bytes = content.readNBytes(MAX_BYTES);
        if (bytes.length != size) {
            throw new IOException(NAME + " has " + bytes.length + " bytes where " + size + " were announced");
        }
        synchronized (this) {
            if (kept == null || kept.number() <= number) {
                kept = new Kept(entry, bytes, number);
            }
        }
    }

    /** What counts of all that was kept, null when there was none. */
    synchronized @Nullable Kept kept() {
        return kept;
    }
}
