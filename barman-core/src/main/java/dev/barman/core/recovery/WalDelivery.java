// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.RecoveryException;
import dev.barman.file.IoReason;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionDetector;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.encrypt.EncryptionDetector;
import dev.barman.wal.encrypt.WalCipher;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Brings archived WAL files into a directory as PostgreSQL wrote them. A file appears under its name when it is
 * complete. Thread-safe.
 */
public final class WalDelivery {
    private static final String GPG = "gpg";

    private final String serverName;
    private final Path archive;
    private final @Nullable CompressionSettings compression;
    private final CompressionDetector detector;
    private final Optional<WalCipher> cipher;

    /**
     * A delivery from the archive of a server.
     *
     * @param serverName the server, for messages
     * @param archive its WAL directory
     * @param compression its compression, which tells how custom compressed files are read; null for none
     * @param cipher decrypts; empty when no passphrase command is configured
     */
    public WalDelivery(
            String serverName, Path archive, @Nullable CompressionSettings compression, Optional<WalCipher> cipher) {
        this.serverName = serverName;
        this.archive = archive;
        this.compression = compression;
        this.detector = CompressionDetector.of(compression);
        this.cipher = cipher;
    }

    /**
     * Returns whether decryption is needed and impossible, before anything is copied.
     *
     * @throws RecoveryException when an entry is encrypted and there is no way to decrypt it
     */
    void requireReadable(Iterable<WalEntry> wals) throws RecoveryException {
        if (cipher.isPresent()) {
            return;
        }
        for (WalEntry wal : wals) {
            if (wal.encryption() != null) {
                throw unreadable();
            }
        }
    }

    private RecoveryException unreadable() {
        return new RecoveryException("Encrypted WALs were found for server '" + serverName
                + "', but 'encryption_passphrase_command' is not configured correctly. Please fix it before attempting"
                + " a restore.");
    }

    /**
     * The entry of a segment as its archived file tells it; empty when there is no such file.
     *
     * @throws IOException when that cannot be found out
     */
    Optional<WalEntry> find(WalSegmentName segment) throws IOException {
        Path file = fileOf(segment);
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            boolean encrypted = EncryptionDetector.isEncrypted(file);
            return Optional.of(new WalEntry(
                    segment.text(),
                    attributes.size(),
                    WalEntry.epochSeconds(attributes.lastModifiedTime().toInstant()),
                    encrypted
                            ? null
                            : detector.detectStored(file)
                                    .map(CompressionAlgorithm::id)
                                    .orElse(null),
                    encrypted ? GPG : null));
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        }
    }

    /** Where the archive has a file or would have it. */
    Path fileOf(WalFileName name) {
        return archive.resolve(name.archivePath());
    }

    /**
     * Delivers one file.
     *
     * @return the size of the delivered file
     * @throws IOException when the file is not in the archive, is damaged, or cannot be written; nothing is left behind
     */
    long deliver(WalEntry wal, Path directory) throws IOException {
        Path source = fileOf(WalFileName.parse(wal.name()));
        Path target = directory.resolve(wal.name());
        Path temporary = directory.resolve("." + wal.name() + ".restoring");
        Path decrypted = directory.resolve("." + wal.name() + ".decrypted");
        try {
            Path readable = source;
            if (wal.encryption() != null || EncryptionDetector.isEncrypted(source)) {
                cipher.orElseThrow(() -> new IOException(unreadable().getMessage()))
                        .decrypt(source, decrypted);
                readable = decrypted;
            }
            CompressionAlgorithm algorithm = algorithm(wal, readable);
            if (algorithm == null) {
                Files.copy(
                        readable, temporary, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
            } else {
                try (WalCodec codec = WalCodec.of(settings(algorithm));
                        InputStream in = codec.decompressing(Files.newInputStream(readable))) {
                    Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
                }
                FileTime modified = Files.getLastModifiedTime(source);
                Files.setLastModifiedTime(temporary, modified);
            }
            long size = Files.size(temporary);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            return size;
        } catch (IOException e) {
            throw new IOException("WAL file " + wal.name() + " (" + source + "): " + IoReason.of(e), e);
        } finally {
            Files.deleteIfExists(temporary);
            Files.deleteIfExists(decrypted);
        }
    }

    private @Nullable CompressionAlgorithm algorithm(WalEntry wal, Path readable) throws IOException {
        Optional<CompressionAlgorithm> detected = detector.detect(readable);
        if (detected.isPresent() || wal.compression() == null) {
            return detected.orElse(null);
        }
        return CompressionAlgorithm.fromId(wal.compression())
                .orElseThrow(() -> new IOException("unknown compression '" + wal.compression() + "'"));
    }

    private CompressionSettings settings(CompressionAlgorithm algorithm) throws IOException {
        if (algorithm != CompressionAlgorithm.CUSTOM) {
            return CompressionSettings.of(algorithm);
        }
        if (compression == null || compression.algorithm() != CompressionAlgorithm.CUSTOM) {
            throw new IOException("it is custom compressed, and no custom_decompression_filter is configured");
        }
        return compression;
    }
}
