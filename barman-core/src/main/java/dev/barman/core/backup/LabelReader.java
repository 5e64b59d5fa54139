// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/** Finds the {@code backup_label} that pg_basebackup wrote: a file in plain backups, the first entry of the archive else. */
final class LabelReader {

    private static final String LABEL = "backup_label";

    private LabelReader() {}

    /**
     * Reads the label of a copied backup.
     *
     * @param compression the algorithm of a backup in tar format ({@code none} for a plain archive), or null for plain files
     * @return empty if there is none
     */
    static Optional<String> read(Path dataDirectory, @Nullable String compression) throws IOException {
        if (compression == null) {
            Path file = dataDirectory.resolve(LABEL);
            return Files.exists(file) ? Optional.of(Files.readString(file, StandardCharsets.UTF_8)) : Optional.empty();
        }
        return switch (compression) {
            case "none" -> fromArchive(dataDirectory.resolve("base.tar"), null);
            case "gzip" -> fromArchive(dataDirectory.resolve("base.tar.gz"), CompressionAlgorithm.GZIP);
            case "lz4" -> fromArchive(dataDirectory.resolve("base.tar.lz4"), CompressionAlgorithm.LZ4);
            case "zstd" -> fromArchive(dataDirectory.resolve("base.tar.zst"), CompressionAlgorithm.ZSTD);
            default -> throw new IOException("Unexpected compression format: " + compression);
        };
    }

    private static Optional<String> fromArchive(Path archive, @Nullable CompressionAlgorithm algorithm)
            throws IOException {
        try (InputStream file = new BufferedInputStream(Files.newInputStream(archive), 64 * 1024)) {
            if (algorithm == null) {
                return fromTar(file);
            }
            try (WalCodec codec = WalCodec.of(CompressionSettings.of(algorithm));
                    InputStream plain = codec.decompressing(file)) {
                return fromTar(plain);
            }
        }
    }

    private static Optional<String> fromTar(InputStream stream) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(stream);
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            String name = entry.getName();
            if (name.equals(LABEL) || name.equals("./" + LABEL)) {
                return Optional.of(new String(tar.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return Optional.empty();
    }
}
