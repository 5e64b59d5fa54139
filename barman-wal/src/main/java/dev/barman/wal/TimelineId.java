// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import org.jspecify.annotations.Nullable;

/**
 * The number of a timeline. Immutable.
 *
 * <p>PostgreSQL's timelines start at 1; 0 is accepted because names with timeline {@code 00000000} have the form of WAL names.
 *
 * @param value 0 to 0xFFFFFFFF
 */
public record TimelineId(long value) implements Comparable<TimelineId> {
    private static final long MAX = 0xFFFFFFFFL;

    public TimelineId {
        if (value < 0 || value > MAX) {
            throw new IllegalArgumentException("timeline out of range (0 to 4294967295): " + value);
        }
    }

    /**
     * The timeline with this number.
     *
     * @throws IllegalArgumentException when it does not fit 32 unsigned bits
     */
    public static TimelineId of(long value) {
        return new TimelineId(value);
    }

    /**
     * Reads the eight hexadecimal digits that begin a WAL file name.
     *
     * @throws IllegalArgumentException when the text is not exactly eight digits; the message quotes it
     */
    public static TimelineId parseHex(String text) {
        if (text.length() != 8 || !Hex.isHex(text, 0, 8)) {
            throw new IllegalArgumentException("not a timeline (expected 8 hexadecimal digits): '" + text + "'");
        }
        return new TimelineId(Hex.value(text, 0, 8));
    }

    /** Eight upper-case hexadecimal digits, as in WAL file names. */
    public String hex() {
        StringBuilder text = new StringBuilder(8);
        Hex.append(text, value, 8);
        return text.toString();
    }

    @Override
    public int compareTo(TimelineId other) {
        return Long.compare(value, other.value);
    }

    // Written out: the methods that records are given are put together at run time, in tens of milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TimelineId that && value == that.value;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(value);
    }

    /** The decimal number, as PostgreSQL and Barman print timelines. */
    @Override
    public String toString() {
        return Long.toString(value);
    }
}
