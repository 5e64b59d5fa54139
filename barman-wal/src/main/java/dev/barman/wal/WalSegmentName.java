// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The name of a whole WAL segment: timeline, log and segment number, eight hexadecimal digits each. Immutable.
 *
 * @param text the 24 digits as given; names made by the factories are upper case
 */
public record WalSegmentName(String text) implements WalFileName {
    private static final long MAX = 0xFFFFFFFFL;

    public WalSegmentName {
        if (!WalNames.isSegment(text)) {
            throw WalNames.bad(text);
        }
    }

    /**
     * Reads a bare name.
     *
     * @throws IllegalArgumentException {@code BadXlogSegmentName:<last path component>} when it is not a segment's name
     */
    public static WalSegmentName parse(String name) {
        return new WalSegmentName(name);
    }

    /**
     * The name made of three numbers.
     *
     * @throws IllegalArgumentException when a number does not fit 32 unsigned bits
     */
    public static WalSegmentName of(TimelineId timeline, long log, long segment) {
        if (log < 0 || log > MAX || segment < 0 || segment > MAX) {
            throw new IllegalArgumentException("WAL log or segment number out of range: " + log + ", " + segment);
        }
        return new WalSegmentName(WalNames.segment(timeline, log, segment));
    }

    /**
     * The segment that holds a position. A position exactly on a boundary belongs to the segment it begins: Barman's rule, and
     * that of PostgreSQL for positions to be written; {@code pg_walfile_name} before PostgreSQL 17 names the preceding one.
     */
    public static WalSegmentName containing(TimelineId timeline, Lsn position, WalSegmentSize size) {
        return of(timeline, position.log(), size.segmentOf(position));
    }

    /** The middle part: the upper 32 bits of the positions in the segment. */
    public long log() {
        return Hex.value(text, 8, 16);
    }

    /** The last part: the number of the segment inside its log. Not range-checked, it may exceed the highest of any size. */
    public long segment() {
        return Hex.value(text, 16, 24);
    }

    /** The same segment in upper case, the form of every computed name. */
    public WalSegmentName canonical() {
        return of(timeline(), log(), segment());
    }

    /**
     * The following segment on the same timeline, upper case. From the highest segment of a log, or beyond it, the first of the
     * next log follows.
     *
     * @throws IllegalArgumentException after the very last segment
     */
    public WalSegmentName next(WalSegmentSize size) {
        if (segment() < size.highestSegment()) {
            return of(timeline(), log(), segment() + 1);
        }
        return of(timeline(), log() + 1, 0);
    }

    /**
     * The preceding segment on the same timeline, upper case.
     *
     * @throws IllegalArgumentException for the very first segment; Barman computes a name of 25 digits there
     */
    public WalSegmentName previous(WalSegmentSize size) {
        if (segment() > 0) {
            return of(timeline(), log(), segment() - 1);
        }
        if (log() == 0) {
            throw new IllegalArgumentException("no WAL segment precedes " + text);
        }
        return of(timeline(), log() - 1, size.highestSegment());
    }

    /**
     * The position of the first byte of the segment.
     *
     * @throws IllegalArgumentException when clusters with this segment size have no segment of that number
     */
    public Lsn startLsn(WalSegmentSize size) {
        if (segment() > size.highestSegment()) {
            throw new IllegalArgumentException(
                    "no WAL segment " + text + " exists with segments of " + size.bytes() + " bytes");
        }
        return Lsn.of(log(), segment() * size.bytes());
    }

    /** The partial form of this segment's name. */
    public PartialSegmentName partial() {
        return new PartialSegmentName(text + ".partial");
    }

    /** The segment that a name talks about: itself, or that of a partial or a label; empty for a history. */
    public static Optional<WalSegmentName> segmentOf(WalFileName name) {
        if (name instanceof WalSegmentName segment) {
            return Optional.of(segment);
        }
        if (name instanceof PartialSegmentName partial) {
            return Optional.of(partial.segment());
        }
        return name instanceof BackupLabelFileName label ? Optional.of(label.segment()) : Optional.empty();
    }

    // Written out: the methods that records are given are put together at run time, in tens of milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof WalSegmentName that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
