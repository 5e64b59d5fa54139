// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells by its first bytes how a file is compressed.
 *
 * <p>The aliases cannot be told apart: data of {@code pigz} and {@code pygzip} is reported as
 * {@link CompressionAlgorithm#GZIP}, that of {@code pybzip2} as {@link CompressionAlgorithm#BZIP2}. Where bytes match the
 * custom magic and another one, the name that comes first in the alphabet wins, as in Barman. An encrypted file must be
 * recognised before this is asked. Immutable.
 */
public final class CompressionDetector {
    /** The most bytes that are looked at, apart from a longer custom magic. */
    public static final int HEAD_BYTES = 10;

    /** A detector for a server without custom compression. */
    public static final CompressionDetector STANDARD = new CompressionDetector(null);

    private final @Nullable MagicBytes customMagic;
    private final boolean unknownIsCustom;

    private CompressionDetector(@Nullable CompressionSettings settings) {
        customMagic = settings == null ? null : settings.customMagic();
        unknownIsCustom =
                settings != null && settings.algorithm() == CompressionAlgorithm.CUSTOM && customMagic == null;
    }

    /** A detector that knows the custom magic of a server. */
    public static CompressionDetector of(@Nullable CompressionSettings settings) {
        return settings == null ? STANDARD : new CompressionDetector(settings);
    }

    /** How many bytes {@link #detect(byte[], int)} needs to see of a file that is long enough. */
    public int headBytes() {
        return customMagic == null ? HEAD_BYTES : Math.max(HEAD_BYTES, customMagic.length());
    }

    /**
     * The algorithm whose magic the data begins with; empty for plain data.
     *
     * @param head the first bytes of a file
     * @param length how many of them are valid
     */
    public Optional<CompressionAlgorithm> detect(byte[] head, int length) {
        CompressionAlgorithm standard = CompressionAlgorithm.byMagic(head, length);
        if (customMagic != null && customMagic.matches(head, length) && standard != CompressionAlgorithm.BZIP2) {
            return Optional.of(CompressionAlgorithm.CUSTOM);
        }
        return Optional.ofNullable(standard);
    }

    /**
     * As {@link #detect(byte[], int)}, for a file in {@code incoming}: what is not recognised is plain.
     *
     * @throws IOException if the file cannot be read
     */
    public Optional<CompressionAlgorithm> detect(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] head = new byte[headBytes()];
            return detect(head, in.readNBytes(head, 0, head.length));
        }
    }

    /**
     * As {@link #detect(Path)}, for a file of the archive: where the server uses custom compression and no magic is
     * known, what is not recognised is custom compressed.
     *
     * @throws IOException if the file cannot be read
     */
    public Optional<CompressionAlgorithm> detectStored(Path file) throws IOException {
        Optional<CompressionAlgorithm> detected = detect(file);
        return detected.isEmpty() && unknownIsCustom ? Optional.of(CompressionAlgorithm.CUSTOM) : detected;
    }
}
