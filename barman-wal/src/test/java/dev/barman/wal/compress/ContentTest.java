// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentTest {
    private static final CompressionSettings CUSTOM_WITH_MAGIC =
            CompressionSettings.custom("printf AB; cat", "tail -c +3", MagicBytes.parse("0x4142"));
    private static final CompressionSettings CUSTOM_WITHOUT_MAGIC =
            CompressionSettings.custom("printf AB; cat", "tail -c +3", null);

    @TempDir
    Path directory;

    private static Optional<CompressionAlgorithm> detect(CompressionDetector detector, int... bytes) {
        byte[] head = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            head[i] = (byte) bytes[i];
        }
        return detector.detect(head, head.length);
    }

    @Test
    void formatsAreKnownByTheirFirstBytes() {
        CompressionDetector detector = CompressionDetector.STANDARD;
        assertThat(detect(detector, 0x1f, 0x8b, 0x08)).contains(CompressionAlgorithm.GZIP);
        assertThat(detect(detector, 0x42, 0x5a, 0x68)).contains(CompressionAlgorithm.BZIP2);
        assertThat(detect(detector, 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)).contains(CompressionAlgorithm.XZ);
        assertThat(detect(detector, 0x28, 0xb5, 0x2f, 0xfd)).contains(CompressionAlgorithm.ZSTD);
        assertThat(detect(detector, 0x04, 0x22, 0x4d, 0x18)).contains(CompressionAlgorithm.LZ4);
        assertThat(detect(detector, 0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59))
                .contains(CompressionAlgorithm.SNAPPY);
        assertThat(detect(detector, 0x02, 0x21, 0x4c, 0x18)).as("legacy lz4").isEmpty();
        assertThat(detect(detector, 0x10, 0xd1, 0x06, 0)).as("a WAL page").isEmpty();
    }

    @Test
    void shortHeadsAreNotOverinterpreted() {
        CompressionDetector detector = CompressionDetector.STANDARD;
        assertThat(detect(detector, 0x1f, 0x8b)).isEmpty();
        assertThat(detect(detector)).isEmpty();
        assertThat(detect(detector, 0x28, 0xb5, 0x2f)).isEmpty();
        byte[] head = {0x1f, (byte) 0x8b, 8};
        assertThat(detector.detect(head, 2)).isEmpty();
    }

    @Test
    void customMagicComesAfterBzip2AndBeforeTheOthers() {
        CompressionDetector gzipLike =
                CompressionDetector.of(CompressionSettings.custom("a", "b", MagicBytes.parse("0x1f8b08")));
        assertThat(detect(gzipLike, 0x1f, 0x8b, 8)).contains(CompressionAlgorithm.CUSTOM);
        CompressionDetector bzip2Like =
                CompressionDetector.of(CompressionSettings.custom("a", "b", MagicBytes.parse("0x425a")));
        assertThat(detect(bzip2Like, 0x42, 0x5a, 0x68)).contains(CompressionAlgorithm.BZIP2);
        assertThat(detect(bzip2Like, 0x42, 0x5a, 0x00)).contains(CompressionAlgorithm.CUSTOM);
    }

    @Test
    void longCustomMagicIsSeenInFiles() throws IOException {
        CompressionDetector detector = CompressionDetector.of(
                CompressionSettings.custom("a", "b", MagicBytes.parse("0x000102030405060708090a0b0c")));
        Path file = TestData.write(directory, "f", new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13});
        assertThat(detector.detect(file)).contains(CompressionAlgorithm.CUSTOM);
    }

    @Test
    void withoutMagicOnlyStoredFilesAreTakenForCustom() throws IOException {
        Path file = TestData.write(directory, "f", new byte[100]);
        assertThat(CompressionDetector.of(CUSTOM_WITHOUT_MAGIC).detect(file)).isEmpty();
        assertThat(CompressionDetector.of(CUSTOM_WITHOUT_MAGIC).detectStored(file))
                .contains(CompressionAlgorithm.CUSTOM);
        assertThat(CompressionDetector.of(CUSTOM_WITH_MAGIC).detectStored(file)).isEmpty();
    }

    @Test
    void anyStoredFormatIsOpenedWhateverTheServerUses() throws IOException {
        byte[] data = TestData.walLike(100_000, 1);
        ContentReader reader = ContentReader.of(CompressionSettings.of(CompressionAlgorithm.ZSTD));
        for (CompressionAlgorithm algorithm : TestData.IN_PROCESS) {
            Path file = TestData.write(directory, "f", TestData.compress(TestData.codec(algorithm), data));
            try (InputStream in = reader.openStored(file)) {
                assertThat(in.readAllBytes()).as(algorithm.id()).isEqualTo(data);
            }
        }
        Path plain = TestData.write(directory, "plain", data);
        try (InputStream in = reader.openStored(plain)) {
            assertThat(in.readAllBytes()).isEqualTo(data);
        }
    }

    @Test
    void customDataWithoutAFilterIsAClearError() throws IOException {
        ContentReader reader = ContentReader.of(null);
        InputStream data = InputStream.nullInputStream();
        assertThatThrownBy(() -> reader.open(data, CompressionAlgorithm.CUSTOM))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("custom_decompression_filter");
    }

    @Test
    void equalContentInDifferentFormsIsTheSame() throws IOException {
        byte[] data = TestData.walLike(300_000, 2);
        Path plain = TestData.write(directory, "plain", data);
        Path gzip =
                TestData.write(directory, "gz", TestData.compress(TestData.codec(CompressionAlgorithm.GZIP, 1), data));
        Path gzipAgain =
                TestData.write(directory, "gz9", TestData.compress(TestData.codec(CompressionAlgorithm.GZIP, 9), data));
        Path zstd =
                TestData.write(directory, "zst", TestData.compress(TestData.codec(CompressionAlgorithm.ZSTD), data));
        ContentComparator comparator = ContentComparator.of(null);
        assertThat(comparator.sameContent(plain, plain)).isTrue();
        assertThat(comparator.sameContent(plain, gzip)).isTrue();
        assertThat(comparator.sameContent(gzip, plain)).isTrue();
        assertThat(comparator.sameContent(gzip, gzipAgain)).isTrue();
        assertThat(comparator.sameContent(zstd, gzip)).isTrue();
    }

    @Test
    void differentContentOfTheSameSizeIsDifferent() throws IOException {
        byte[] data = TestData.walLike(300_000, 2);
        byte[] other = data.clone();
        other[299_999] ^= 1;
        Path plain = TestData.write(directory, "plain", data);
        Path otherPlain = TestData.write(directory, "other", other);
        Path otherGzip =
                TestData.write(directory, "gz", TestData.compress(TestData.codec(CompressionAlgorithm.GZIP), other));
        Path shorter = TestData.write(
                directory,
                "short",
                TestData.compress(TestData.codec(CompressionAlgorithm.GZIP), java.util.Arrays.copyOf(data, 299_999)));
        ContentComparator comparator = ContentComparator.of(null);
        assertThat(comparator.sameContent(plain, otherPlain)).isFalse();
        assertThat(comparator.sameContent(plain, otherGzip)).isFalse();
        assertThat(comparator.sameContent(plain, shorter)).isFalse();
    }

    @Test
    void aStoredFileThatCannotBeDecodedIsDifferent() throws IOException {
        byte[] data = TestData.walLike(300_000, 2);
        byte[] compressed = TestData.compress(TestData.codec(CompressionAlgorithm.ZSTD), data);
        Path plain = TestData.write(directory, "plain", data);
        Path cut = TestData.write(directory, "cut", java.util.Arrays.copyOf(compressed, compressed.length - 5));
        Path garbage = TestData.write(directory, "garbage", new byte[] {0x1f, (byte) 0x8b, 8, 99});
        ContentComparator comparator = ContentComparator.of(null);
        assertThat(comparator.sameContent(plain, cut)).isFalse();
        assertThat(comparator.sameContent(plain, garbage)).isFalse();
        assertThat(comparator.sameContent(garbage, plain)).isFalse();
        assertThat(comparator.sameContent(garbage, garbage)).as("equal bytes").isTrue();
    }

    @Test
    void customCompressedFilesAreComparedThroughTheFilter() throws IOException {
        byte[] data = TestData.walLike(50_000, 3);
        Path plain = TestData.write(directory, "plain", data);
        Path stored = TestData.write(directory, "stored", TestData.concatenate(new byte[] {'A', 'B'}, data));
        assertThat(ContentComparator.of(CUSTOM_WITH_MAGIC).sameContent(plain, stored))
                .isTrue();
        assertThat(ContentComparator.of(CUSTOM_WITHOUT_MAGIC).sameContent(plain, stored))
                .isTrue();
        assertThat(ContentComparator.of(null).sameContent(plain, stored)).isFalse();
    }

    @Test
    void aMissingFileIsAnError() throws IOException {
        Path plain = TestData.write(directory, "plain", new byte[10]);
        ContentComparator comparator = ContentComparator.of(null);
        assertThatThrownBy(() -> comparator.sameContent(plain, directory.resolve("none")))
                .isInstanceOf(IOException.class);
        assertThat(Files.exists(plain)).isTrue();
    }
}
