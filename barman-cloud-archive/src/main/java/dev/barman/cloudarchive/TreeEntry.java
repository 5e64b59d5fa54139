// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.BarmanException;
import dev.barman.tar.PaxTarWriter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A file, directory or link on its way into an archive. Immutable.
 *
 * @param header of a file with the length it had when it was looked at, which need not be the one it is written with
 * @param directory the one it is in, null for none that is in the archive
 * @param content writes the entry when its turn comes; null for directories and links, which have none
 */
record TreeEntry(
        PaxTarWriter.Entry header,
        @Nullable TreeEntry directory,
        @Nullable Content content) {
    /** What a file has. */
    @FunctionalInterface
    interface Content {
        /**
         * Writes header and content.
         *
         * @param header of the entry
         * @param buffer to be used for it
         */
        void writeTo(ArchiveObject target, PaxTarWriter.Entry header, byte[] buffer)
                throws IOException, BarmanException;
    }

    boolean isDirectory() {
        return header.kind() == PaxTarWriter.Kind.DIRECTORY;
    }
}
