// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.storage.MemoryWalStorage;
import dev.barman.wal.storage.SampleWals;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexedSegmentsTest {
    @TempDir
    Path directory;

    @Test
    void highestIsThatOfTheIndexAndContainedIsWhatTheArchiveHolds() throws Exception {
        XlogDb index = new XlogDb(directory.resolve("main-xlog.db"));
        index.append(Stream.of(
                        "000000010000000000000001",
                        "000000010000000000000003",
                        "000000010000000000000002",
                        "000000010000000000000009.00000028.backup",
                        "00000001000000000000000A.partial",
                        "000000020000000000000004")
                .map(name -> new WalEntry(name, 1, 1.0, null, null))
                .toList());
        MemoryWalStorage archive = new MemoryWalStorage();
        archive.save(SampleWals.describe(SampleWals.write(directory, "000000010000000000000003", new byte[] {1})));
        IndexedSegments segments =
                new IndexedSegments(new LockedXlogDb(index, directory.resolve(".main-xlogdb.lock")), archive);

        assertThat(segments.highest(TimelineId.of(1))).contains(WalSegmentName.parse("000000010000000000000003"));
        assertThat(segments.highest(TimelineId.of(2))).contains(WalSegmentName.parse("000000020000000000000004"));
        assertThat(segments.highest(TimelineId.of(3))).isEmpty();
        assertThat(List.of(
                        segments.contains(WalSegmentName.parse("000000010000000000000003")),
                        segments.contains(WalSegmentName.parse("000000010000000000000002"))))
                .containsExactly(true, false);
    }
}
