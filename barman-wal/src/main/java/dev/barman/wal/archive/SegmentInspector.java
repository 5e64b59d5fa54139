// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.encrypt.EncryptionDetector;
import dev.barman.wal.storage.WalToStore;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the first page of a plain segment before it goes into the archive: is it complete, and is it of this cluster? Files
 * without a readable header (labels, histories, partial segments, encrypted files, unknown releases) are not judged.
 */
final class SegmentInspector {
    private static final Logger logger = LoggerFactory.getLogger(SegmentInspector.class);

    private final Supplier<Optional<String>> expectedSystemId;

    SegmentInspector(Supplier<Optional<String>> expectedSystemId) {
        this.expectedSystemId = expectedSystemId;
    }

    /** What is to be done with a file. */
    sealed interface Verdict {
        /** Archive it. */
        record Acceptable() implements Verdict {}

        /** Leave it: it may still be written. */
        record Incomplete(long expectedBytes) implements Verdict {}

        /** It belongs to another cluster. */
        record Foreign(String systemId, String expectedSystemId) implements Verdict {}
    }

    private static final Verdict ACCEPTABLE = new Verdict.Acceptable();

    Verdict inspect(WalToStore wal) throws IOException {
        if (!(wal.name() instanceof WalSegmentName)) {
            return ACCEPTABLE;
        }
        if (wal.sizeBytes() == 0) {
            return new Verdict.Incomplete(0);
        }
        Optional<WalPageHeader> header = wal.compression().isPresent()
                ? compressedHeader(wal, wal.compression().get())
                : WalPageHeader.read(wal.file());
        if (header.isEmpty()) {
            if (wal.compression().isEmpty() && isShorterThanHeader(wal)) {
                return new Verdict.Incomplete(0);
            }
            return ACCEPTABLE;
        }
        if (wal.compression().isEmpty() && wal.sizeBytes() < header.get().segmentSizeBytes()) {
            return new Verdict.Incomplete(header.get().segmentSizeBytes());
        }
        String systemId = header.get().systemId();
        Optional<String> expected = expectedSystemId.get();
        if (expected.isPresent() && !expected.get().equals(systemId)) {
            return new Verdict.Foreign(systemId, expected.get());
        }
        return ACCEPTABLE;
    }

    private static boolean isShorterThanHeader(WalToStore wal) throws IOException {
        return wal.sizeBytes() < WalPageHeader.LENGTH && !EncryptionDetector.isEncrypted(wal.file());
    }

    /** The header behind a few compressed bytes; a file that cannot be decompressed is archived as it is, and so not judged. */
    private static Optional<WalPageHeader> compressedHeader(WalToStore wal, CompressionAlgorithm algorithm)
            throws IOException {
        if (algorithm == CompressionAlgorithm.CUSTOM) {
            return Optional.empty();
        }
        try (WalCodec codec = WalCodec.of(CompressionSettings.of(algorithm));
                InputStream plain = codec.decompressing(new BufferedInputStream(Files.newInputStream(wal.file())))) {
            return WalPageHeader.parse(ByteBuffer.wrap(plain.readNBytes(WalPageHeader.LENGTH)));
        } catch (IOException e) {
            logger.debug("Cannot read the first page of {}: {}", wal.file(), e.getMessage());
            return Optional.empty();
        }
    }
}
