// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import org.jspecify.annotations.Nullable;

/**
 * How the WAL files of one server are compressed. Immutable.
 *
 * @param algorithm the algorithm
 * @param level the level, which the algorithm clamps
 * @param customFilter the shell command that compresses standard input to standard output; needed for
 *     {@link CompressionAlgorithm#CUSTOM}, ignored otherwise
 * @param customDecompressionFilter the shell command that undoes {@code customFilter}
 * @param customMagic the bytes that the output of {@code customFilter} begins with, if the user knows them
 */
public record CompressionSettings(
        CompressionAlgorithm algorithm,
        CompressionLevel level,
        @Nullable String customFilter,
        @Nullable String customDecompressionFilter,
        @Nullable MagicBytes customMagic) {

    /**
     * @throws IllegalArgumentException if the algorithm is custom and a filter is missing; the message is the name of
     *     the missing option
     */
    public CompressionSettings {
        if (algorithm == CompressionAlgorithm.CUSTOM) {
            if (customFilter == null || customFilter.isEmpty()) {
                throw new IllegalArgumentException("custom_compression_filter");
            }
            if (customDecompressionFilter == null || customDecompressionFilter.isEmpty()) {
                throw new IllegalArgumentException("custom_decompression_filter");
            }
        }
    }

    /** The algorithm at its medium level, which is Barman's default. */
    public static CompressionSettings of(CompressionAlgorithm algorithm) {
        return of(algorithm, CompressionLevel.MEDIUM);
    }

    /** The algorithm at a level. */
    public static CompressionSettings of(CompressionAlgorithm algorithm, CompressionLevel level) {
        return new CompressionSettings(algorithm, level, null, null, null);
    }

    /** Custom filters. */
    public static CompressionSettings custom(
            String compressionFilter, String decompressionFilter, @Nullable MagicBytes magic) {
        return new CompressionSettings(
                CompressionAlgorithm.CUSTOM, CompressionLevel.MEDIUM, compressionFilter, decompressionFilter, magic);
    }

    /** The level as the algorithm's number. */
    int levelNumber() {
        return algorithm.number(level);
    }
}
