// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import java.util.Optional;

/**
 * The size of the WAL segments of a cluster: a power of two from 1 MiB to 1 GiB, as {@code initdb --wal-segsize} takes. Immutable.
 *
 * @param bytes the size in bytes
 */
public record WalSegmentSize(long bytes) {
    private static final long MIB = 1L << 20;

    /** 16 MiB: PostgreSQL's default, and what Barman assumes where a backup does not record the size. */
    public static final WalSegmentSize DEFAULT = new WalSegmentSize(16 * MIB);

    public WalSegmentSize {
        if (!isValid(bytes)) {
            throw new IllegalArgumentException(
                    "not a WAL segment size (expected a power of two from 1 MiB to 1 GiB): " + bytes + " bytes");
        }
    }

    /**
     * The segment size of that many bytes.
     *
     * @throws IllegalArgumentException when PostgreSQL knows no such size
     */
    public static WalSegmentSize of(long bytes) {
        return new WalSegmentSize(bytes);
    }

    /** The segment size of that many bytes, or empty when PostgreSQL knows no such size (the size of a truncated file, say). */
    public static Optional<WalSegmentSize> fromBytes(long bytes) {
        return isValid(bytes) ? Optional.of(new WalSegmentSize(bytes)) : Optional.empty();
    }

    private static boolean isValid(long bytes) {
        return bytes >= MIB && bytes <= 1024 * MIB && Long.bitCount(bytes) == 1;
    }

    /** The highest segment number inside one 4 GiB log, 0xFF for 16 MiB; a log holds this many segments and one more. */
    public long highestSegment() {
        return 0xFFFFFFFFL / bytes;
    }

    /** The number of the segment, inside its log, that holds the position. */
    public long segmentOf(Lsn position) {
        return (position.value() & 0xFFFFFFFFL) / bytes;
    }
}
