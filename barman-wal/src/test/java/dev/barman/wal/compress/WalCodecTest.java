// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class WalCodecTest {
    @TempDir
    Path directory;

    static List<CompressionAlgorithm> inProcess() {
        return TestData.IN_PROCESS;
    }

    @ParameterizedTest
    @MethodSource("inProcess")
    void wholeFilesOfEverySizeComeBack(CompressionAlgorithm algorithm) throws IOException {
        int[] sizes = {0, 1, 65_535, 65_536, 65_537, 1 << 18, 1 << 20, (1 << 22) - 1, 1 << 22, (1 << 22) + 1};
        try (WalCodec codec = TestData.codec(algorithm, 1)) {
            for (int size : sizes) {
                byte[] data = TestData.walLike(size, size);
                Path source = TestData.write(directory, "source", data);
                Path target = directory.resolve("target");
                long written = TestData.compressFile(codec, source, target);
                assertThat(written).as("bytes written of %s", size).isEqualTo(Files.size(target));
                assertThat(TestData.decompress(codec, Files.readAllBytes(target)))
                        .as("content of %s", size)
                        .isEqualTo(data);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("inProcess")
    void compressingAFileWritesFromThePositionOnAndLeavesTheChannelOpen(CompressionAlgorithm algorithm)
            throws IOException {
        byte[] data = TestData.walLike(100_000, 5);
        Path source = TestData.write(directory, "source", data);
        Path target = TestData.write(directory, "target", new byte[3]);
        long written;
        try (WalCodec codec = TestData.codec(algorithm);
                FileChannel out = FileChannel.open(target, StandardOpenOption.WRITE)) {
            out.position(3);
            written = codec.compress(source, out);
            assertThat(out.isOpen()).isTrue();
            assertThat(out.position()).isEqualTo(3 + written);
            byte[] all = Files.readAllBytes(target);
            assertThat(TestData.decompress(codec, java.util.Arrays.copyOfRange(all, 3, all.length)))
                    .isEqualTo(data);
        }
    }

    @ParameterizedTest
    @MethodSource("inProcess")
    void severalFramesInARowAreReadCompletely(CompressionAlgorithm algorithm) throws IOException {
        try (WalCodec codec = TestData.codec(algorithm)) {
            byte[] first = TestData.walLike(70_000, 1);
            byte[] second = TestData.walLike(10, 2);
            byte[] all = TestData.concatenate(
                    TestData.compress(codec, first),
                    TestData.compress(codec, new byte[0]),
                    TestData.compress(codec, second));
            assertThat(TestData.decompress(codec, all)).isEqualTo(TestData.concatenate(first, second));
        }
    }

    @ParameterizedTest
    @MethodSource("inProcess")
    void garbageBehindTheDataIsAnError(CompressionAlgorithm algorithm) throws IOException {
        try (WalCodec codec = TestData.codec(algorithm)) {
            byte[] all = TestData.concatenate(
                    TestData.compress(codec, TestData.walLike(1000, 1)),
                    "this is no compressed data at all".getBytes("US-ASCII"));
            assertThatThrownBy(() -> TestData.decompress(codec, all)).isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("inProcess")
    void everyDamagedBitIsFoundOrHarmless(CompressionAlgorithm algorithm) throws IOException {
        byte[] data = TestData.walLike(300, 11);
        try (WalCodec codec = TestData.codec(algorithm)) {
            byte[] compressed = TestData.compress(codec, data);
            for (int bit = 0; bit < compressed.length * 8; bit++) {
                byte[] damaged = compressed.clone();
                damaged[bit / 8] ^= (byte) (1 << bit % 8);
                byte[] back;
                try {
                    back = TestData.decompress(codec, damaged);
                } catch (IOException found) {
                    continue;
                }
                assertThat(back).as("bit %s of byte %s", bit % 8, bit / 8).isEqualTo(data);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("inProcess")
    void nothingAtAllIsNoCompressedData(CompressionAlgorithm algorithm) {
        try (WalCodec codec = TestData.codec(algorithm)) {
            assertThatThrownBy(() -> TestData.decompress(codec, new byte[0])).isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("inProcess")
    void aFailedReadFailsAgain(CompressionAlgorithm algorithm) throws IOException {
        try (WalCodec codec = TestData.codec(algorithm)) {
            byte[] compressed = TestData.compress(codec, TestData.random(200_000, 1));
            compressed[compressed.length / 2] ^= 1;
            try (InputStream in = codec.decompressing(new ByteArrayInputStream(compressed))) {
                assertThatThrownBy(in::readAllBytes).isInstanceOf(IOException.class);
                assertThatThrownBy(in::read).isInstanceOf(IOException.class);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("inProcess")
    void streamsCloseWhatTheyWrap(CompressionAlgorithm algorithm) throws IOException {
        boolean[] closed = new boolean[2];
        ByteArrayOutputStream target = new ByteArrayOutputStream() {
            @Override
            public void close() {
                closed[0] = true;
            }
        };
        try (WalCodec codec = TestData.codec(algorithm)) {
            try (OutputStream out = codec.compressing(target)) {
                out.write(1);
            }
            InputStream source = new ByteArrayInputStream(target.toByteArray()) {
                @Override
                public void close() {
                    closed[1] = true;
                }
            };
            codec.decompressing(source).close();
        }
        assertThat(closed).containsExactly(true, true);
    }

    @ParameterizedTest
    @MethodSource("inProcess")
    void severalThreadsMayUseOneCodec(CompressionAlgorithm algorithm) throws Exception {
        Path[] sources = new Path[4];
        byte[][] expected = new byte[sources.length][];
        for (int i = 0; i < sources.length; i++) {
            sources[i] = TestData.write(directory, "s" + i, TestData.walLike(300_000 + i, i));
            try (WalCodec own = TestData.codec(algorithm)) {
                TestData.compressFile(own, sources[i], directory.resolve("expected"));
            }
            expected[i] = Files.readAllBytes(directory.resolve("expected"));
        }
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try (WalCodec codec = TestData.codec(algorithm)) {
            List<Future<Path>> results = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                Path source = sources[i % sources.length];
                Path target = directory.resolve("t" + i);
                results.add(threads.submit(() -> {
                    TestData.compressFile(codec, source, target);
                    return target;
                }));
            }
            for (int i = 0; i < results.size(); i++) {
                assertThat(Files.readAllBytes(results.get(i).get())).isEqualTo(expected[i % sources.length]);
            }
        } finally {
            threads.shutdown();
        }
    }

    @ParameterizedTest
    @MethodSource("inProcess")
    void aFailedCompressionLeavesTheCodecUsable(CompressionAlgorithm algorithm) throws IOException {
        byte[] data = TestData.walLike(2_000_000, 7);
        Path source = TestData.write(directory, "source", data);
        Path target = directory.resolve("target");
        try (WalCodec codec = TestData.codec(algorithm, 1)) {
            Files.createFile(target);
            assertThatThrownBy(() -> {
                        try (FileChannel readOnly = FileChannel.open(target, StandardOpenOption.READ)) {
                            codec.compress(source, readOnly);
                        }
                    })
                    .isInstanceOfAny(IOException.class, java.nio.channels.NonWritableChannelException.class);
            TestData.compressFile(codec, source, target);
            assertThat(TestData.decompress(codec, Files.readAllBytes(target))).isEqualTo(data);
        }
    }

    @ParameterizedTest
    @EnumSource(CompressionAlgorithm.class)
    void aMissingSourceIsAnIoException(CompressionAlgorithm algorithm) {
        CompressionSettings settings = algorithm == CompressionAlgorithm.CUSTOM
                ? CompressionSettings.custom("cat", "cat", null)
                : CompressionSettings.of(algorithm);
        try (WalCodec codec = WalCodec.of(settings)) {
            assertThatThrownBy(() -> TestData.compressFile(codec, directory.resolve("none"), directory.resolve("t")))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void gzipHeaderHasNeitherTimeNorName() throws IOException {
        try (WalCodec codec = TestData.codec(CompressionAlgorithm.GZIP)) {
            byte[] compressed = TestData.compress(codec, new byte[100]);
            assertThat(compressed).startsWith(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
        }
    }

    @Test
    void gzipMayBePaddedWithZeros() throws IOException {
        try (WalCodec codec = TestData.codec(CompressionAlgorithm.GZIP)) {
            byte[] data = TestData.walLike(5000, 3);
            byte[] padded = TestData.concatenate(TestData.compress(codec, data), new byte[512]);
            assertThat(TestData.decompress(codec, padded)).isEqualTo(data);
        }
    }

    @Test
    void levelsChangeTheSize() throws IOException {
        byte[] data = TestData.walLike(1 << 20, 11);
        for (CompressionAlgorithm algorithm : TestData.IN_PROCESS) {
            if (algorithm == CompressionAlgorithm.SNAPPY || algorithm == CompressionAlgorithm.BZIP2) {
                continue;
            }
            int low = TestData.compress(TestData.codec(algorithm, 1), data).length;
            int high = TestData.compress(TestData.codec(algorithm, 9), data).length;
            assertThat(high).as(algorithm.id()).isLessThan(low);
        }
    }

    @Test
    void customFiltersSeeSourceAndTarget() throws IOException {
        byte[] data = TestData.walLike(300_000, 9);
        CompressionSettings settings =
                CompressionSettings.custom("printf MAGIC; cat", "tail -c +6", MagicBytes.parse("0x4d41474943"));
        try (WalCodec codec = WalCodec.of(settings)) {
            byte[] streamed = TestData.compress(codec, data);
            assertThat(streamed).isEqualTo(TestData.concatenate("MAGIC".getBytes("US-ASCII"), data));
            assertThat(TestData.decompress(codec, streamed)).isEqualTo(data);
            Path source = TestData.write(directory, "source", data);
            Path target = directory.resolve("target");
            assertThat(TestData.compressFile(codec, source, target)).isEqualTo(data.length + 5);
            assertThat(Files.readAllBytes(target)).isEqualTo(streamed);
        }
    }

    @Test
    void aFailingFilterIsAnIoExceptionThatQuotesIt() throws IOException {
        CompressionSettings settings =
                CompressionSettings.custom("cat; echo out of luck >&2; exit 3", "cat; exit 4", null);
        Path source = TestData.write(directory, "source", new byte[100_000]);
        try (WalCodec codec = WalCodec.of(settings)) {
            assertThatThrownBy(() -> TestData.compressFile(codec, source, directory.resolve("t")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("exit status 3")
                    .hasMessageContaining("out of luck");
            assertThatThrownBy(() -> TestData.compress(codec, new byte[100_000]))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("exit status 3");
            assertThatThrownBy(() -> TestData.decompress(codec, new byte[100_000]))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("exit status 4");
        }
    }

    @Test
    void aSourceThatFailsWhileAFilterReadsItIsNotShortData() {
        CompressionSettings settings = CompressionSettings.custom("cat", "cat", null);
        InputStream failing = new InputStream() {
            private int left = 100_000;

            @Override
            public int read() throws IOException {
                if (left-- > 0) {
                    return 7;
                }
                throw new IOException("disk on fire");
            }
        };
        try (WalCodec codec = WalCodec.of(settings)) {
            assertThatThrownBy(() -> {
                        try (InputStream in = codec.decompressing(failing)) {
                            in.readAllBytes();
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("disk on fire");
        }
    }

    @Test
    void anUnfinishedReadOfAFilterEndsIt() throws IOException {
        CompressionSettings settings = CompressionSettings.custom("cat", "cat; sleep 60", null);
        long start = System.nanoTime();
        try (WalCodec codec = WalCodec.of(settings);
                InputStream in = codec.decompressing(new ByteArrayInputStream(new byte[1_000_000]))) {
            assertThat(in.read()).isZero();
        }
        assertThat(System.nanoTime() - start).isLessThan(20_000_000_000L);
    }
}
