// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.wal.catalog.EntryVisitor;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.catalog.XlogDbCursor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The WAL figures of many backups in one pass over the index.
 *
 * <p>For each backup the index is read in its own order, as Barman does: segments below its begin, and those of higher timelines, are
 * passed over; the first other one beyond the end of the next backup ends its count for good, even when segments that would belong to it
 * come later in an unsorted index.
 */
public final class WalStatistics {
    private WalStatistics() {}

    /**
     * Counts the segments of some backups.
     *
     * @param index read without locking; the caller holds the index's lock
     * @param backups all backups of the server: they tell which one is next
     * @param wanted whose figures are asked for
     * @return the figures of each wanted backup
     * @throws IOException when the index cannot be read or a line in it is damaged; a name that is no WAL file's is reported in the figures of
     *     the backups it concerns
     */
    public static Map<BackupId, BackupWalInfo> of(XlogDb index, Backups backups, Collection<BackupInfo> wanted)
            throws IOException {
        Map<BackupId, BackupWalInfo> figures = new TreeMap<>();
        List<Count> counts = new ArrayList<>();
        for (BackupInfo backup : wanted) {
            if (backup.beginWal() == null) {
                figures.put(backup.id(), BackupWalInfo.none(backup));
            } else {
                BackupInfo next = backups.next(backup.id()).orElse(null);
                counts.add(new Count(
                        backup,
                        backup.beginWal().text(),
                        next == null || next.endWal() == null
                                ? null
                                : next.endWal().text()));
            }
        }
        if (!counts.isEmpty()) {
            index.scan(new Pass(counts));
        }
        for (Count count : counts) {
            figures.put(count.backup.id(), count.figures(index));
        }
        return figures;
    }

    /** One backup's count so far. */
    private static final class Count {
        private final BackupInfo backup;
        private final byte[] begin;
        private final byte @Nullable [] end;
        private final byte @Nullable [] limit;
        private final long timeline;
        private long count;
        private long sizeBytes;
        private long untilNextCount;
        private long untilNextSizeBytes;
        private long firstOffset = -1;
        private long lastOffset = -1;
        private @Nullable String invalidName;

        Count(BackupInfo backup, String begin, @Nullable String limit) {
            this.backup = backup;
            this.begin = ascii(begin);
            this.end = backup.endWal() == null ? null : ascii(backup.endWal().text());
            this.limit = limit == null ? null : ascii(limit);
            this.timeline = Long.parseLong(begin, 0, 8, 16);
        }

        private static byte[] ascii(String name) {
            return name.getBytes(StandardCharsets.US_ASCII);
        }

        BackupWalInfo figures(XlogDb index) throws IOException {
            return new BackupWalInfo(
                    count,
                    sizeBytes,
                    untilNextCount,
                    untilNextSizeBytes,
                    segmentAt(index, firstOffset),
                    segmentAt(index, lastOffset),
                    backup.xlogSegmentSize().bytes(),
                    invalidName);
        }

        /** Only two lines of each backup are asked for their time; decoding it in all lines would cost more than the whole pass. */
        private static BackupWalInfo.@Nullable Segment segmentAt(XlogDb index, long offset) throws IOException {
            if (offset < 0) {
                return null;
            }
            BackupWalInfo.Segment[] found = new BackupWalInfo.Segment[1];
            index.scanFrom(offset, line -> {
                found[0] = new BackupWalInfo.Segment(line.name(), line.time());
                return false;
            });
            return found[0];
        }
    }

    /** The pass. Counts that go on are kept in the order of their begin, so that a line is compared with few of them. */
    private static final class Pass implements EntryVisitor {
        private final Count[] live;
        private int size;

        Pass(List<Count> counts) {
            List<Count> sorted = new ArrayList<>(counts);
            sorted.sort((a, b) -> Arrays.compare(a.begin, b.begin));
            this.live = sorted.toArray(new Count[0]);
            this.size = live.length;
        }

        @Override
        public boolean visit(XlogDbCursor line) {
            if (!line.isPlainSegment()) {
                if (!line.isWalFileName()) {
                    String name = line.name();
                    for (int i = 0; i < size; i++) {
                        live[i].invalidName = name;
                    }
                    size = 0;
                }
                return size > 0;
            }
            long timeline = -1;
            for (int i = 0; i < size; i++) {
                Count count = live[i];
                int comparedToBegin = line.compareName(count.begin);
                if (comparedToBegin < 0) {
                    break;
                }
                if (timeline < 0) {
                    timeline = line.timeline();
                }
                if (timeline > count.timeline) {
                    continue;
                }
                if (count.limit != null && line.compareName(count.limit) > 0) {
                    size--;
                    System.arraycopy(live, i + 1, live, i, size - i);
                    i--;
                    continue;
                }
                if (comparedToBegin == 0) {
                    count.firstOffset = line.offset();
                }
                count.lastOffset = line.offset();
                if (count.end != null && line.compareName(count.end) <= 0) {
                    count.count++;
                    count.sizeBytes += line.sizeBytes();
                } else {
                    count.untilNextCount++;
                    count.untilNextSizeBytes += line.sizeBytes();
                }
            }
            return size > 0;
        }
    }
}
