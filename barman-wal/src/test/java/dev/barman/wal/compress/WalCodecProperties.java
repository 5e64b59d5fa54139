// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class WalCodecProperties {
    /** A size and a kind of content; made when used, so that shrinking stays cheap. */
    record Content(int length, boolean random, long seed) {
        byte[] bytes() {
            return random ? TestData.random(length, seed) : TestData.walLike(length, seed);
        }
    }

    @Provide
    Arbitrary<CompressionAlgorithm> algorithms() {
        return Arbitraries.of(TestData.IN_PROCESS);
    }

    @Provide
    Arbitrary<Content> contents() {
        Arbitrary<Integer> lengths = Arbitraries.oneOf(
                Arbitraries.integers().between(0, 300),
                Arbitraries.integers().between(65_530, 65_545),
                Arbitraries.integers().between(0, 700_000));
        return Combinators.combine(
                        lengths,
                        Arbitraries.of(true, false),
                        Arbitraries.longs().between(0, 1000))
                .as(Content::new);
    }

    @Property(tries = 120)
    void whatIsCompressedComesBack(
            @ForAll("algorithms") CompressionAlgorithm algorithm,
            @ForAll("contents") Content content,
            @ForAll int level)
            throws IOException {
        byte[] data = content.bytes();
        try (WalCodec codec = TestData.codec(algorithm, level % 24)) {
            byte[] compressed = TestData.compress(codec, data);
            assertThat(TestData.decompress(codec, compressed)).isEqualTo(data);
            assertThat(TestData.compress(codec, data)).as("a second time").isEqualTo(compressed);
            assertThat(CompressionDetector.STANDARD.detect(compressed, compressed.length))
                    .contains(algorithm);
        }
    }

    @Property(tries = 60)
    void piecesOfAnySizeMayBeWrittenAndRead(
            @ForAll("algorithms") CompressionAlgorithm algorithm,
            @ForAll("contents") Content content,
            @ForAll long seed)
            throws IOException {
        byte[] data = content.bytes();
        Random random = new Random(seed);
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        ByteArrayOutputStream back = new ByteArrayOutputStream();
        try (WalCodec codec = TestData.codec(algorithm)) {
            try (OutputStream out = codec.compressing(compressed)) {
                int at = 0;
                while (at < data.length) {
                    int n = Math.min(data.length - at, 1 + random.nextInt(100_000));
                    if (n == 1) {
                        out.write(data[at]);
                    } else {
                        out.write(data, at, n);
                    }
                    at += n;
                }
            }
            InputStream source = new TricklingStream(compressed.toByteArray(), random);
            try (InputStream in = codec.decompressing(source)) {
                byte[] buffer = new byte[100_000];
                int n = in.read(buffer, 0, 1 + random.nextInt(buffer.length));
                while (n >= 0) {
                    back.write(buffer, 0, n);
                    n = in.read(buffer, 0, 1 + random.nextInt(buffer.length));
                }
            }
        }
        assertThat(back.toByteArray()).isEqualTo(data);
    }

    @Property(tries = 120)
    void aPrefixIsNeverTakenForTheWhole(
            @ForAll("algorithms") CompressionAlgorithm algorithm,
            @ForAll("contents") Content content,
            @ForAll long seed)
            throws IOException {
        try (WalCodec codec = TestData.codec(algorithm)) {
            byte[] compressed = TestData.compress(codec, content.bytes());
            int length = Math.floorMod(seed, compressed.length);
            byte[] cut = java.util.Arrays.copyOf(compressed, length);
            if (algorithm == CompressionAlgorithm.SNAPPY && endsWithAChunk(cut)) {
                return;
            }
            assertFails(codec, cut);
        }
    }

    /** The one cut that the Snappy framing format cannot show. */
    private static boolean endsWithAChunk(byte[] framed) {
        int at = 0;
        while (at + 4 <= framed.length) {
            at += 4 + (framed[at + 1] & 0xff | (framed[at + 2] & 0xff) << 8 | (framed[at + 3] & 0xff) << 16);
        }
        return at == framed.length && at > 0;
    }

    @Property(tries = 200)
    void aDamagedByteIsFoundOrHarmless(
            @ForAll("algorithms") CompressionAlgorithm algorithm,
            @ForAll("contents") Content content,
            @ForAll long seed)
            throws IOException {
        byte[] data = content.bytes();
        Random random = new Random(seed);
        try (WalCodec codec = TestData.codec(algorithm)) {
            byte[] compressed = TestData.compress(codec, data);
            compressed[random.nextInt(compressed.length)] ^= (byte) (1 << random.nextInt(8));
            byte[] back;
            try {
                back = TestData.decompress(codec, compressed);
            } catch (IOException e) {
                return;
            }
            // A byte of a gzip header, say, may change without a change of the content.
            assertThat(back).isEqualTo(data);
        }
    }

    private static void assertFails(WalCodec codec, byte[] compressed) {
        try {
            byte[] back = TestData.decompress(codec, compressed);
            assertThat(back)
                    .as("no exception from a cut of " + compressed.length)
                    .isNull();
        } catch (IOException expected) {
            assertThat(expected).isInstanceOf(IOException.class);
        }
    }

    /** Gives a few bytes at a time and says that none are available, as a slow pipe does. */
    private static final class TricklingStream extends ByteArrayInputStream {
        private final Random random;

        TricklingStream(byte[] data, Random random) {
            super(data);
            this.random = random;
        }

        @Override
        public synchronized int read(byte[] target, int offset, int length) {
            return super.read(target, offset, Math.min(length, 1 + random.nextInt(3000)));
        }

        @Override
        public synchronized int available() {
            return 0;
        }
    }
}
