// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;

/** A codec around a {@link ChunkCompressor}, of which it keeps a pool. */
class ChunkCodec extends WalCodec {
    /** Makes a context; may load native code. */
    interface CompressorFactory {
        ChunkCompressor create(int level) throws IOException;
    }

    /** Opens a decoder. */
    interface DecoderFactory {
        InputStream open(InputStream source) throws IOException;
    }

    private final int level;
    private final CompressorFactory compressors;
    private final DecoderFactory decoders;
    private final ArrayDeque<ChunkCompressor> idle = new ArrayDeque<>();

    ChunkCodec(CompressionSettings settings, CompressorFactory compressors, DecoderFactory decoders) {
        super(settings.algorithm());
        this.level = settings.levelNumber();
        this.compressors = compressors;
        this.decoders = decoders;
    }

    private ChunkCompressor take() throws IOException {
        synchronized (idle) {
            ChunkCompressor kept = idle.pollLast();
            if (kept != null) {
                return kept;
            }
        }
        return compressors.create(level);
    }

    private void giveBack(ChunkCompressor compressor) {
        synchronized (idle) {
            idle.addLast(compressor);
        }
    }

    @Override
    public long compress(Path source, FileChannel target) throws IOException {
        ChunkCompressor compressor = take();
        try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ)) {
            long size = in.size();
            compressor.begin(size, target);
            long left = size;
            do {
                ByteBuffer input = compressor.input;
                input.clear();
                if (left < input.capacity()) {
                    input.limit((int) left);
                }
                while (input.hasRemaining()) {
                    if (in.read(input) < 0) {
                        throw new EOFException(source + " became shorter than " + size + " bytes while it was read");
                    }
                }
                left -= input.limit();
                input.flip();
                compressor.chunk(left == 0, target);
            } while (left > 0);
            if (in.size() != size) {
                throw new IOException(
                        source + " changed its size while it was read, from " + size + " to " + in.size() + " bytes");
            }
            return compressor.written();
        } finally {
            giveBack(compressor);
        }
    }

    @Override
    public OutputStream compressing(OutputStream target) throws IOException {
        ChunkCompressor compressor = take();
        StreamChannel channel = new StreamChannel(target);
        compressor.begin(-1, channel);
        return new CompressingStream(compressor, channel);
    }

    @Override
    public InputStream decompressing(InputStream source) throws IOException {
        try {
            return decoders.open(source);
        } catch (IOException | RuntimeException e) {
            source.close();
            throw e;
        }
    }

    @Override
    public void close() {
        synchronized (idle) {
            for (ChunkCompressor compressor = idle.pollLast(); compressor != null; compressor = idle.pollLast()) {
                compressor.close();
            }
        }
    }

    private final class CompressingStream extends OutputStream {
        private final ChunkCompressor compressor;
        private final StreamChannel channel;
        private boolean open = true;

        CompressingStream(ChunkCompressor compressor, StreamChannel channel) {
            this.compressor = compressor;
            this.channel = channel;
        }

        @Override
        public void write(int b) throws IOException {
            ByteBuffer input = room();
            input.put((byte) b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            int from = offset;
            int end = offset + length;
            while (from < end) {
                ByteBuffer input = room();
                int n = Math.min(end - from, input.remaining());
                input.put(bytes, from, n);
                from += n;
            }
        }

        private ByteBuffer room() throws IOException {
            if (!open) {
                throw new IOException("stream is closed");
            }
            ByteBuffer input = compressor.input;
            if (!input.hasRemaining()) {
                input.flip();
                compressor.chunk(false, channel);
                input.clear();
            }
            return input;
        }

        @Override
        public void close() throws IOException {
            if (!open) {
                return;
            }
            open = false;
            try (channel) {
                compressor.input.flip();
                compressor.chunk(true, channel);
            } finally {
                giveBack(compressor);
            }
        }
    }

    /** Gives the content of direct buffers to a stream. */
    private static final class StreamChannel implements WritableByteChannel {
        private final OutputStream target;
        private final byte[] copy = new byte[1 << 16];

        StreamChannel(OutputStream target) {
            this.target = target;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            int n = source.remaining();
            if (source.hasArray()) {
                target.write(source.array(), source.arrayOffset() + source.position(), n);
                source.position(source.limit());
                return n;
            }
            while (source.hasRemaining()) {
                int part = Math.min(source.remaining(), copy.length);
                source.get(copy, 0, part);
                target.write(copy, 0, part);
            }
            return n;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() throws IOException {
            target.close();
        }
    }
}
