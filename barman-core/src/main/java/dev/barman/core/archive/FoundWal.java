// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.wal.WalFileName;
import dev.barman.wal.storage.StoredFile;
import java.io.Closeable;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A WAL file of a server that was found.
 *
 * @param name what it is: a partial segment may be found in the place of the whole one
 * @param file where its bytes can be read
 * @param archived whether it is in the archive, and not waiting to get there
 * @param stored what the archive gave, if it is
 */
record FoundWal(
        WalFileName name,
        Path file,
        boolean archived,
        @Nullable StoredFile stored) implements Closeable {
    static FoundWal archived(WalFileName name, StoredFile stored) {
        return new FoundWal(name, stored.file(), true, stored);
    }

    static FoundWal waiting(WalFileName name, Path file) {
        return new FoundWal(name, file, false, null);
    }

    @Override
    public void close() {
        if (stored != null) {
            stored.close();
        }
    }
}
