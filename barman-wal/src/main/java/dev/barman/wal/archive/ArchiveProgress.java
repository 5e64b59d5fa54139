// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.wal.storage.WalToStore;
import java.nio.file.Path;
import java.util.List;

/** Follows a pass, to tell a person about it. Called on the archiving thread, in the order of the WALs. */
public interface ArchiveProgress {
    /** This WAL's turn has come; one of the other methods may follow for it. */
    void processing(WalToStore wal);

    /** The archive holds something else under this name; the file was moved aside. */
    void conflict(WalToStore wal, Path keptAs);

    /**
     * A plain segment is shorter than its own header says, so it may still be written: left where it is.
     *
     * @param expectedBytes the segment size in its header, or 0 when the file is empty or too short to have one
     */
    void incomplete(WalToStore wal, long expectedBytes);

    /** A segment of another PostgreSQL cluster was moved aside. */
    void foreign(WalToStore wal, String systemId, String expectedSystemId, Path keptAs);

    /** The listener ended the pass before this WAL. */
    void vetoed(WalToStore wal, ArchiveVetoException veto);

    /**
     * Entries that are no WAL files are about to be moved aside.
     *
     * @param entries at least one
     */
    void unknown(List<Path> entries);
}
