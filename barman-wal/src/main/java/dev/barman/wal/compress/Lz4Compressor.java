// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.xxhash.StreamingXXHash32;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * One LZ4 frame of independent blocks with a content checksum, and with the content size where it is known.
 *
 * <p>Levels are those of liblz4's frame interface: 0 to 2 are the fast compressor, 3 to 16 the high compression one.
 */
final class Lz4Compressor extends ChunkCompressor {
    static final int MAGIC = 0x184D2204;
    static final int STORED = 1 << 31;

    /** Fits into a processor's second cache with its output; the fast compressor finds as much as in larger ones. */
    private static final int FAST_BLOCK_BYTES = 1 << 18;
    /** The high compression one looks back 64 KiB, so it loses at each beginning. */
    private static final int HIGH_COMPRESSION_BLOCK_BYTES = 1 << 22;

    private static final int HASHED_BYTES = 1 << 16;
    private static final int LOWEST_HIGH_COMPRESSION = 3;
    private static final int HIGHEST = 12;

    private final LZ4Compressor compressor;
    private final XXHash32 hash;
    private final StreamingXXHash32 contentHash;
    private final byte[] hashed = new byte[HASHED_BYTES];
    private final ByteBuffer output;

    Lz4Compressor(int level) {
        super(ByteBuffer.allocateDirect(blockBytes(level)));
        LZ4Factory factory = LZ4Factory.fastestInstance();
        compressor = level < LOWEST_HIGH_COMPRESSION
                ? factory.fastCompressor()
                : factory.highCompressor(Math.min(level, HIGHEST));
        XXHashFactory hashes = XXHashFactory.fastestInstance();
        hash = hashes.hash32();
        contentHash = hashes.newStreamingHash32(0);
        output = ByteBuffer.allocateDirect(compressor.maxCompressedLength(input.capacity()) + 32)
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    void start(long sizeBytes, WritableByteChannel target) {
        contentHash.reset();
        boolean sized = sizeBytes >= 0;
        // Version 1, independent blocks, content checksum.
        byte flags = (byte) (0x40 | 0x20 | 0x04 | (sized ? 0x08 : 0));
        byte[] descriptor = new byte[sized ? 10 : 2];
        ByteBuffer fields = ByteBuffer.wrap(descriptor).order(ByteOrder.LITTLE_ENDIAN);
        fields.put(flags).put((byte) (blockSizeCode(sizeBytes) << 4));
        if (sized) {
            fields.putLong(sizeBytes);
        }
        output.clear();
        output.putInt(MAGIC).put(descriptor).put((byte) (hash.hash(descriptor, 0, descriptor.length, 0) >> 8));
    }

    private static int blockBytes(int level) {
        return level < LOWEST_HIGH_COMPRESSION ? FAST_BLOCK_BYTES : HIGH_COMPRESSION_BLOCK_BYTES;
    }

    /** The format's code of the smallest block size that holds the blocks, so that readers need little memory. */
    private int blockSizeCode(long sizeBytes) {
        long most = sizeBytes < 0 ? input.capacity() : Math.min(sizeBytes, input.capacity());
        return most > 1 << 20 ? 7 : most > 1 << 18 ? 6 : most > 1 << 16 ? 5 : 4;
    }

    @Override
    void chunk(boolean last, WritableByteChannel target) throws IOException {
        int length = input.remaining();
        if (length > 0) {
            for (int from = 0; from < length; from += HASHED_BYTES) {
                int n = Math.min(HASHED_BYTES, length - from);
                input.get(hashed, 0, n);
                contentHash.update(hashed, 0, n);
            }
            int sizeAt = output.position();
            int dataAt = sizeAt + 4;
            try {
                int compressed = compressor.compress(input, 0, length, output, dataAt, output.capacity() - dataAt);
                if (compressed < length) {
                    output.putInt(compressed).position(dataAt + compressed);
                } else {
                    output.putInt(length | STORED).put(input.rewind());
                }
            } catch (LZ4Exception e) {
                throw new IOException("lz4 compression failed: " + e.getMessage(), e);
            }
        }
        if (last) {
            if (output.remaining() < 8) {
                drain(output, target);
            }
            output.putInt(0).putInt(contentHash.getValue());
        }
        drain(output, target);
    }

    @Override
    public void close() {
        contentHash.close();
    }
}
