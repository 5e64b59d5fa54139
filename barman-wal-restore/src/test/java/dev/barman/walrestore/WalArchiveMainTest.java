// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.TestSegments;
import dev.barman.wal.compress.CompressionDetector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WalArchiveMainTest {
    private static final String WAL = "000000010000000000000003";
    private static final byte[] SEGMENT = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);

    @TempDir
    Path directory;

    private FakeBarman barman;
    private Path wal;
    private String out = "";
    private String err = "";

    @BeforeEach
    void setUp() throws IOException {
        barman = new FakeBarman(directory).does("cat >\"$D/stream.tar\"");
        wal = Files.write(Files.createDirectory(directory.resolve("pg_wal")).resolve(WAL), SEGMENT);
        Files.setLastModifiedTime(wal, FileTime.from(Instant.ofEpochSecond(1795182073, 500_000_000)));
    }

    private int run(String... args) {
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        int code = WalArchiveMain.run(args, new PrintStream(outBytes, true), new PrintStream(errBytes, true));
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return code;
    }

    private int archive(String... options) {
        List<String> args = new ArrayList<>(List.of("--local-command", barman.command()));
        args.addAll(Arrays.asList(options));
        args.addAll(List.of("host", "main", wal.toString()));
        return run(args.toArray(new String[0]));
    }

    private Path unpack() throws Exception {
        Path unpacked = Files.createDirectories(directory.resolve("unpacked"));
        Process tar = new ProcessBuilder("tar", "-xf", barman.file("stream.tar").toString(), "-C", unpacked.toString())
                .inheritIO()
                .start();
        assertThat(tar.waitFor()).isZero();
        return unpacked;
    }

    private static String digest(String algorithm, byte[] content) throws Exception {
        byte[] digest = MessageDigest.getInstance(algorithm).digest(content);
        return String.format("%0" + 2 * digest.length + "x", new BigInteger(1, digest));
    }

    @Test
    void sendsTheFileItsTimeAndItsChecksum() throws Exception {
        assertThat(archive()).as(err).isZero();

        Path unpacked = unpack();
        assertThat(unpacked.resolve(WAL)).hasBinaryContent(SEGMENT);
        assertThat(Files.getLastModifiedTime(unpacked.resolve(WAL))).isEqualTo(Files.getLastModifiedTime(wal));
        assertThat(unpacked.resolve("SHA256SUMS")).hasContent(digest("SHA-256", SEGMENT) + " *" + WAL + "\n");
        assertThat(unpacked.toFile().list()).containsExactlyInAnyOrder(WAL, "SHA256SUMS");
        assertThat(Files.size(barman.file("stream.tar")) % 10240).isZero();
        assertThat(barman.args()).isEqualTo("put-wal\nmain\n");
        assertThat(wal).hasBinaryContent(SEGMENT);
        assertThat(out + err).isEmpty();
    }

    @Test
    void md5IsSentWhenAskedFor() throws Exception {
        assertThat(archive("--md5")).as(err).isZero();

        assertThat(unpack().resolve("MD5SUMS")).hasContent(digest("MD5", SEGMENT) + " *" + WAL + "\n");
    }

    @ParameterizedTest
    @CsvSource({"-z, gzip", "--gzip, gzip", "-j, bzip2", "--xz, xz", "--zstd, zstd", "--lz4, lz4", "--snappy, snappy"})
    void compressedStreamIsTheSameEveryTimeAndKeepsTheName(String option, String algorithm) throws Exception {
        assertThat(archive(option, "--compression-level", "low")).as(err).isZero();
        byte[] first = Files.readAllBytes(barman.file("stream.tar"));
        Thread.sleep(5);
        assertThat(archive(option, "--compression-level=1")).as(err).isZero();

        assertThat(barman.file("stream.tar")).hasBinaryContent(first);
        byte[] sent = Files.readAllBytes(unpack().resolve(WAL));
        assertThat(sent.length).isLessThan(SEGMENT.length);
        assertThat(CompressionDetector.STANDARD
                        .detect(sent, sent.length)
                        .orElseThrow()
                        .id())
                .isEqualTo(algorithm);
        assertThat(directory.resolve("unpacked/SHA256SUMS")).hasContent(digest("SHA-256", sent) + " *" + WAL + "\n");
    }

    @Test
    void lastCompressionWins() throws Exception {
        assertThat(archive("--lz4", "-z", "--zstd")).as(err).isZero();

        byte[] sent = Files.readAllBytes(unpack().resolve(WAL));
        assertThat(CompressionDetector.STANDARD
                        .detect(sent, sent.length)
                        .orElseThrow()
                        .id())
                .isEqualTo("zstd");
    }

    @ParameterizedTest
    @ValueSource(strings = {"00000002.history", "000000010000000000000003.00000028.backup", WAL + ".partial"})
    void everyKindOfWalFileIsSent(String name) throws Exception {
        wal = Files.writeString(wal.resolveSibling(name), "1\t0/3000000\tno reason\n");

        assertThat(archive()).as(err).isZero();
        assertThat(unpack().resolve(name)).hasContent("1\t0/3000000\tno reason\n");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "4, 4", "125, 125", "126, 3", "127, 3", "200, 3", "255, 3"})
    void exitCodeOfTheServerIsPassedOnButNeverAbove125(int remote, int expected) throws Exception {
        barman.does("cat >/dev/null", "exit " + remote);

        assertThat(archive()).isEqualTo(expected);
        assertThat(err).startsWith("ERROR: ").hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "127, 3", "255, 3"})
    void testModeAsksAndSendsNothing(int remote, int expected) throws Exception {
        barman.does("cat >\"$D/stream.tar\"", "exit " + remote);

        assertThat(run("-t", "--local-command", barman.command(), "host", "main", "ignored"))
                .isEqualTo(expected);
        assertThat(barman.args()).isEqualTo("put-wal\nmain\n--test\n");
        assertThat(barman.file("stream.tar")).isEmptyFile();
    }

    @Test
    void deathOfTheRemoteBySignalIsAConnectionFailure() throws Exception {
        barman.does("cat >/dev/null", "kill -TERM $$");

        assertThat(archive()).isEqualTo(3);
    }

    @Test
    void serverThatStopsReadingIsAFailureEvenIfItEndsWithSuccess() throws Exception {
        barman.does("exit 0");

        assertThat(archive()).isEqualTo(2);
        assertThat(err).contains("stopped reading before the end");
    }

    @Test
    void lostConnectionWhileSendingIsAConnectionFailure() throws Exception {
        barman.does("head -c 1000 >/dev/null", "exit 255");

        assertThat(archive()).isEqualTo(3);
    }

    @Test
    void truncatedSegmentIsNotSent() throws Exception {
        Files.write(wal, Arrays.copyOf(SEGMENT, SEGMENT.length - 8192));

        assertThat(archive()).isEqualTo(2);
        assertThat(err).contains("not a complete WAL segment: it has 1040384 bytes where its header announces 1048576");
        Files.write(wal, new byte[0]);
        assertThat(archive()).isEqualTo(2);
        assertThat(barman.file("args")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"notawal", "000000010000000000000003.gz", "RECOVERYXLOG"})
    void fileThatIsNoWalFileIsNotSent(String name) throws Exception {
        wal = Files.write(wal.resolveSibling(name), SEGMENT);

        assertThat(archive()).isEqualTo(2);
        assertThat(err).contains("is not a WAL file");
        assertThat(barman.file("args")).doesNotExist();
    }

    @Test
    void missingFileAndDirectoryAreLocalFailures() throws Exception {
        Files.delete(wal);
        assertThat(archive()).isEqualTo(2);
        assertThat(err).isEqualTo("ERROR: Cannot read '" + wal + "': No such file or directory\n");

        Files.createDirectory(wal);
        assertThat(archive()).isEqualTo(2);
        assertThat(err).isEqualTo("ERROR: WAL_PATH cannot be a directory: " + wal + "\n");
    }

    @Test
    void commandThatCannotBeRunIsALocalFailure() {
        assertThat(run("--local-command", "/nonexistent/barman", "host", "main", wal.toString()))
                .isEqualTo(2);
        assertThat(err).startsWith("ERROR: Error executing /nonexistent/barman: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"host main", "--nonsense host main wal", "host main wal more", "--compression-level x h m w"})
    void wrongCommandLineIsExplained(String line) {
        assertThat(run(line.split(" "))).isEqualTo(2);
        assertThat(err).startsWith("usage: barman-wal-archive ").contains("barman-wal-archive: error: ");
    }

    @Test
    void helpAndVersionAreOnStandardOutput() {
        assertThat(run("--help")).isZero();
        assertThat(out).startsWith("usage: barman-wal-archive ").contains("--local-command", "--compression-level");
        assertThat(run("-V")).isZero();
        assertThat(out).startsWith("barman-wal-archive ").contains("compatible with Barman 3.17");
    }
}
