// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import dev.barman.wal.catalog.WalEntry;

/**
 * What became of one WAL that was given to a storage. In all three cases the name is in the archive and in the WAL index, both
 * durable; only after {@link Stored} and {@link IdenticalDuplicate} the source is no longer needed.
 */
public sealed interface StoreOutcome {
    /** What was to be stored. */
    WalToStore wal();

    /** The line of the WAL index that describes what the archive holds under this name. */
    WalEntry entry();

    /** Where the archived file is: a path or a URL. */
    String location();

    /** The WAL was not there; now it is. */
    record Stored(WalToStore wal, WalEntry entry, String location) implements StoreOutcome {}

    /** The archive held the same uncompressed bytes already; nothing was written but, where it was missing, the index line. */
    record IdenticalDuplicate(WalToStore wal, WalEntry entry, String location) implements StoreOutcome {}

    /**
     * The archive holds something else under this name, or something that cannot be read and compared. It was left as it is; the
     * source is the only copy of its content.
     */
    record DifferentDuplicate(WalToStore wal, WalEntry entry, String location) implements StoreOutcome {}
}
