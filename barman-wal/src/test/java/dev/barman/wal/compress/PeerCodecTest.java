// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.process.Command;
import dev.barman.process.CommandRunner;
import dev.barman.process.ExecutableSearch;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.commons.compress.compressors.snappy.FramedSnappyCompressorInputStream;
import org.apache.commons.compress.compressors.snappy.FramedSnappyCompressorOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What other programs write we read, and the reverse. A program that is not installed skips its case by name. */
class PeerCodecTest {
    @TempDir
    Path directory;

    /**
     * @param name of the case
     * @param needs a shell command that succeeds where the peer is installed
     * @param compress filters standard input
     * @param decompress filters standard input
     */
    record Peer(String name, CompressionAlgorithm algorithm, String needs, String compress, String decompress) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Peer> peers() {
        return Stream.of(
                program("gzip", CompressionAlgorithm.GZIP, "gzip -c"),
                program("gzip -1 with a name", CompressionAlgorithm.GZIP, "gzip -1 -c"),
                program("pigz in blocks", CompressionAlgorithm.GZIP, "pigz -b 128 -p 2 -c"),
                program("bzip2", CompressionAlgorithm.BZIP2, "bzip2 -c"),
                program("xz", CompressionAlgorithm.XZ, "xz -c"),
                program("xz -0 --check=sha256", CompressionAlgorithm.XZ, "xz -0 --check=sha256 -c"),
                program("zstd", CompressionAlgorithm.ZSTD, "zstd -q -c"),
                program("zstd -12", CompressionAlgorithm.ZSTD, "zstd -q -12 -c"),
                program("zstd --long=27 --no-check", CompressionAlgorithm.ZSTD, "zstd -q --long=27 --no-check -c"),
                program("lz4", CompressionAlgorithm.LZ4, "lz4 -q -c"),
                program("lz4 linked blocks", CompressionAlgorithm.LZ4, "lz4 -q -B4 -BD -c"),
                program("lz4 linked blocks with checksums", CompressionAlgorithm.LZ4, "lz4 -q -B5 -BD -BX -c"),
                program("lz4 -9 --content-size", CompressionAlgorithm.LZ4, "lz4 -q -9 --content-size -c"),
                program("lz4 --no-frame-crc", CompressionAlgorithm.LZ4, "lz4 -q --no-frame-crc -c"),
                python("gzip", CompressionAlgorithm.GZIP, "import gzip", "gzip.compress(d)", "gzip.decompress(d)"),
                python("bz2", CompressionAlgorithm.BZIP2, "import bz2", "bz2.compress(d)", "bz2.decompress(d)"),
                python("lzma", CompressionAlgorithm.XZ, "import lzma", "lzma.compress(d)", "lzma.decompress(d)"),
                python(
                        "zstandard",
                        CompressionAlgorithm.ZSTD,
                        "import zstandard,io",
                        "zstandard.ZstdCompressor(4).compress(d)",
                        "zstandard.ZstdDecompressor().stream_reader(io.BytesIO(d)).read()"),
                python(
                        "lz4.frame",
                        CompressionAlgorithm.LZ4,
                        "import lz4.frame",
                        "lz4.frame.compress(d)",
                        "lz4.frame.decompress(d)"),
                python(
                        "lz4.frame level 10",
                        CompressionAlgorithm.LZ4,
                        "import lz4.frame",
                        "lz4.frame.compress(d,compression_level=10)",
                        "lz4.frame.decompress(d)"),
                python(
                        "snappy",
                        CompressionAlgorithm.SNAPPY,
                        // The extension of some releases fails on its checksums with newer Pythons.
                        "import snappy;snappy.StreamCompressor().add_chunk(b\"x\");import snappy",
                        "(lambda c:c.add_chunk(d) or c.add_chunk(b''))(snappy.StreamCompressor())",
                        "snappy.StreamDecompressor().decompress(d)"));
    }

    private static Peer program(String name, CompressionAlgorithm algorithm, String compress) {
        String program = compress.substring(0, compress.indexOf(' '));
        return new Peer(name, algorithm, "command -v " + program, compress, program + " -d -c");
    }

    private static Peer python(
            String module, CompressionAlgorithm algorithm, String imports, String compress, String decompress) {
        String head = pythonWith(imports) + " -c '" + imports;
        String body = ",sys;d=sys.stdin.buffer.read();sys.stdout.buffer.write(";
        return new Peer(
                "python " + module,
                algorithm,
                head + "'",
                head + body + compress + ")'",
                head + body + decompress + ")'");
    }

