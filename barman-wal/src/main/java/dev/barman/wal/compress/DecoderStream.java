// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/**
 * The common part of the decoders. A failure is permanent: every later read fails in the same way, so that nobody takes
 * damaged data for the end. Not thread-safe.
 */
abstract class DecoderStream extends InputStream {
    private final byte[] one = new byte[1];
    private boolean closed;
    private boolean broken;

    /** As {@link InputStream#read(byte[], int, int)}, with a length above 0; runtime exceptions mean damaged data. */
    abstract int decode(byte[] target, int offset, int length) throws IOException;

    /** Frees native memory and closes the source. */
    abstract void release() throws IOException;

    @Override
    public final int read() throws IOException {
        int n = read(one, 0, 1);
        return n < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public final int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (closed) {
            throw new IOException("stream is closed");
        }
        if (broken) {
            throw new IOException("compressed data is damaged");
        }
        if (length == 0) {
            return 0;
        }
        boolean done = false;
        try {
            int n = decode(target, offset, length);
            done = true;
            return n;
        } catch (RuntimeException e) {
            throw new IOException("corrupt compressed data: " + e, e);
        } finally {
            broken = !done;
        }
    }

    @Override
    public final void close() throws IOException {
        if (!closed) {
            closed = true;
            release();
        }
    }
}
