// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The compression algorithms of the option {@code compression}.
 *
 * <p>Each constant knows its name in the configuration and in the WAL index, its magic bytes, and what the levels
 * {@code low}, {@code medium} and {@code high} mean. Immutable.
 */
public enum CompressionAlgorithm {
    /** RFC 1952 gzip, in process. */
    GZIP("gzip", Family.GZIP, 1, 6, 9, 1, 9),
    /** Deprecated alias of {@link #GZIP}, recorded under its own name. */
    PYGZIP("pygzip", Family.GZIP, 1, 6, 9, 1, 9),
    /** The gzip format written by the external program {@code pigz}. */
    PIGZ("pigz", Family.GZIP, 1, 6, 9, 1, 9),
    /** bzip2, in process. */
    BZIP2("bzip2", Family.BZIP2, 1, 5, 9, 1, 9),
    /** Deprecated alias of {@link #BZIP2}, recorded under its own name. */
    PYBZIP2("pybzip2", Family.BZIP2, 1, 5, 9, 1, 9),
    /** xz, in process. */
    XZ("xz", Family.XZ, 1, 3, 5, 1, 9),
    /** Zstandard, in process. */
    ZSTD("zstd", Family.ZSTD, 1, 4, 9, -22, 22),
    /** The LZ4 frame format, in process. */
    LZ4("lz4", Family.LZ4, 0, 6, 10, 0, 16),
    /** The Snappy framing format, in process; it has no levels. */
    SNAPPY("snappy", Family.SNAPPY, 0, 0, 0, 0, 0),
    /** Filters given by the user, run by a shell. */
    CUSTOM("custom", Family.CUSTOM, 0, 0, 0, 0, 0);

    /** The data format, shared by the aliases. */
    enum Family {
        GZIP(0x1f, 0x8b, 0x08),
        BZIP2(0x42, 0x5a, 0x68),
        XZ(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00),
        ZSTD(0x28, 0xb5, 0x2f, 0xfd),
        LZ4(0x04, 0x22, 0x4d, 0x18),
        SNAPPY(0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59),
        CUSTOM();

        final byte[] magic;

        Family(int... magic) {
            this.magic = new byte[magic.length];
            for (int i = 0; i < magic.length; i++) {
                this.magic[i] = (byte) magic[i];
            }
        }
    }

    private static final CompressionAlgorithm[] ALL = values();

    private final String id;
    private final Family family;
    private final int low;
    private final int medium;
    private final int high;
    private final int lowest;
    private final int highest;

    CompressionAlgorithm(String id, Family family, int low, int medium, int high, int lowest, int highest) {
        this.id = id;
        this.family = family;
        this.low = low;
        this.medium = medium;
        this.high = high;
        this.lowest = lowest;
        this.highest = highest;
    }

    /** The name in the configuration and in the WAL index, such as {@code gzip}. */
    public String id() {
        return id;
    }

    /** The algorithm with this exact, lower-case name, or empty. */
    public static Optional<CompressionAlgorithm> fromId(String id) {
        for (CompressionAlgorithm algorithm : ALL) {
            if (algorithm.id.equals(id)) {
                return Optional.of(algorithm);
            }
        }
        return Optional.empty();
    }

    /** Whether this process compresses by itself; false for {@link #PIGZ} and {@link #CUSTOM}. */
    public boolean inProcess() {
        return this != PIGZ && this != CUSTOM;
    }

    /** Whether data of both algorithms has the same format, as that of {@link #GZIP} and {@link #PIGZ}. */
    public boolean sameFormat(CompressionAlgorithm other) {
        return family == other.family;
    }

    /** A copy of the bytes that data of this algorithm begins with; empty for {@link #CUSTOM}. */
    public byte[] magic() {
        return family.magic.clone();
    }

    /**
     * The number that {@code level} means for this algorithm, clamped silently to the range that it accepts. For
     * {@link #SNAPPY} and {@link #CUSTOM}, which have no levels, it is 0.
     */
    public int number(CompressionLevel level) {
        switch (level.kind()) {
            case LOW:
                return low;
            case MEDIUM:
                return medium;
            case HIGH:
                return high;
            case NUMBER:
                return Math.max(lowest, Math.min(highest, level.number()));
        }
        throw new IllegalArgumentException("unknown level " + level);
    }

    Family family() {
        return family;
    }

    /** Which of the formats {@code head} begins with, by the name that detection reports; null if none. */
    static @Nullable CompressionAlgorithm byMagic(byte[] head, int length) {
        // One switch on the first byte, so that plain WAL costs one comparison.
        if (length < 3) {
            return null;
        }
        return switch (head[0]) {
            case 0x42 -> begins(head, length, BZIP2);
            case 0x1f -> begins(head, length, GZIP);
            case 0x04 -> begins(head, length, LZ4);
            case (byte) 0xff -> begins(head, length, SNAPPY);
            case (byte) 0xfd -> begins(head, length, XZ);
            case 0x28 -> begins(head, length, ZSTD);
            default -> null;
        };
    }

    private static @Nullable CompressionAlgorithm begins(byte[] head, int length, CompressionAlgorithm algorithm) {
        byte[] magic = algorithm.family.magic;
        if (length < magic.length) {
            return null;
        }
        for (int i = 0; i < magic.length; i++) {
            if (head[i] != magic[i]) {
                return null;
            }
        }
        return algorithm;
    }
}