    /** The first Python of PATH that has the modules, since there may be several. */
    private static String pythonWith(String imports) {
        for (Path python : ExecutableSearch.ofPath().findAll("python3")) {
            try {
                if (CommandRunner.run(Command.of(python.toString(), "-c", imports))
                        .succeeded()) {
                    return python.toString();
                }
            } catch (IOException e) {
                // Not a program after all.
                continue;
            }
        }
        return "python3";
    }

    /** The sizes around the 64 KiB of several formats, and for LZ4 more than one block of 4 MiB. */
    private static Stream<byte[]> contents(Peer peer) {
        return peer.algorithm() == CompressionAlgorithm.LZ4
                ? Stream.concat(contents(), Stream.of(TestData.walLike(5_000_000, 3)))
                : contents();
    }

    static Stream<byte[]> contents() {
        return Stream.of(
                new byte[0],
                new byte[] {'x'},
                TestData.walLike(66_000, 1),
                TestData.random(200_000, 2),
                TestData.walLike(600_000, 3));
    }

    private static void requireInstalled(Peer peer) throws IOException {
        assumeTrue(
                CommandRunner.run(Command.shell(peer.needs())).succeeded(), () -> "not installed here: " + peer.name());
    }

    private static byte[] filter(Path directory, String command, byte[] data) throws IOException {
        Path in = TestData.write(directory, "in", data);
        Path out = directory.resolve("out");
        CommandRunner.run(Command.shell(command).withStdin(in).withStdout(out)).orThrow();
        return Files.readAllBytes(out);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("peers")
    void weReadWhatThePeerWrites(Peer peer) throws IOException {
        requireInstalled(peer);
        for (byte[] data : contents(peer).toList()) {
            byte[] compressed = filter(directory, peer.compress(), data);
            if (compressed.length == 0) {
                // Python's snappy writes nothing for nothing.
                continue;
            }
            try (WalCodec codec = TestData.codec(peer.algorithm())) {
                assertThat(TestData.decompress(codec, compressed))
                        .as("%s bytes", data.length)
                        .isEqualTo(data);
            }
            assertThat(CompressionDetector.STANDARD.detect(compressed, compressed.length))
                    .contains(peer.algorithm());
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("peers")
    void thePeerReadsWhatWeWrite(Peer peer) throws IOException {
        requireInstalled(peer);
        for (byte[] data : contents(peer).toList()) {
            try (WalCodec codec = WalCodec.of(CompressionSettings.of(peer.algorithm(), CompressionLevel.LOW))) {
                byte[] streamed = TestData.compress(codec, data);
                assertThat(filter(directory, peer.decompress(), streamed))
                        .as("%s bytes, streamed", data.length)
                        .isEqualTo(data);
            }
            try (WalCodec codec = WalCodec.of(CompressionSettings.of(peer.algorithm(), CompressionLevel.HIGH))) {
                Path source = TestData.write(directory, "source", data);
                Path target = directory.resolve("target");
                TestData.compressFile(codec, source, target);
                assertThat(filter(directory, peer.decompress(), Files.readAllBytes(target)))
                        .as("%s bytes, from a file", data.length)
                        .isEqualTo(data);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("contents")
    void snappyIsThatOfCommonsCompress(byte[] data) throws IOException {
        try (WalCodec codec = TestData.codec(CompressionAlgorithm.SNAPPY)) {
            byte[] ours = TestData.compress(codec, data);
            try (InputStream in = new FramedSnappyCompressorInputStream(new ByteArrayInputStream(ours))) {
                assertThat(in.readAllBytes()).isEqualTo(data);
            }
            ByteArrayOutputStream theirs = new ByteArrayOutputStream();
            try (OutputStream out = new FramedSnappyCompressorOutputStream(theirs)) {
                out.write(data);
            }
            assertThat(TestData.decompress(codec, theirs.toByteArray())).isEqualTo(data);
        }
    }

    @ParameterizedTest
    @MethodSource("contents")
    void pigzRunsAsAProgram(byte[] data) throws IOException {
        assumeTrue(ExecutableSearch.ofPath().find("pigz").isPresent(), "not installed here: pigz");
        try (WalCodec codec = TestData.codec(CompressionAlgorithm.PIGZ)) {
            byte[] compressed = TestData.compress(codec, data);
            assertThat(TestData.decompress(codec, compressed)).isEqualTo(data);
            assertThat(TestData.decompress(TestData.codec(CompressionAlgorithm.GZIP), compressed))
                    .isEqualTo(data);
            Path source = TestData.write(directory, "source", data);
            Path target = directory.resolve("target");
            TestData.compressFile(codec, source, target);
            assertThat(Files.readAllBytes(target)).isEqualTo(compressed);
        }
    }
}
