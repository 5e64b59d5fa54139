// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** The record against a model that remembers everything that was ever archived, file by file. */
class ArchivedRecordProperties {
    private static final WalSegmentSize SIZE = WalSegmentSize.of(1 << 30);

    /** A cluster whose segments are written, archived, recycled and set back at random. */
    private static final class World {
        private final Random random;
        private final Map<WalSegmentName, FileStamp> files = new HashMap<>();
        /** Cluster, destination, name and file of what is archived. */
        private final Set<String> archived = new HashSet<>();

        private long clock = 1;
        private long system = 7;
        private String destination = "a";
        private @Nullable ArchivedRecord record;

        World(long seed) {
            random = new Random(seed);
        }

        private ReadySegment segment(int timeline, long number) {
            WalSegmentName name =
                    WalSegmentName.containing(TimelineId.of(timeline), Lsn.of(number * SIZE.bytes()), SIZE);
            FileStamp stamp =
                    files.computeIfAbsent(name, any -> new FileStamp(random.nextInt(4), SIZE.bytes(), clock++));
            return new ReadySegment(name, Path.of(name.text()), stamp, SIZE, system);
        }

        private String key(ReadySegment segment) {
            return system + destination + segment.name() + segment.stamp();
        }

        void step() {
            int timeline = 1 + random.nextInt(3);
            long number = random.nextInt(12);
            switch (random.nextInt(12)) {
                case 0 -> files.clear();
                case 1 -> system = 7 + random.nextInt(2);
                case 2 -> destination = random.nextBoolean() ? "a" : "b";
                case 3 -> files.remove(segment(timeline, number).name());
                default -> request(timeline, number);
            }
        }

        private void request(int timeline, long number) {
            ReadySegment requested = segment(timeline, number);
            if (record != null && record.isAbout(requested, destination) && record.covers(requested)) {
                assertThat(archived.contains(key(requested))).isTrue();
                return;
            }
            // How many the transport gets through before the run is killed, and whether it lives to record them.
            List<ReadySegment> sent = new ArrayList<>();
            for (int i = random.nextInt(5); i >= 0; i--) {
                sent.add(segment(timeline, number++));
            }
            sent.forEach(segment -> archived.add(key(segment)));
            ArchivedRecord before = record;
            if (random.nextInt(4) > 0) {
                record = ArchivedRecord.with(before, sent, destination);
                assertThat(ArchivedRecord.parse(record.format())).isEqualTo(record);
            }
            // A run that was overtaken records after a later one.
            if (random.nextInt(4) == 0) {
                record = ArchivedRecord.with(record, sent.subList(0, 1), destination);
            }
        }
    }

    @Property(tries = 300)
    void whatIsSkippedWasArchived(@ForAll long seed) {
        World world = new World(seed);
        for (int i = 0; i < 80; i++) {
            world.step();
        }
    }

    @Property(tries = 200)
    void intervalIsContiguousAndOnlyGrowsWithinItself(@ForAll long seed) {
        Random random = new Random(seed);
        Set<Long> archived = new HashSet<>();
        ArchivedInterval interval = null;
        for (int i = 0; i < 40; i++) {
            long first = random.nextInt(400);
            int count = 1 + random.nextInt(300);
            List<FileStamp> stamps = new ArrayList<>();
            for (int k = Math.max(0, count - ArchivedInterval.MAX_STAMPS); k < count; k++) {
                stamps.add(new FileStamp(first + k, 1, 1));
            }
            ArchivedInterval added = new ArchivedInterval(TimelineId.of(1), first, first + count - 1, stamps);
            for (long n = added.first(); n <= added.last(); n++) {
                archived.add(n);
            }
            ArchivedInterval merged = interval == null ? added : interval.with(added);
            if (interval != null && merged != added) {
                assertThat(merged.first()).isEqualTo(interval.first());
                assertThat(merged.last()).isGreaterThanOrEqualTo(interval.last());
            }
            for (long n = merged.first(); n <= merged.last(); n++) {
                assertThat(archived.contains(n)).as("%d", n).isTrue();
            }
            for (int k = 0; k < merged.stamps().size(); k++) {
                assertThat(merged.stamps().get(k).inode())
                        .isEqualTo(merged.last() - merged.stamps().size() + 1 + k);
            }
            interval = merged;
        }
    }
}
