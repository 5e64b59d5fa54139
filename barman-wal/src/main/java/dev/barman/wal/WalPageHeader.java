// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * What the first page of a WAL segment says about the segment: PostgreSQL's {@code XLogLongPageHeaderData}. Immutable.
 *
 * <p>Known are PostgreSQL 9.6 to 18 on little-endian machines. Everything else, the empty page of a segment that is yet to be
 * written, a compressed or encrypted file, an unknown release or a foreign byte order, is "no header" and never a guess.
 *
 * @param magic {@code xlp_magic}: the format version of the WAL, 0xD110 for PostgreSQL 15
 * @param timeline {@code xlp_tli}: the timeline on which the page was written. After a switch in the middle of a segment, the
 *     new timeline's copy of that segment begins with pages of the old one
 * @param pageAddress {@code xlp_pageaddr}: the position of the page, a multiple of the segment size
 * @param systemIdentifier {@code xlp_sysid}: the cluster, unsigned
 * @param segmentSizeBytes {@code xlp_seg_size}, always a size that {@link WalSegmentSize} accepts
 * @param blockSizeBytes {@code xlp_xlog_blcksz}
 */
public record WalPageHeader(
        int magic,
        TimelineId timeline,
        Lsn pageAddress,
        long systemIdentifier,
        long segmentSizeBytes,
        int blockSizeBytes) {
    /** Bytes of the long header; a buffer or file with fewer has none. */
    public static final int LENGTH = 40;

    private static final int FLAG_LONG_HEADER = 0x0002;
    private static final int ALL_FLAGS = 0x000F;
    private static final int MIN_BLOCK = 1 << 10;
    private static final int MAX_BLOCK = 1 << 16;
    private static final int NEWEST_KNOWN_MAGIC = 0xD118;

    /**
     * Reads the header of an uncompressed, unencrypted segment, partial or not.
     *
     * @return empty when the file does not begin with the first page of a segment
     * @throws IOException when the file cannot be read
     */
    public static Optional<WalPageHeader> read(Path file) throws IOException {
        ByteBuffer page = ByteBuffer.allocate(LENGTH);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (page.hasRemaining() && channel.read(page) >= 0) {
                // until full or at the end of the file
            }
        }
        return parse(page.flip());
    }

    /**
     * Reads the header at the buffer's position, which is left where it is.
     *
     * @return empty when the bytes are not the first page of a segment, or are fewer than {@link #LENGTH}
     */
    public static Optional<WalPageHeader> parse(ByteBuffer buffer) {
        if (buffer.remaining() < LENGTH) {
            return Optional.empty();
        }
        ByteBuffer page = buffer.slice().order(ByteOrder.LITTLE_ENDIAN);
        int magic = page.getShort(0) & 0xFFFF;
        int flags = page.getShort(2) & 0xFFFF;
        if (!isKnown(magic) || (flags & FLAG_LONG_HEADER) == 0 || (flags & ~ALL_FLAGS) != 0) {
            return Optional.empty();
        }
        // uint16 magic, uint16 flags, uint32 timeline, uint64 address, uint32 remaining length, 4 bytes of padding,
        // uint64 system identifier, uint32 segment size, uint32 block size
        long timeline = page.getInt(4) & 0xFFFFFFFFL;
        long address = page.getLong(8);
        long segmentSize = page.getInt(32) & 0xFFFFFFFFL;
        int blockSize = page.getInt(36);
        if (timeline == 0
                || WalSegmentSize.fromBytes(segmentSize).isEmpty()
                || (address & (segmentSize - 1)) != 0
                || blockSize < MIN_BLOCK
                || blockSize > MAX_BLOCK
                || Integer.bitCount(blockSize) != 1) {
            return Optional.empty();
        }
        return Optional.of(new WalPageHeader(
                magic, TimelineId.of(timeline), Lsn.of(address), page.getLong(24), segmentSize, blockSize));
    }

    /**
     * Whether the bytes begin with the page magic of a release later than the known ones, which count upwards.
     *
     * @param head the first bytes of a file
     */
    static boolean isOfLaterRelease(byte[] head) {
        if (head.length < LENGTH) {
            return false;
        }
        int magic = (head[0] & 0xFF) | (head[1] & 0xFF) << 8;
        return magic > NEWEST_KNOWN_MAGIC && (magic & 0xFF00) == (NEWEST_KNOWN_MAGIC & 0xFF00);
    }

    private static boolean isKnown(int magic) {
        return switch (magic) {
            case 0xD093, // 9.6
                    0xD097, // 10
                    0xD098, // 11
                    0xD101, // 12
                    0xD106, // 13
                    0xD10D, // 14
                    0xD110, // 15
                    0xD113, // 16
                    0xD116, // 17
                    NEWEST_KNOWN_MAGIC // 18
            -> true;
            default -> false;
        };
    }

    /** The system identifier in decimal, as {@code pg_controldata} prints it and {@code identity.json} stores it. */
    public String systemId() {
        return Long.toUnsignedString(systemIdentifier);
    }

    /** The segment size as a type. */
    public WalSegmentSize segmentSize() {
        return WalSegmentSize.of(segmentSizeBytes);
    }

    /**
     * Whether a segment with this first page can bear the name: the position is the one in the name, and the timeline is that of
     * the name or an earlier one (the part of the segment before a timeline switch is copied from the parent).
     */
    public boolean belongsTo(WalSegmentName name) {
        return name.segment() <= segmentSize().highestSegment()
                && name.startLsn(segmentSize()).equals(pageAddress)
                && timeline.compareTo(name.timeline()) <= 0;
    }
}
