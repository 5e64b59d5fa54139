// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * One configured compression algorithm.
 *
 * <p>The output depends on the input and on the settings alone: gzip headers carry neither time nor name. Data in
 * several concatenated frames or members is read completely; damaged or truncated data is an {@link IOException}, never
 * short data (the Snappy framing format alone has no end mark, so a cut between two of its chunks goes unnoticed).
 *
 * <p>Thread-safe: each call uses a context of its own. Contexts, which may hold a few MiB outside the Java heap, are kept
 * for the next call until {@link #close}; there are as many as calls that ran at the same time.
 */
public abstract class WalCodec implements AutoCloseable {
    private final CompressionAlgorithm algorithm;

    WalCodec(CompressionAlgorithm algorithm) {
        this.algorithm = algorithm;
    }

    /** The codec for these settings. Loads no native code yet. */
    public static WalCodec of(CompressionSettings settings) {
        return switch (settings.algorithm()) {
            case GZIP, PYGZIP -> new ChunkCodec(settings, level -> new GzipCompressor(level), GzipDecoder::new);
            case BZIP2, PYBZIP2 -> new Bzip2Codec(settings);
            case XZ -> new XzCodec(settings);
            case ZSTD -> new ZstdCodec(settings);
            case LZ4 -> new ChunkCodec(settings, Lz4Compressor::new, Lz4Decoder::new);
            case SNAPPY -> new ChunkCodec(settings, level -> new SnappyCompressor(), SnappyDecoder::new);
            case PIGZ -> ExternalCodec.pigz(settings);
            case CUSTOM -> ExternalCodec.custom(settings);
        };
    }

    /** The algorithm as configured, which is what the WAL index records. */
    public final CompressionAlgorithm algorithm() {
        return algorithm;
    }

    /**
     * A stream that compresses what is written to it.
     *
     * @param target receives the compressed data; closed with the returned stream
     * @return a stream that must be closed for the data to be complete; its {@code flush} does not force out data that
     *     is not compressed yet. Not thread-safe.
     * @throws IOException if the compressor cannot be started
     */
    public abstract OutputStream compressing(OutputStream target) throws IOException;

    /**
     * A stream of the uncompressed data.
     *
     * @param source the compressed data; closed with the returned stream
     * @return a stream whose reads fail with {@link IOException} when the data is damaged or incomplete. Not thread-safe.
     * @throws IOException if the data does not begin like data of this algorithm, or the decompressor cannot be started;
     *     the source is then closed
     */
    public abstract InputStream decompressing(InputStream source) throws IOException;

    /**
     * Compresses a whole file, the fast way.
     *
     * @param source the file to read
     * @param target where to write, from its position on; left open, not synchronised with the disk
     * @return the number of bytes written
     * @throws IOException if the source changes its size meanwhile, or reading, compressing or writing fails; the target
     *     then holds incomplete data
     */
    public abstract long compress(Path source, FileChannel target) throws IOException;

    /** How much of the Java heap one running call takes, roughly; 0 if it is not worth counting. */
    public long heapBytesPerCall() {
        return 0;
    }

    /**
     * How much memory outside of the Java heap one running {@link #compress} takes, roughly and rather too much; 0 if it is not worth counting.
     *
     * @param sizeBytes of the file
     */
    public long nativeBytesPerCall(long sizeBytes) {
        return 0;
    }

    /** Frees the contexts that are kept for the next call. The codec can still be used. */
    @Override
    public void close() {}
}
