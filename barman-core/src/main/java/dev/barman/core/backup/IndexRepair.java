// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.storage.WalStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes the WAL index fit what a removal has left in the archive. Immutable. */
final class IndexRepair {
    private final WalStorage storage;

    IndexRepair(WalStorage storage) {
        this.storage = storage;
    }

    /** A line that was taken out of the index, and the name in the last line before it that stayed; null for the beginning. */
    record Line(WalEntry entry, @Nullable String after) {}

    /**
     * Merges the lines of files that were not removed back into the index, each behind the line that it followed. What was added to the index
     * meanwhile stays, and a line that somebody made anew is not doubled.
     */
    boolean putBack(XlogDb db, List<Line> lines, Set<String> gone) throws IOException {
        forget(db, gone);
        List<WalEntry> present = db.entries();
        Set<String> known = new HashSet<>();
        for (WalEntry entry : present) {
            known.add(entry.name());
        }
        List<WalEntry> first = new ArrayList<>();
        Map<String, List<WalEntry>> following = new HashMap<>();
        for (Line line : lines) {
            if (!gone.contains(line.entry().name()) && known.add(line.entry().name())) {
                String after = line.after();
                List<WalEntry> place = after == null || !known.contains(after)
                        ? first
                        : following.computeIfAbsent(after, name -> new ArrayList<>());
                place.add(line.entry());
            }
        }
        List<WalEntry> merged = new ArrayList<>(first);
        for (WalEntry entry : present) {
            merged.add(entry);
            merged.addAll(following.getOrDefault(entry.name(), List.of()));
            following.remove(entry.name());
        }
        db.replace(merged.iterator());
        return true;
    }

    /** Takes out the lines that a rebuild of the index, meanwhile, made for files that are gone by now. */
    boolean forget(XlogDb db, Set<String> gone) throws IOException {
        Set<String> stale = new HashSet<>();
        db.scan(line -> {
            String name = line.name();
            if (gone.contains(name) && !storage.exists(WalFileName.parse(name))) {
                stale.add(name);
            }
            return true;
        });
        if (!stale.isEmpty()) {
            db.retain(line -> !stale.contains(line.name()));
        }
        return true;
    }
}
