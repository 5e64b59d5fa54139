// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Segments of one timeline, without a gap, that are known to be archived, and the stamps of the newest of them. Immutable.
 *
 * <p>Segments are counted from position 0: the number of a segment is its position divided by the segment size.
 *
 * @param timeline the timeline
 * @param first number of the first segment
 * @param last number of the last segment
 * @param stamps of the last {@code stamps.size()} segments, in order
 */
record ArchivedInterval(TimelineId timeline, long first, long last, List<FileStamp> stamps) {
    /** How many stamps are kept: more than one run sends. */
    static final int MAX_STAMPS = 256;

    ArchivedInterval {
        if (first < 0 || last < first || stamps.size() > MAX_STAMPS || stamps.size() > last - first + 1) {
            throw new IllegalArgumentException("not an interval of archived segments: " + first + " to " + last + ", "
                    + stamps.size() + " stamps");
        }
        stamps = List.copyOf(stamps);
    }

    /** The number of a segment, of which there are at most 2^44. */
    static long number(WalSegmentName name, WalSegmentSize size) {
        return Long.divideUnsigned(name.startLsn(size).value(), size.bytes());
    }

    /** The interval of segments that have just been archived, which follow each other. */
    static ArchivedInterval of(List<ReadySegment> archived) {
        ReadySegment requested = archived.get(0);
        long first = number(requested.name(), requested.size());
        List<FileStamp> stamps = new ArrayList<>();
        for (int i = Math.max(0, archived.size() - MAX_STAMPS); i < archived.size(); i++) {
            stamps.add(archived.get(i).stamp());
        }
        return new ArchivedInterval(requested.name().timeline(), first, first + archived.size() - 1, stamps);
    }

    /** Whether this very file is archived. A segment too old for its stamp to be kept counts as not archived. */
    boolean covers(long number, FileStamp stamp) {
        return stamp.equals(stamp(number));
    }

    private @Nullable FileStamp stamp(long number) {
        long index = number - (last - stamps.size() + 1);
        return number <= last && index >= 0 ? stamps.get((int) index) : null;
    }

    /**
     * What is known after a run has archived {@code added}. The interval grows upward only. Behind a gap a new one begins; what lies
     * below, the work of a run that was overtaken, leaves it as it is.
     */
    ArchivedInterval with(ArchivedInterval added) {
        if (added.first > last + 1) {
            return added;
        }
        if (added.last < first) {
            return this;
        }
        long newLast = Math.max(last, added.last);
        List<FileStamp> newest = new ArrayList<>();
        for (long number = newLast; number >= first && newest.size() < MAX_STAMPS; number--) {
            FileStamp stamp = added.stamp(number);
            if (stamp == null) {
                stamp = stamp(number);
            }
            if (stamp == null) {
                break;
            }
            newest.add(0, stamp);
        }
        return new ArchivedInterval(timeline, first, newLast, newest);
    }
}
