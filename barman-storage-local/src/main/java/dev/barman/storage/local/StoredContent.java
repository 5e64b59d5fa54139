// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionDetector;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.ContentComparator;
import dev.barman.wal.encrypt.EncryptionDetector;
import dev.barman.wal.encrypt.WalCipher;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks into files of the archive. Thread-safe. */
final class StoredContent {
    private static final Logger logger = LoggerFactory.getLogger(StoredContent.class);
    private static final String GPG = "gpg";

    private final @Nullable CompressionSettings compression;
    private final @Nullable WalCipher decryption;
    private final CompressionDetector detector;
    private final ContentComparator comparator;

    StoredContent(@Nullable CompressionSettings compression, @Nullable WalCipher decryption) {
        this.compression = compression;
        this.decryption = decryption;
        this.detector = CompressionDetector.of(compression);
        this.comparator = ContentComparator.of(compression);
    }

    /**
     * Whether the archive holds the WAL's uncompressed bytes. A stored file that cannot be decrypted or decoded holds something
     * else, as far as anybody can tell.
     *
     * @throws IOException when either file cannot be read
     */
    boolean sameAs(Path stored, WalToStore wal) throws IOException {
        if (Files.isSameFile(stored, wal.file())) {
            return true;
        }
        if (!EncryptionDetector.isEncrypted(stored)) {
            return comparator.sameContent(wal.file(), stored);
        }
        if (decryption == null) {
            logger.warn(
                    "{} is encrypted and no passphrase command is configured: cannot compare it with {}",
                    stored,
                    wal.file());
            return false;
        }
        Path decrypted = WalPreparer.temporaryOf(stored);
        try {
            decryption.decrypt(stored, decrypted);
            return comparator.sameContent(wal.file(), decrypted);
        } catch (IOException e) {
            logger.warn("Cannot decrypt {} to compare it with {}: {}", stored, wal.file(), e.getMessage());
            return false;
        } finally {
            Files.deleteIfExists(decrypted);
        }
    }

    /** The index line for a stored file, as far as the file tells. */
    WalEntry describe(Path stored, WalFileName name) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(stored, BasicFileAttributes.class);
        double time = WalEntry.epochSeconds(attributes.lastModifiedTime().toInstant());
        if (EncryptionDetector.isEncrypted(stored)) {
            return new WalEntry(name.text(), attributes.size(), time, null, GPG);
        }
        return new WalEntry(name.text(), attributes.size(), time, compressionOf(stored), null);
    }

    /** The configured name where the format is the same: {@code pigz} and {@code gzip} cannot be told apart by their output. */
    private @Nullable String compressionOf(Path stored) throws IOException {
        Optional<CompressionAlgorithm> detected = detector.detectStored(stored);
        if (detected.isEmpty()) {
            return null;
        }
        if (compression != null && compression.algorithm().sameFormat(detected.get())) {
            return compression.algorithm().id();
        }
        return detected.get().id();
    }
}
