// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import org.jspecify.annotations.Nullable;

/**
 * A position in the write-ahead log: an unsigned 64-bit byte offset since the beginning of time of a cluster.
 *
 * <p>The text form is PostgreSQL's {@code X/Y}: both halves in hexadecimal, upper case, without padding. Values are unsigned, so
 * positions compare and print correctly up to {@code FFFFFFFF/FFFFFFFF}. Immutable.
 *
 * @param value the 64 bits of the position; read it as unsigned
 */
public record Lsn(long value) implements Comparable<Lsn> {
    /** The position PostgreSQL prints as {@code 0/0}, its "invalid" position. */
    public static final Lsn ZERO = new Lsn(0);

    /** The position with the given 64 bits. */
    public static Lsn of(long value) {
        return new Lsn(value);
    }

    /** The position at the given log number and offset inside the log, both 0 to 0xFFFFFFFF. */
    static Lsn of(long log, long offset) {
        return new Lsn(log << 32 | offset);
    }

    /**
     * Reads {@code X/Y}, each half one to eight hexadecimal digits of either case.
     *
     * <p>Stricter than Barman, which also takes signs, blanks, {@code 0x} and longer halves and silently adds them up.
     *
     * @throws IllegalArgumentException when the text has another form; the message quotes it
     */
    public static Lsn parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 1
                || slash > 8
                || text.length() - slash - 1 < 1
                || text.length() - slash - 1 > 8
                || !Hex.isHex(text, 0, slash)
                || !Hex.isHex(text, slash + 1, text.length())) {
            throw new IllegalArgumentException("not a WAL position (expected X/Y in hexadecimal): '" + text + "'");
        }
        return of(Hex.value(text, 0, slash), Hex.value(text, slash + 1, text.length()));
    }

    /** The upper 32 bits: the number of the 4 GiB "log" that WAL file names carry in their middle part. */
    public long log() {
        return value >>> 32;
    }

    /** Bytes from {@code other} to this position, negative when this one is earlier.
     *
     * @throws ArithmeticException when the distance does not fit a signed 64-bit number
     */
    public long minus(Lsn other) {
        long distance = value - other.value;
        if (distance < 0 != compareTo(other) < 0) {
            throw new ArithmeticException("distance between " + this + " and " + other + " exceeds 63 bits");
        }
        return distance;
    }

    /**
     * The position {@code bytes} further on, or further back when negative.
     *
     * @throws ArithmeticException when the result is outside of the unsigned 64-bit range
     */
    public Lsn plus(long bytes) {
        Lsn result = new Lsn(value + bytes);
        if (bytes < 0 ? result.compareTo(this) > 0 : result.compareTo(this) < 0) {
            throw new ArithmeticException("WAL position out of range: " + this + " plus " + bytes + " bytes");
        }
        return result;
    }

    /** The distance in bytes from the start of the segment that holds this position; 0 exactly at a segment's start. */
    public long offset(WalSegmentSize size) {
        return value & (size.bytes() - 1);
    }

    /** Orders by position, unsigned. */
    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    // Written out: the methods that records are given are put together at run time, in tens of milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Lsn that && value == that.value;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(value);
    }

    /** PostgreSQL's text, such as {@code 2/8200A168}. */
    @Override
    public String toString() {
        return Hex.upper(value >>> 32) + '/' + Hex.upper(value & 0xFFFFFFFFL);
    }
}
