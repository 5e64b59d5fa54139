// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.storage.WalToStore;
import java.nio.file.Path;

/** A WAL that needs only a name and an index line to be stored; its content is durable. */
sealed interface PreparedWal {
    WalToStore wal();

    /** Where it belongs. */
    Path target();

    /** The index line it will have; of {@link Existing}, the one it gets if it has none. */
    WalEntry entry();

    /** The source itself can get the final name. */
    record Linkable(WalToStore wal, Path target, WalEntry entry) implements PreparedWal {}

    /** A complete file beside the target, to be renamed. */
    record Encoded(WalToStore wal, Path target, WalEntry entry, Path temporary) implements PreparedWal {}

    /** The target exists already. */
    record Existing(WalToStore wal, Path target, WalEntry entry, boolean identical) implements PreparedWal {}
}
