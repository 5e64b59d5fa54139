// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.wal.storage.WalToStore;
import java.io.IOException;

/**
 * Takes part in the archiving of every single WAL, as hook scripts do. With a listener the archiver takes one WAL after the
 * other: {@link #before}, store, {@link #after}, and only then the next.
 */
public interface ArchiveListener {
    /**
     * Called before the WAL is stored; it still lies in its source.
     *
     * @throws ArchiveVetoException ends this pass: the WAL stays where it is, and so does everything behind it. {@link #after} is
     *     called for it all the same
     * @throws IOException ends this pass as a failure
     */
    void before(WalToStore wal) throws ArchiveVetoException, IOException;

    /**
     * Called when the WAL has been dealt with: durable, in the index, its source removed; or kept as a duplicate; or refused or
     * failed. Exceptions of a listener must not undo what was done, so it handles its own.
     */
    void after(WalToStore wal, ArchiveResult result);
}
