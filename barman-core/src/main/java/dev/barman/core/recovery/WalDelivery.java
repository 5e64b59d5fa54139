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
import dev.barman.wal.storage.StoredFile;
import dev.barman.wal.storage.StoredWal;
import dev.barman.wal.storage.WalStorage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Brings archived WAL files into a directory as PostgreSQL wrote them. A file appears under its name when it is
 * complete. Thread-safe.
 */
public final class WalDelivery {
    private static final String GPG = "gpg";

    private final String serverName;
    private final WalStorage archive;
    private final @Nullable CompressionSettings compression;
    private final CompressionDetector detector;
    private final Optional<WalCipher> cipher;

    /**
     * A delivery from the archive of a server.
     *
     * @param serverName the server, for messages
     * @param archive its WAL archive
     * @param compression its compression, which tells how custom compressed files are read; null for none
     * @param cipher decrypts; empty when no passphrase command is configured
     */
    public WalDelivery(
            String serverName,
            WalStorage archive,
            @Nullable CompressionSettings compression,
            Optional<WalCipher> cipher) {
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
        Optional<StoredWal> known = archive.stat(segment);
        if (known.isEmpty()) {
            return Optional.empty();
        }
        try (StoredFile stored = archive.fetch(segment).orElse(null)) {
            if (stored == null) {
                return Optional.empty();
            }
            Path file = stored.file();
            boolean encrypted = EncryptionDetector.isEncrypted(file);
            return Optional.of(new WalEntry(
                    segment.text(),
                    known.get().sizeBytes(),
                    WalEntry.epochSeconds(known.get().modified()),
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
    String locationOf(WalFileName name) {
        return archive.destinationOf(name);
    }

    /**
     * Delivers one file.
     *
     * @return the size of the delivered file
     * @throws IOException when the file is not in the archive, is damaged, or cannot be written; nothing is left behind
     */
    long deliver(WalEntry wal, Path directory) throws IOException {
        WalFileName name = WalFileName.parse(wal.name());
        String origin = archive.locationOf(name, wal.compression());
        Path target = directory.resolve(wal.name());
        Path temporary = directory.resolve("." + wal.name() + ".restoring");
        Path decrypted = directory.resolve("." + wal.name() + ".decrypted");
        try (StoredFile stored = archive.fetch(name).orElseThrow(() -> new NoSuchFileException(origin))) {
            Path source = stored.file();
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
            }
            if (stored.isCopy()) {
                Files.setLastModifiedTime(
                        temporary, FileTime.from(Math.round(wal.time() * 1e6), TimeUnit.MICROSECONDS));
            } else if (algorithm != null) {
                Files.setLastModifiedTime(temporary, Files.getLastModifiedTime(source));
            }
            long size = Files.size(temporary);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            return size;
        } catch (IOException e) {
            throw new IOException("WAL file " + wal.name() + " (" + origin + "): " + IoReason.of(e), e);
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
