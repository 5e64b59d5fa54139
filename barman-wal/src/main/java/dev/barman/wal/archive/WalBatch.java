// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.wal.WalFileName;
import java.nio.file.Path;
import java.util.List;

/**
 * What one pass finds in a source. Immutable.
 *
 * @param items what is to be archived, in this order
 * @param unknown entries that are no WAL files, in the order of their names
 * @param totalEntries how many entries the source holds, those left for later and those to be ignored included
 */
public record WalBatch(List<Item> items, List<Path> unknown, int totalEntries) {
    /** A batch of copies of the lists. */
    public WalBatch {
        items = List.copyOf(items);
        unknown = List.copyOf(unknown);
    }

    /** Whether the pass leaves entries of the source alone, which Barman calls a batch size. */
    public boolean isPartOfSource() {
        return totalEntries > items.size();
    }

    /**
     * One file to be archived. Nothing but its name is known yet.
     *
     * @param name the name in the archive
     * @param file where it lies
     */
    public record Item(WalFileName name, Path file) {}
}
