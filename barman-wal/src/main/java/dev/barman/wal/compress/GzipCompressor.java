// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** One gzip member (RFC 1952) without time and name, between direct buffers. */
final class GzipCompressor extends ChunkCompressor {
    /** Small enough to stay in the processor's cache between reading, checksum and deflate. */
    private static final int CHUNK_BYTES = 1 << 18;

    private final Deflater deflater;
    private final CRC32 crc = new CRC32();
    private final ByteBuffer output = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final byte flags;
    private long length;

    GzipCompressor(int level) {
        super(ByteBuffer.allocateDirect(CHUNK_BYTES));
        deflater = new Deflater(level, true);
        // RFC 1952 2.3.1: 2 = slowest, 4 = fastest algorithm.
        flags = (byte) (level == 9 ? 2 : level == 1 ? 4 : 0);
    }

    @Override
    void start(long sizeBytes, WritableByteChannel target) {
        deflater.reset();
        crc.reset();
        length = 0;
        output.clear();
        output.put((byte) 0x1f).put((byte) 0x8b).put((byte) 8).put((byte) 0);
        // Time 0; operating system 255 = unknown.
        output.putInt(0).put(flags).put((byte) 255);
    }

    @Override
    void chunk(boolean last, WritableByteChannel target) throws IOException {
        length += input.remaining();
        int position = input.position();
        crc.update(input);
        input.position(position);
        deflater.setInput(input);
        if (last) {
            deflater.finish();
        }
        while (last ? !deflater.finished() : !deflater.needsInput()) {
            deflater.deflate(output);
            if (!output.hasRemaining()) {
                drain(output, target);
            }
        }
        if (last) {
            if (output.remaining() < 8) {
                drain(output, target);
            }
            output.putInt((int) crc.getValue()).putInt((int) length);
            drain(output, target);
        }
    }

    @Override
    public void close() {
        deflater.end();
    }
}
