// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;

/** Decoder of one LZ4 block whose matches may reach back into the blocks before it (LZ4 block format). */
final class Lz4LinkedBlock {
    private static final int MIN_MATCH = 4;

    private Lz4LinkedBlock() {}

    /**
     * Decodes a block behind the data that it may refer to.
     *
     * @param source the block, from index 0
     * @param sourceEnd its length
     * @param target holds the history before {@code start} and receives the data
     * @param start where to write; everything before it may be referred to
     * @param targetEnd where the data must end at the latest
     * @return the index behind the last byte written
     * @throws IOException if the block is damaged
     */
    static int decode(byte[] source, int sourceEnd, byte[] target, int start, int targetEnd) throws IOException {
        int in = 0;
        int out = start;
        while (in < sourceEnd) {
            int token = source[in++] & 0xff;
            int literals = token >> 4;
            if (literals == 15) {
                int more;
                do {
                    if (in >= sourceEnd) {
                        throw corrupt("literal length runs out");
                    }
                    more = source[in++] & 0xff;
                    literals += more;
                } while (more == 255);
            }
            if (literals > sourceEnd - in || literals > targetEnd - out) {
                throw corrupt("too many literals");
            }
            System.arraycopy(source, in, target, out, literals);
            in += literals;
            out += literals;
            if (in == sourceEnd) {
                return out;
            }
            if (sourceEnd - in < 2) {
                throw corrupt("match offset runs out");
            }
            int distance = source[in] & 0xff | (source[in + 1] & 0xff) << 8;
            in += 2;
            int length = token & 15;
            if (length == 15) {
                int more;
                do {
                    if (in >= sourceEnd) {
                        throw corrupt("match length runs out");
                    }
                    more = source[in++] & 0xff;
                    length += more;
                } while (more == 255);
            }
            length += MIN_MATCH;
            if (distance == 0 || distance > out || length > targetEnd - out) {
                throw corrupt("match out of bounds");
            }
            copy(target, out, distance, length);
            out += length;
        }
        throw corrupt("no last literals");
    }

    /** Copies from {@code distance} bytes before; the ranges overlap where a match repeats itself. */
    static void copy(byte[] target, int out, int distance, int length) {
        if (distance >= length) {
            System.arraycopy(target, out - distance, target, out, length);
            return;
        }
        // Doubles the repeated part each time.
        int from = out - distance;
        int done = 0;
        while (done < length) {
            int n = Math.min(distance + done, length - done);
            System.arraycopy(target, from, target, out + done, n);
            done += n;
        }
    }

    private static IOException corrupt(String what) {
        return new IOException("corrupt lz4 data: " + what);
    }
}
