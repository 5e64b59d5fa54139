// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Notes whether a stream ends as a tar archive ends: with two blocks of zeros. Content that nobody wants can be passed over; the library, which only
 * ever reads, is given whatever its buffer has in place of it. Not thread-safe.
 */
final class TarEnd extends FilterInputStream {
    private static final int END_BYTES = 1024;

    private int zeros;
    private long passedOver;

    TarEnd(InputStream in) {
        super(in);
    }

    /** Whether what was read so far ends with the end mark. */
    boolean isAtEndMark() {
        return zeros >= END_BYTES;
    }

    /**
     * Passes over the content of an entry of which nothing was read yet: the next reads get as many bytes without meaning.
     *
     * @throws EOFException when the stream ends before
     */
    void passOver(long count) throws IOException {
        long left = count;
        while (left > 0) {
            long skipped = in.skip(left);
            if (skipped <= 0) {
                if (in.read() < 0) {
                    throw new EOFException("the archive ends in the middle of a file");
                }
                skipped = 1;
            }
            left -= skipped;
        }
        passedOver = count;
        zeros = 0;
    }

    @Override
    public int read() throws IOException {
        if (passedOver > 0) {
            passedOver--;
            return 0;
        }
        int b = super.read();
        if (b >= 0) {
            zeros = b == 0 ? Math.min(END_BYTES, zeros + 1) : 0;
        }
        return b;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (passedOver > 0) {
            int given = (int) Math.min(length, passedOver);
            passedOver -= given;
            return given;
        }
        int count = super.read(target, offset, length);
        if (count > 0) {
            int last = Math.min(count, END_BYTES);
            int tail = 0;
            while (tail < last && target[offset + count - 1 - tail] == 0) {
                tail++;
            }
            zeros = tail == count ? Math.min(END_BYTES, zeros + tail) : tail;
        }
        return count;
    }

    @Override
    public long skip(long count) throws IOException {
        // By reading, or the end mark would go unnoticed.
        byte[] buffer = new byte[(int) Math.max(1, Math.min(count, 1 << 16))];
        long skipped = 0;
        while (skipped < count) {
            int read = read(buffer, 0, (int) Math.min(buffer.length, count - skipped));
            if (read < 0) {
                break;
            }
            skipped += read;
        }
        return skipped;
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
