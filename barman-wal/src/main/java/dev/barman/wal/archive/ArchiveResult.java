// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.wal.storage.StoreOutcome;
import java.nio.file.Path;

/** How the archiving of one WAL ended. */
public sealed interface ArchiveResult {
    /** In the archive; the source is gone. */
    record Archived(StoreOutcome.Stored outcome) implements ArchiveResult {}

    /** It was in the archive already; the source is gone. */
    record AlreadyArchived(StoreOutcome.IdenticalDuplicate outcome) implements ArchiveResult {}

    /** The archive holds something else under this name; the source was moved aside. */
    record Conflict(StoreOutcome.DifferentDuplicate outcome, Path keptAs) implements ArchiveResult {}

    /** The listener said no; the source is where it was. */
    record Vetoed(ArchiveVetoException veto) implements ArchiveResult {}

    /** It could not be stored; the source is where it was. */
    record Failed(Exception failure) implements ArchiveResult {}
}
