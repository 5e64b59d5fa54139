// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A codec around the streams of a library. */
abstract class StreamCodec extends WalCodec {
    static final int BUFFER_BYTES = 1 << 17;

    StreamCodec(CompressionAlgorithm algorithm) {
        super(algorithm);
    }

    abstract OutputStream encoder(OutputStream buffered) throws IOException;

    abstract InputStream decoder(InputStream source) throws IOException;

    @Override
    public final OutputStream compressing(OutputStream target) throws IOException {
        return encoder(new BufferedOutputStream(target, BUFFER_BYTES));
    }

    @Override
    public final InputStream decompressing(InputStream source) throws IOException {
        try {
            return new LibraryDecoder(source, decoder(source));
        } catch (IOException | RuntimeException e) {
            source.close();
            throw e instanceof IOException io ? io : new IOException("corrupt compressed data: " + e, e);
        }
    }

    @Override
    public final long compress(Path source, FileChannel target) throws IOException {
        long start = target.position();
        try (InputStream in = Files.newInputStream(source)) {
            long size = Files.size(source);
            // The channel stays open: closing goes no further than the encoder.
            OutputStream encoder = compressing(new UncloseableStream(Channels.newOutputStream(target)));
            long read = 0;
            try (encoder) {
                byte[] buffer = new byte[BUFFER_BYTES];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    encoder.write(buffer, 0, n);
                    read += n;
                }
            }
            if (read != size) {
                throw new IOException(
                        source + " changed its size while it was read, from " + size + " to " + read + " bytes");
            }
        }
        return target.position() - start;
    }

    private static final class LibraryDecoder extends DecoderStream {
        private final InputStream source;
        private final InputStream decoder;

        LibraryDecoder(InputStream source, InputStream decoder) {
            this.source = source;
            this.decoder = decoder;
        }

        @Override
        int decode(byte[] target, int offset, int length) throws IOException {
            return decoder.read(target, offset, length);
        }

        @Override
        void release() throws IOException {
            try (source) {
                decoder.close();
            }
        }
    }
}
