// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.storage.local.LocalWalStorage;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.encrypt.WalCipher;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalDeliveryTest {
    private static final String NAME = "000000010000000000000002";
    private static final byte[] CONTENT = "the content of a segment".getBytes(UTF_8);

    @TempDir
    Path directory;

    private Path archive;
    private Path target;

    @BeforeEach
    void createDirectories() throws IOException {
        archive = directory.resolve("wals");
        Files.createDirectories(archive.resolve("0000000100000000"));
        target = Files.createDirectory(directory.resolve("target"));
    }

    /** Flips every bit, which neither looks encrypted nor compressed. */
    private static final class FlippingCipher implements WalCipher {
        @Override
        public String id() {
            return "gpg";
        }

        @Override
        public void encrypt(Path source, Path encrypted) throws IOException {
            decrypt(source, encrypted);
        }

        @Override
        public void decrypt(Path source, Path decrypted) throws IOException {
            Files.write(decrypted, flipped(Files.readAllBytes(source)));
        }
    }

    private static byte[] flipped(byte[] bytes) {
        byte[] flipped = bytes.clone();
        for (int i = 0; i < flipped.length; i++) {
            flipped[i] = (byte) ~flipped[i];
        }
        return flipped;
    }

    private static byte[] compressed(CompressionSettings settings) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (WalCodec codec = WalCodec.of(settings);
                OutputStream out = codec.compressing(bytes)) {
            out.write(CONTENT);
        }
        return bytes.toByteArray();
    }

    private void store(byte[] bytes) throws IOException {
        Files.write(archive.resolve("0000000100000000").resolve(NAME), bytes);
    }

    private WalDelivery delivery(@Nullable CompressionSettings settings, @Nullable WalCipher cipher) {
        return new WalDelivery(
                "main",
                LocalWalStorage.in(
                                archive,
                                new LockedXlogDb(new XlogDb(archive.resolve("main-xlog.db")), archive.resolve(".lock")))
                        .build(),
                settings,
                Optional.ofNullable(cipher));
    }

    private static WalEntry entry(@Nullable String compression, @Nullable String encryption) {
        return new WalEntry(NAME, 1, 1.5, compression, encryption);
    }

    private void assertDelivered(WalDelivery delivery, WalEntry entry) throws IOException {
        assertThat(delivery.deliver(entry, target)).isEqualTo(CONTENT.length);
        assertThat(Files.readAllBytes(target.resolve(NAME))).isEqualTo(CONTENT);
        assertNothingElse();
    }

    private void assertNothingElse() throws IOException {
        try (Stream<Path> files = Files.list(target)) {
            assertThat(files.map(file -> file.getFileName().toString())).allMatch(NAME::equals);
        }
    }

    @Test
    void encryptedAndCompressedFilesAreUndoneInThatOrder() throws IOException {
        store(flipped(compressed(CompressionSettings.of(CompressionAlgorithm.ZSTD))));
        assertDelivered(delivery(null, new FlippingCipher()), entry("zstd", "gpg"));
    }

    @Test
    void theCompressionOfAnEncryptedFileIsFoundOutAfterDecryption() throws IOException {
        store(flipped(compressed(CompressionSettings.of(CompressionAlgorithm.GZIP))));
        assertDelivered(delivery(null, new FlippingCipher()), entry(null, "gpg"));
        Files.delete(target.resolve(NAME));
        store(flipped(CONTENT));
        assertDelivered(delivery(null, new FlippingCipher()), entry(null, "gpg"));
    }

    @Test
    void theContentDecidesAndNotTheIndex() throws IOException {
        store(compressed(CompressionSettings.of(CompressionAlgorithm.LZ4)));
        assertDelivered(delivery(null, null), entry("gzip", null));
    }

    @Test
    void customCompressedFilesNeedTheFilter() throws IOException {
        CompressionSettings custom = CompressionSettings.custom("tr a-z A-Z", "tr A-Z a-z", null);
        store("THE CONTENT OF A SEGMENT".getBytes(UTF_8));
        assertDelivered(delivery(custom, null), entry("custom", null));
        Files.delete(target.resolve(NAME));
        assertThatThrownBy(() -> delivery(null, null).deliver(entry("custom", null), target))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(NAME)
                .hasMessageContaining("no custom_decompression_filter is configured");
        assertNothingElse();
    }

    @Test
    void aPlainFileStaysPlainWhenCustomCompressionCameLater() throws IOException {
        store(CONTENT);
        assertDelivered(delivery(CompressionSettings.custom("rev", "rev", null), null), entry(null, null));
    }

    @Test
    void anEncryptedFileWithoutCipherIsRefusedInWords() throws IOException {
        store(flipped(CONTENT));
        assertThatThrownBy(() -> delivery(null, null).deliver(entry(null, "gpg"), target))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Encrypted WALs were found for server 'main'");
        assertNothingElse();
    }

    @Test
    void aMissingFileIsRefusedInWords() {
        assertThatThrownBy(() -> delivery(null, null).deliver(entry(null, null), target))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no such file or directory");
    }
}
