// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.io.InputStream;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.StreamingXXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * Reads LZ4 frames up to the end of the source: with independent blocks, and with linked ones, which liblz4 and Python
 * write by default and the reader of lz4-java refuses. Skippable frames are skipped.
 */
final class Lz4Decoder extends DecoderStream {
    private static final int SKIPPABLE = 0x184D2A50;
    private static final int WINDOW_BYTES = 1 << 16;

    private final DecoderInput input;
    private final LZ4SafeDecompressor decompressor;
    private final XXHashFactory hashes = XXHashFactory.fastestInstance();
    private final StreamingXXHash32 contentHash = hashes.newStreamingHash32(0);

    private boolean linked;
    private boolean blockChecksums;
    private boolean contentChecksum;
    private long contentSize;
    private int maxBlock;

    private byte[] block = new byte[0];
    /** In linked frames the 64 KiB before {@link #position} are kept for the next block. */
    private byte[] output = new byte[0];

    private int position;
    private int limit;
    private long decoded;
    private boolean ended;

    Lz4Decoder(InputStream source) throws IOException {
        input = new DecoderInput(source, "lz4", 1 << 16);
        decompressor = LZ4Factory.fastestInstance().safeDecompressor();
        if (!nextFrame()) {
            throw input.truncated();
        }
    }

    /** Reads the next frame's header; false at the end of the source. */
    private boolean nextFrame() throws IOException {
        int first = input.readOrEnd();
        while (first >= 0) {
            int magic = first | input.read() << 8 | input.readShort() << 16;
            if (magic == Lz4Compressor.MAGIC) {
                header();
                return true;
            }
            if ((magic & ~15) != SKIPPABLE) {
                throw input.corrupt("not an LZ4 frame");
            }
            input.skip(input.readInt() & 0xffffffffL);
            first = input.readOrEnd();
        }
        return false;
    }

    private void header() throws IOException {
        byte[] descriptor = new byte[14];
        int length = 2;
        input.readFully(descriptor, 0, 2);
        int flags = descriptor[0];
        if ((flags & 0xc0) != 0x40 || (flags & 0x02) != 0) {
            throw input.corrupt("unknown version or flags");
        }
        if ((flags & 0x01) != 0) {
            throw input.corrupt("a dictionary is asked for");
        }
        int code = descriptor[1] >> 4 & 7;
        if (code < 4 || (descriptor[1] & 0x8f) != 0) {
            throw input.corrupt("unknown block size");
        }
        contentSize = -1;
        if ((flags & 0x08) != 0) {
            input.readFully(descriptor, 2, 8);
            length = 10;
            contentSize = 0;
            for (int i = 9; i >= 2; i--) {
                contentSize = contentSize << 8 | descriptor[i] & 0xff;
            }
        }
        if (input.read() != (hashes.hash32().hash(descriptor, 0, length, 0) >> 8 & 0xff)) {
            throw input.corrupt("header checksum mismatch");
        }
        linked = (flags & 0x20) == 0;
        blockChecksums = (flags & 0x10) != 0;
        contentChecksum = (flags & 0x04) != 0;
        maxBlock = 1 << 8 + 2 * code;
        if (block.length < maxBlock) {
            block = new byte[maxBlock];
        }
        int needed = linked ? maxBlock + WINDOW_BYTES : maxBlock;
        if (output.length < needed) {
            output = new byte[needed];
        }
        position = 0;
        limit = 0;
        decoded = 0;
        contentHash.reset();
    }

    @Override
    int decode(byte[] target, int offset, int length) throws IOException {
        while (position == limit) {
            if (ended || !nextBlock()) {
                ended = true;
                return -1;
            }
        }
        int n = Math.min(length, limit - position);
        System.arraycopy(output, position, target, offset, n);
        position += n;
        return n;
    }

    /** Decodes the next block, going on to the next frame at the end of one; false at the end of the source. */
    private boolean nextBlock() throws IOException {
        int header = input.readInt();
        if (header == 0) {
            endOfFrame();
            return nextFrame();
        }
        int size = header & ~Lz4Compressor.STORED;
        if (size > maxBlock) {
            throw input.corrupt("a block of " + size + " bytes");
        }
        input.readFully(block, 0, size);
        if (blockChecksums && input.readInt() != hashes.hash32().hash(block, 0, size, 0)) {
            throw input.corrupt("block checksum mismatch");
        }
        int start = 0;
        if (linked) {
            // Slide the window to the front.
            start = Math.min(limit, WINDOW_BYTES);
            System.arraycopy(output, limit - start, output, 0, start);
        }
        int n;
        if ((header & Lz4Compressor.STORED) != 0) {
            System.arraycopy(block, 0, output, start, size);
            n = size;
        } else if (start > 0) {
            n = Lz4LinkedBlock.decode(block, size, output, start, start + maxBlock) - start;
        } else {
            n = independent(size);
        }
        position = start;
        limit = start + n;
        decoded += n;
        if (contentChecksum) {
            contentHash.update(output, start, n);
        }
        return true;
    }

    private int independent(int size) throws IOException {
        try {
            return decompressor.decompress(block, 0, size, output, 0, maxBlock);
        } catch (LZ4Exception e) {
            throw new IOException("corrupt lz4 data: " + e.getMessage(), e);
        }
    }

    private void endOfFrame() throws IOException {
        if (contentChecksum && input.readInt() != contentHash.getValue()) {
            throw input.corrupt("content checksum mismatch");
        }
        if (contentSize >= 0 && contentSize != decoded) {
            throw input.corrupt(decoded + " bytes instead of " + contentSize);
        }
    }

    @Override
    void release() throws IOException {
        contentHash.close();
        input.close();
    }
}
