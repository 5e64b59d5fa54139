// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Opens files of one server uncompressed, whatever they are compressed with. Immutable. */
public final class ContentReader {
    private final @Nullable CompressionSettings settings;
    private final CompressionDetector detector;

    private ContentReader(@Nullable CompressionSettings settings) {
        this.settings = settings;
        this.detector = CompressionDetector.of(settings);
    }

    /**
     * @param settings the server's settings, which name the filters of custom compressed files; null if the server does
     *     not compress
     */
    public static ContentReader of(@Nullable CompressionSettings settings) {
        return new ContentReader(settings);
    }

    /** The detector for the server's files. */
    public CompressionDetector detector() {
        return detector;
    }

    /**
     * Opens a file of the archive.
     *
     * @return the uncompressed content; the caller closes it
     * @throws IOException if the file cannot be read, is not what its first bytes promise, or needs a filter that is not
     *     configured
     */
    public InputStream openStored(Path file) throws IOException {
        return open(file, detector.detectStored(file));
    }

    /**
     * Opens a file that is not archived yet.
     *
     * @return the uncompressed content; the caller closes it
     * @throws IOException as {@link #openStored}
     */
    public InputStream openIncoming(Path file) throws IOException {
        return open(file, detector.detect(file));
    }

    /**
     * Opens data of a known algorithm.
     *
     * @param source the compressed data; closed with the returned stream
     * @return the uncompressed content; the caller closes it
     * @throws IOException as {@link #openStored}
     */
    public InputStream open(InputStream source, CompressionAlgorithm algorithm) throws IOException {
        return codec(algorithm).decompressing(source);
    }

    private InputStream open(Path file, Optional<CompressionAlgorithm> algorithm) throws IOException {
        if (algorithm.isEmpty()) {
            return Files.newInputStream(file);
        }
        WalCodec codec = codec(algorithm.get());
        return codec.decompressing(Files.newInputStream(file));
    }

    private WalCodec codec(CompressionAlgorithm algorithm) throws IOException {
        if (algorithm != CompressionAlgorithm.CUSTOM) {
            return WalCodec.of(CompressionSettings.of(algorithm));
        }
        String filter = settings == null ? null : settings.customDecompressionFilter();
        if (filter == null || filter.isEmpty()) {
            throw new IOException("custom compressed data, and no custom_decompression_filter is configured");
        }
        // Only read: the filter for the other direction is never run.
        return WalCodec.of(CompressionSettings.custom("exit 1", filter, null));
    }
}
