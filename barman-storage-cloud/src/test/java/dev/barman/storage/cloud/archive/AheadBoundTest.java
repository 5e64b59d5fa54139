// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionLevel;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How many segments are archived at the same time: what was asked for, as far as there is memory. */
class AheadBoundTest {
    private static final long MIB = 1 << 20;
    private static final long HEAP = 1024 * MIB;

    private static int concurrent(
            int parallel, long sizeBytes, long heapBytes, @Nullable CompressionSettings compression) {
        return new ArchiveRun.Ahead(parallel, 0, 512 * MIB, compression)
                .concurrent(WalSegmentSize.of(sizeBytes), heapBytes);
    }

    private static CompressionSettings of(CompressionAlgorithm algorithm, int level) {
        return CompressionSettings.of(algorithm, CompressionLevel.of(level));
    }

    @Test
    void segmentsTakeTheirSizeAndTheRequestedOneIsOneOfThem() {
        assertThat(concurrent(16, 16 * MIB, HEAP, null)).isEqualTo(15);
        assertThat(concurrent(64, 16 * MIB, HEAP, null)).isEqualTo(32);
        // Those lie in files, and are read through memory.
        assertThat(concurrent(64, 1024 * MIB, HEAP, null)).isEqualTo(8);
        assertThat(concurrent(2, 16 * MIB, HEAP, null)).isEqualTo(1);
    }

    @Test
    void halfOfTheHeapIsForCompressors() {
        CompressionSettings xz = of(CompressionAlgorithm.XZ, 9);
        long each;
        try (WalCodec codec = WalCodec.of(xz)) {
            each = codec.heapBytesPerCall();
        }
        assertThat(each).isGreaterThan(100 * MIB);
        assertThat(concurrent(16, 16 * MIB, 2 * 3 * each, xz)).isEqualTo(3);
        assertThat(concurrent(16, 16 * MIB, 2 * 3 * each - 1, xz)).isEqualTo(2);
        assertThat(concurrent(16, 16 * MIB, each, xz)).isEqualTo(1);
    }

    @Test
    void compressorsOutsideOfTheHeapMayHaveAsMuchAsTheSegments() {
        assertThat(concurrent(16, 16 * MIB, HEAP, of(CompressionAlgorithm.ZSTD, 3)))
                .isEqualTo(15);
        assertThat(concurrent(16, 16 * MIB, HEAP, of(CompressionAlgorithm.ZSTD, 19)))
                .isEqualTo(5);
        assertThat(concurrent(16, 16 * MIB, HEAP, of(CompressionAlgorithm.ZSTD, 22)))
                .isEqualTo(1);
        assertThat(concurrent(16, MIB, HEAP, of(CompressionAlgorithm.ZSTD, 22))).isEqualTo(15);
        assertThat(concurrent(64, MIB, HEAP, of(CompressionAlgorithm.ZSTD, 22))).isEqualTo(28);
        assertThat(concurrent(16, 64 * MIB, HEAP, of(CompressionAlgorithm.GZIP, 9)))
                .isEqualTo(8);
    }
}
