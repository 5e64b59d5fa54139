// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** A buffer over a source with the little-endian reads that the frame formats need. Not thread-safe. */
final class DecoderInput {
    private final InputStream source;
    private final String format;
    final byte[] buffer;
    int position;
    int limit;

    DecoderInput(InputStream source, String format, int size) {
        this.source = source;
        this.format = format;
        this.buffer = new byte[size];
    }

    /** Reads more if the buffer is used up; false at the end of the source. */
    boolean fill() throws IOException {
        if (position < limit) {
            return true;
        }
        int n = source.read(buffer, 0, buffer.length);
        position = 0;
        limit = Math.max(n, 0);
        return n > 0;
    }

    /** The next byte, or -1 at the end of the source. */
    int readOrEnd() throws IOException {
        return fill() ? buffer[position++] & 0xff : -1;
    }

    /** The next byte, which must be there. */
    int read() throws IOException {
        int b = readOrEnd();
        if (b < 0) {
            throw truncated();
        }
        return b;
    }

    int readShort() throws IOException {
        return read() | read() << 8;
    }

    int readInt() throws IOException {
        return readShort() | readShort() << 16;
    }

    void readFully(byte[] target, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            int n;
            if (position < limit) {
                n = Math.min(limit - position, length - done);
                System.arraycopy(buffer, position, target, offset + done, n);
                position += n;
            } else {
                n = source.read(target, offset + done, length - done);
                if (n <= 0) {
                    throw truncated();
                }
            }
            done += n;
        }
    }

    void skip(long bytes) throws IOException {
        long left = bytes;
        while (left > 0) {
            if (!fill()) {
                throw truncated();
            }
            int n = (int) Math.min(left, limit - position);
            position += n;
            left -= n;
        }
    }

    EOFException truncated() {
        return new EOFException("truncated " + format + " data");
    }

    IOException corrupt(String what) {
        return new IOException("corrupt " + format + " data: " + what);
    }

    void close() throws IOException {
        source.close();
    }
}
