// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Notes whether a stream ends as a tar archive ends: with two blocks of zeros. Not thread-safe. */
final class TarEnd extends FilterInputStream {
    private static final int END_BYTES = 1024;

    private int zeros;

    TarEnd(InputStream in) {
        super(in);
    }

    /** Whether what was read so far ends with the end mark. */
    boolean isAtEndMark() {
        return zeros >= END_BYTES;
    }

    @Override
    public int read() throws IOException {
        int b = super.read();
        if (b >= 0) {
            zeros = b == 0 ? Math.min(END_BYTES, zeros + 1) : 0;
        }
        return b;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
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
