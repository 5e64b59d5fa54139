// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

/** Zstandard, whose higher levels take much memory. Thread-safe. */
final class ZstdCodec extends ChunkCodec {
    private static final int LAST_SMALL_LEVEL = 8;
    private static final int LAST_MIDDLE_LEVEL = 19;
    private static final long SMALL_BYTES = 16L << 20;
    private static final long MIDDLE_BYTES = 96L << 20;
    /** Window and tables of the highest levels, for a byte of the window; as measured, the highest of them. */
    private static final int BYTES_PER_BYTE = 18;

    private final int level;

    ZstdCodec(CompressionSettings settings) {
        super(settings, ZstdCompressor::create, ZstdDecoder::open);
        this.level = settings.levelNumber();
    }

    @Override
    public long nativeBytesPerCall(long sizeBytes) {
        if (level <= LAST_SMALL_LEVEL) {
            return SMALL_BYTES;
        }
        if (level <= LAST_MIDDLE_LEVEL) {
            return MIDDLE_BYTES;
        }
        // 32, 64 and 128 MiB at 20, 21 and 22; for a smaller file no larger than that, as a power of two.
        long window = Long.highestOneBit(Math.max(1, 2 * sizeBytes - 1));
        return BYTES_PER_BYTE * Math.min(window, 1L << (level + 5));
    }
}
