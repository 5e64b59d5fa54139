// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** The Snappy framing format: chunks of up to 64 KiB, each with a masked CRC-32C. */
final class SnappyCompressor extends ChunkCompressor {
    static final int BLOCK_BYTES = 1 << 16;

    private static final int HASH_BITS = 14;
    /** A block may end in a match only this far before its end, so that four bytes can always be read. */
    private static final int MARGIN = 15;

    private final byte[] block;
    private final byte[] compressed = new byte[32 + BLOCK_BYTES + BLOCK_BYTES / 6];
    private final short[] table = new short[1 << HASH_BITS];
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer output =
            ByteBuffer.allocate(compressed.length + 32).order(ByteOrder.LITTLE_ENDIAN);
    private int end;

    SnappyCompressor() {
        super(ByteBuffer.allocate(BLOCK_BYTES));
        block = input.array();
    }

    @Override
    void start(long sizeBytes, WritableByteChannel target) {
        output.clear();
        output.put(CompressionAlgorithm.Family.SNAPPY.magic);
    }

    @Override
    void chunk(boolean last, WritableByteChannel target) throws IOException {
        int length = input.remaining();
        if (length > 0) {
            compressBlock(length);
            crc.reset();
            crc.update(block, 0, length);
            boolean worthwhile = end < length - length / 8;
            int stored = worthwhile ? end : length;
            // Type in the lowest byte, then the length with the checksum in it.
            output.putInt((worthwhile ? 0 : 1) | stored + 4 << 8);
            output.putInt(mask((int) crc.getValue()));
            output.put(worthwhile ? compressed : block, 0, stored);
        }
        drain(output, target);
    }

    static int mask(int crc) {
        return (crc >>> 15 | crc << 17) + 0xa282ead8;
    }

    private void compressBlock(int length) {
        end = 0;
        int rest = length;
        while (rest >= 0x80) {
            compressed[end++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        compressed[end++] = (byte) rest;
        int literalsFrom = 0;
        if (length >= MARGIN) {
            Arrays.fill(table, (short) 0);
            int last = length - MARGIN;
            int at = 1;
            // Every 32 bytes without a match the stride grows by one: incompressible data is passed quickly.
            int skip = 32;
            while (at <= last) {
                int value = fourBytes(at);
                int slot = value * 0x1e35a7bd >>> 32 - HASH_BITS;
                int candidate = table[slot] & 0xffff;
                table[slot] = (short) at;
                if (candidate >= at || fourBytes(candidate) != value) {
                    at += skip++ >> 5;
                    continue;
                }
                int matched = 4;
                while (at + matched < length && block[at + matched] == block[candidate + matched]) {
                    matched++;
                }
                literals(literalsFrom, at - literalsFrom);
                copies(at - candidate, matched);
                at += matched;
                literalsFrom = at;
                skip = 32;
            }
        }
        literals(literalsFrom, length - literalsFrom);
    }

    private int fourBytes(int at) {
        return block[at] & 0xff | (block[at + 1] & 0xff) << 8 | (block[at + 2] & 0xff) << 16 | block[at + 3] << 24;
    }

    private void literals(int from, int length) {
        if (length == 0) {
            return;
        }
        int n = length - 1;
        if (n < 60) {
            compressed[end++] = (byte) (n << 2);
        } else if (n < 256) {
            compressed[end++] = (byte) (60 << 2);
            compressed[end++] = (byte) n;
        } else {
            compressed[end++] = (byte) (61 << 2);
            compressed[end++] = (byte) n;
            compressed[end++] = (byte) (n >> 8);
        }
        System.arraycopy(block, from, compressed, end, length);
        end += length;
    }

    private void copies(int distance, int length) {
        int left = length;
        // At least four bytes must remain for the last copy.
        while (left >= 68) {
            copy(distance, 64);
            left -= 64;
        }
        if (left > 64) {
            copy(distance, 60);
            left -= 60;
        }
        copy(distance, left);
    }

    private void copy(int distance, int length) {
        if (length >= 4 && length < 12 && distance < 2048) {
            compressed[end++] = (byte) (1 | length - 4 << 2 | distance >> 8 << 5);
            compressed[end++] = (byte) distance;
        } else {
            compressed[end++] = (byte) (2 | length - 1 << 2);
            compressed[end++] = (byte) distance;
            compressed[end++] = (byte) (distance >> 8);
        }
    }

    @Override
    public void close() {}
}
