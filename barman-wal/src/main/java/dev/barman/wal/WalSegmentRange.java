// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The segments of one timeline from a first to a last one, in order, or without end. Immutable; every iteration starts anew.
 *
 * <p>The rules are Barman's: the first name is the begin itself, upper case; a switch of the timeline is never generated; before
 * PostgreSQL 9.3 the last segment of every log does not exist; where the segment size is unknown, logs are taken to hold 0x80000
 * segments, so that a caller who looks for existing files notices the real end of a log by a gap.
 */
public final class WalSegmentRange implements Iterable<WalSegmentName> {
    /** Before this version PostgreSQL left out the last segment of each log. */
    private static final int FIRST_VERSION_USING_EVERY_SEGMENT = 90300;

    private static final long HIGHEST_SEGMENT_OF_UNKNOWN_SIZE = 0x7FFFF;
    private static final long MAX_LOG = 0xFFFFFFFFL;

    private final WalSegmentName begin;
    private final @Nullable WalSegmentName end;
    private final long highestSegment;

    private WalSegmentRange(WalSegmentName begin, @Nullable WalSegmentName end, long highestSegment) {
        this.begin = begin;
        this.end = end;
        this.highestSegment = highestSegment;
    }

    /**
     * The segments from {@code begin} to {@code endInclusive}. Of labels and partials the segment counts.
     *
     * @param endInclusive null for a range without end (it stops at the last name that can be written)
     * @param serverVersionNum PostgreSQL's {@code server_version_num}, 0 when unknown
     * @param size null when unknown
     * @throws IllegalArgumentException when the timelines differ, or either name is a history
     */
    public static WalSegmentRange of(
            WalFileName begin,
            @Nullable WalFileName endInclusive,
            int serverVersionNum,
            @Nullable WalSegmentSize size) {
        WalSegmentName first = segment(begin);
        WalSegmentName last = endInclusive == null ? null : segment(endInclusive);
        if (last != null && !first.timeline().equals(last.timeline())) {
            throw new IllegalArgumentException("Begin segment (" + begin.text() + ") and end segment (" + last.text()
                    + ") must have the same timeline part");
        }
        long highest = size == null ? HIGHEST_SEGMENT_OF_UNKNOWN_SIZE : size.highestSegment();
        boolean lastSegmentMissing = serverVersionNum > 0 && serverVersionNum < FIRST_VERSION_USING_EVERY_SEGMENT;
        return new WalSegmentRange(first, last, lastSegmentMissing ? highest - 1 : highest);
    }

    /** The segments from {@code begin} on, without end. */
    public static WalSegmentRange from(WalFileName begin, @Nullable WalSegmentSize size) {
        return of(begin, null, 0, size);
    }

    private static WalSegmentName segment(WalFileName name) {
        return WalSegmentName.segmentOf(name)
                .orElseThrow(
                        () -> new IllegalArgumentException("a history file has no place in a WAL sequence: " + name))
                .canonical();
    }

    @Override
    public Iterator<WalSegmentName> iterator() {
        return new Segments();
    }

    private final class Segments implements Iterator<WalSegmentName> {
        private final TimelineId timeline = begin.timeline();
        private long log = begin.log();
        private long segment = begin.segment();

        @Override
        public boolean hasNext() {
            return log <= MAX_LOG && (end == null || log < end.log() || (log == end.log() && segment <= end.segment()));
        }

        @Override
        public WalSegmentName next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            WalSegmentName name = WalSegmentName.of(timeline, log, segment);
            if (segment < highestSegment) {
                segment++;
            } else {
                segment = 0;
                log++;
            }
            return name;
        }
    }
}
