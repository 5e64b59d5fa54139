// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * A reusable compression context that takes its input in large chunks. The caller fills {@link #input}, flips it and
 * calls {@link #chunk}; after the last one the context is ready for the next {@link #begin}. Not thread-safe.
 */
abstract class ChunkCompressor implements AutoCloseable {
    /** Where the caller puts the data of a chunk. */
    final ByteBuffer input;

    private long written;

    ChunkCompressor(ByteBuffer input) {
        this.input = input;
    }

    /** Starts a new stream, also after one that was given up half way. */
    final void begin(long sizeBytes, WritableByteChannel target) throws IOException {
        written = 0;
        input.clear();
        start(sizeBytes, target);
    }

    /**
     * Resets the context and writes the header.
     *
     * @param sizeBytes the number of bytes to come, or -1 if it is not known
     */
    abstract void start(long sizeBytes, WritableByteChannel target) throws IOException;

    /**
     * Compresses the remaining bytes of {@link #input}, all of them.
     *
     * @param last whether the stream ends here; the chunk may then be empty
     */
    abstract void chunk(boolean last, WritableByteChannel target) throws IOException;

    /** The number of compressed bytes given to the target since {@link #begin}. */
    final long written() {
        return written;
    }

    /** Writes the bytes between 0 and the position, and clears the buffer. */
    final void drain(ByteBuffer output, WritableByteChannel target) throws IOException {
        output.flip();
        written += output.remaining();
        while (output.hasRemaining()) {
            target.write(output);
        }
        output.clear();
    }

    /** Frees what the garbage collector does not. */
    @Override
    public abstract void close();
}
