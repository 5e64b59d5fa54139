// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.azure;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.stream.Stream;

/** A sequence of buffers, which arrive over the network, as a stream. Not thread-safe. */
final class BufferStream extends InputStream {
    private final Stream<ByteBuffer> source;
    private final Iterator<ByteBuffer> buffers;
    private ByteBuffer current = ByteBuffer.allocate(0);

    BufferStream(Stream<ByteBuffer> source) {
        this.source = source;
        this.buffers = source.iterator();
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        while (!current.hasRemaining()) {
            if (!buffers.hasNext()) {
                return -1;
            }
            current = buffers.next();
        }
        int n = Math.min(length, current.remaining());
        current.get(bytes, offset, n);
        return n;
    }

    /** Cancels what has not arrived yet. */
    @Override
    public void close() {
        source.close();
    }
}
