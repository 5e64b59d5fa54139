// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** One Zstandard frame with a checksum, and with the content size where it is known, between direct buffers. */
final class ZstdCompressor extends ChunkCompressor {
    private static final int CHUNK_BYTES = 1 << 18;

    private final int level;
    private final ZstdCompressCtx context;
    private final ByteBuffer output = ByteBuffer.allocateDirect(CHUNK_BYTES);

    private ZstdCompressor(int level, ZstdCompressCtx context) {
        super(ByteBuffer.allocateDirect(CHUNK_BYTES));
        this.level = level;
        this.context = context;
    }

    /** @throws IOException if the native library cannot be loaded */
    static ZstdCompressor create(int level) throws IOException {
        try {
            return new ZstdCompressor(level, new ZstdCompressCtx());
        } catch (LinkageError e) {
            throw NativeLibraries.unavailable("zstd", e);
        }
    }

    @Override
    void start(long sizeBytes, WritableByteChannel target) throws IOException {
        try {
            context.reset();
            context.setLevel(level);
            context.setChecksum(true);
            if (sizeBytes >= 0) {
                context.setPledgedSrcSize(sizeBytes);
            }
        } catch (ZstdException e) {
            throw new IOException("zstd compression failed: " + e.getMessage(), e);
        }
        output.clear();
    }

    @Override
    void chunk(boolean last, WritableByteChannel target) throws IOException {
        EndDirective directive = last ? EndDirective.END : EndDirective.CONTINUE;
        try {
            boolean flushed = false;
            while (last ? !flushed : input.hasRemaining()) {
                flushed = context.compressDirectByteBufferStream(output, input, directive);
                if (!output.hasRemaining()) {
                    drain(output, target);
                }
            }
        } catch (ZstdException e) {
            throw new IOException("zstd compression failed: " + e.getMessage(), e);
        }
        if (last) {
            drain(output, target);
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
