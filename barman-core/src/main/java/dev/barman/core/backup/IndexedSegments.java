// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.wal.TimelineId;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.storage.WalStorage;
import java.io.IOException;
import java.util.Optional;

/**
 * The segments of an archive in which looking for one is cheap and listing is not: the highest one is taken from the index, in which
 * every archived segment gets its line before its source is given up.
 */
record IndexedSegments(LockedXlogDb index, WalStorage archive) implements ArchivedSegments {
    @Override
    public boolean contains(WalSegmentName segment) throws IOException {
        return archive.exists(segment);
    }

    @Override
    public Optional<WalSegmentName> highest(TimelineId timeline) throws IOException {
        String[] highest = {""};
        index.read(lines -> {
            lines.scan(line -> {
                String name = line.name();
                if (WalFileName.isSegment(name) && name.startsWith(timeline.hex()) && name.compareTo(highest[0]) > 0) {
                    highest[0] = name;
                }
                return true;
            });
            return true;
        });
        return highest[0].isEmpty() ? Optional.empty() : Optional.of(WalSegmentName.parse(highest[0]));
    }
}
