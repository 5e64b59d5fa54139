// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.TestSegments;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WalRestoreMainTest {
    private static final String WAL = "000000010000000000000003";
    private static final byte[] SEGMENT = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);

    @TempDir
    Path directory;

    private FakeBarman barman;
    private Path pgWal;
    private Path destination;
    private String out = "";
    private String err = "";

    @BeforeEach
    void setUp() throws IOException {
        barman = new FakeBarman(directory).does("cat \"$D/answer\"");
        Files.write(barman.file("answer"), SEGMENT);
        pgWal = Files.createDirectory(directory.resolve("pg_wal"));
        destination = pgWal.resolve("RECOVERYXLOG");
    }

    private int run(String... args) {
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        int code = WalRestoreMain.run(args, new PrintStream(outBytes, true), new PrintStream(errBytes, true));
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return code;
    }

    private int restore(String name, String... options) {
        List<String> args = new ArrayList<>(List.of("--local-command", barman.command()));
        args.addAll(Arrays.asList(options));
        args.addAll(List.of("host", "main", name, destination.toString()));
        return run(args.toArray(new String[0]));
    }

    private void assertNothingIsLeft() {
        assertThat(pgWal.toFile().list()).as("files beside the destination").isEmpty();
    }

    @Test
    void deliversTheFileAndNothingElse() throws Exception {
        assertThat(restore(WAL)).as(err).isZero();

        assertThat(destination).hasBinaryContent(SEGMENT);
        assertThat(pgWal.toFile().list()).containsExactly("RECOVERYXLOG");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(destination)))
                .isEqualTo("rw-------");
        assertThat(barman.args()).isEqualTo("get-wal\nmain\n" + WAL + "\n");
        assertThat(out + err).isEmpty();
    }

    @Test
    void everyOptionOfTheOriginalIsAccepted() throws Exception {
        assertThat(restore(
                        WAL,
                        "-U",
                        "bob",
                        "--port",
                        "22",
                        "-c",
                        "/etc/x.conf",
                        "-s",
                        "1",
                        "-p",
                        "4",
                        "--spool-dir",
                        directory.resolve("spool").toString(),
                        "-P",
                        "--keep-compression"))
                .as(err)
                .isZero();

        assertThat(destination).hasBinaryContent(SEGMENT);
        assertThat(barman.args())
                .isEqualTo("--config=/etc/x.conf\nget-wal\n--keep-compression\n--partial\nmain\n" + WAL + "\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "bzip2", "xz", "zstd", "lz4", "snappy"})
    void compressedAnswerIsDecompressed(String algorithm) throws Exception {
        CompressionSettings settings =
                CompressionSettings.of(CompressionAlgorithm.fromId(algorithm).orElseThrow());
        try (OutputStream compressed =
                WalCodec.of(settings).compressing(Files.newOutputStream(barman.file("answer")))) {
            compressed.write(SEGMENT);
        }
        assertThat(Files.size(barman.file("answer"))).isLessThan(SEGMENT.length);

        assertThat(restore(WAL)).as(err).isZero();
        assertThat(destination).hasBinaryContent(SEGMENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "bzip2", "xz", "zstd", "lz4", "snappy"})
    void compressedAnswerCutShortDeliversNothing(String algorithm) throws Exception {
        CompressionSettings settings =
                CompressionSettings.of(CompressionAlgorithm.fromId(algorithm).orElseThrow());
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (OutputStream out = WalCodec.of(settings).compressing(compressed)) {
            out.write(SEGMENT);
        }
        Files.write(barman.file("answer"), Arrays.copyOf(compressed.toByteArray(), compressed.size() / 2));

        assertThat(restore(WAL, "--keep-compression")).isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(err).contains("cannot be WAL file '" + WAL + "'");
        assertNothingIsLeft();
    }

    @Test
    void historyFileIsDeliveredAsItIs() throws Exception {
        Files.writeString(barman.file("answer"), "1\t0/3000000\tno reason\n");

        assertThat(restore("00000002.history")).as(err).isZero();
        assertThat(destination).hasContent("1\t0/3000000\tno reason\n");
    }

    @Test
    void fileThatWasThereBeforeIsReplaced() throws Exception {
        Files.writeString(destination, "old");

        assertThat(restore(WAL)).as(err).isZero();
        assertThat(destination).hasBinaryContent(SEGMENT);
    }

    @ParameterizedTest
    @CsvSource({"1, 65", "2, 65", "3, 66", "4, 65", "126, 65", "127, 65", "255, 65"})
    void exitCodeOfTheServerBecomesAPrivateCode(int remote, int expected) throws Exception {
        Files.writeString(destination, "old");
        barman.does("head -c 5000 \"$D/answer\"", "exit " + remote);

        assertThat(restore(WAL)).isEqualTo(expected);
        assertThat(err).startsWith("ERROR: ").hasLineCount(1);
        assertNothingIsLeft();
    }

    @Test
    void onlyAServerThatHasLookedMakesAFileAbsent() throws Exception {
        barman.does("echo \"ERROR: WAL file '" + WAL + "' not found in server 'main' (SSH host: h)\" >&2", "exit 1");
        assertThat(restore(WAL)).isEqualTo(RestoreExit.ABSENT);
        assertThat(err).startsWith("ERROR: WAL file '" + WAL + "' not found").contains("Remote 'barman get-wal'");

        barman.does("echo \"ERROR: Unknown server 'main'\" >&2", "exit 1");
        assertThat(restore(WAL)).isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(err).startsWith("ERROR: Unknown server 'main'\n");

        barman.does("echo \"ERROR: WAL file '000000010000000000000009' not found in server 'main'\" >&2", "exit 1");
        assertThat(restore(WAL)).isEqualTo(RestoreExit.NOT_ASKED);
        assertNothingIsLeft();
    }

    @Test
    void whileTheHostCannotBeAskedItIsAskedAgain() throws Exception {
        barman.does("test -e \"$D/up\" || { : >\"$D/up\"; exit 255; }", "cat \"$D/answer\"");
        assertThat(restore(WAL, "--outage-timeout", "30")).as(err).isZero();
        assertThat(err).startsWith("WARNING: Connection problem with ").hasLineCount(1);
        assertThat(destination).hasBinaryContent(SEGMENT);

        barman.does("exit 255");
        long start = System.nanoTime();
        assertThat(restore(WAL, "--outage-timeout=1")).isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(System.nanoTime() - start).isBetween(900_000_000L, 10_000_000_000L);

        barman.does("echo \"ERROR: WAL file '" + WAL + "' not found in server 'main'\" >&2", "exit 1");
        assertThat(restore(WAL, "--outage-timeout", "forever")).isEqualTo(RestoreExit.ABSENT);
        assertThat(restore(WAL, "--outage-timeout", "soon")).isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(err).contains("argument --outage-timeout: invalid value: 'soon'");
    }

    @Test
    void deathOfTheRemoteBySignalMeansNotAsked() throws Exception {
        barman.does("cat \"$D/answer\"", "kill -KILL $$");

        assertThat(restore(WAL)).isEqualTo(RestoreExit.NOT_ASKED);
        assertNothingIsLeft();
    }

    @Test
    void answerThatIsNotTheSegmentDeliversNothing() throws Exception {
        // The right size, the wrong place.
        Files.write(barman.file("answer"), TestSegments.segment(1, 4L * TestSegments.MIB, TestSegments.MIB));
        assertThat(restore(WAL)).isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(err).contains("timeline 1 at 0/400000, which does not fit the name");

        Files.write(barman.file("answer"), Arrays.copyOf(SEGMENT, SEGMENT.length / 2));
        assertThat(restore(WAL)).isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(err).contains("it has 524288 bytes where its header announces 1048576");

        Files.write(barman.file("answer"), new byte[0]);
        assertThat(restore(WAL)).isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(err).contains("it is empty");
        assertThat(restore("00000002.history")).isEqualTo(RestoreExit.NOT_ASKED);
        assertNothingIsLeft();
    }

    @Test
    void testModeAsksAndTouchesNothing() throws Exception {
        barman.does("exit 0");
        Files.writeString(destination, "old");

        assertThat(restore("ignored", "--test")).isZero();
        assertThat(barman.args()).isEqualTo("get-wal\n--test\nmain\ndummy_wal_name\n");
        assertThat(destination).hasContent("old");

        barman.does("exit 255");
        assertThat(restore("ignored", "-t")).isEqualTo(RestoreExit.NOT_ASKED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"notawal", "000000010000000000000003.gz", "RECOVERYXLOG", ""})
    void nameThatIsNoWalNameIsABadRequest(String name) {
        assertThat(restore(name)).isEqualTo(RestoreExit.BAD_REQUEST);
        assertThat(err).isEqualTo("ERROR: '" + name + "' is not a valid wal file name\n");
        assertThat(barman.file("args")).doesNotExist();
    }

    @Test
    void destinationThatCannotBeWrittenIsABadRequest() throws Exception {
        Files.createDirectory(destination);
        assertThat(restore(WAL)).isEqualTo(RestoreExit.BAD_REQUEST);
        assertThat(err).isEqualTo("ERROR: WAL_DEST cannot be a directory: " + destination + "\n");

        destination = Path.of("/dev/null");
        assertThat(restore(WAL)).isEqualTo(RestoreExit.BAD_REQUEST);
        assertThat(err).isEqualTo("ERROR: WAL_DEST is not a regular file: /dev/null\n");

        destination = pgWal.resolve("missing/RECOVERYXLOG");
        assertThat(restore(WAL)).isEqualTo(RestoreExit.BAD_REQUEST);
        assertThat(err)
                .isEqualTo(
                        "ERROR: Cannot open '" + destination + "' (WAL_DEST) for writing: No such file or directory\n");
        assertThat(barman.file("args")).doesNotExist();
    }

    @Test
    void temporaryFilesOfKilledRunsAreRemovedAndThoseOfOthersKept() throws Exception {
        long unused = 4_194_305;
        long running = ProcessHandle.current().parent().orElseThrow().pid();
        Files.createFile(pgWal.resolve(".RECOVERYXLOG." + unused + ".barman-tmp"));
        Files.createFile(pgWal.resolve(".RECOVERYXLOG." + running + ".barman-tmp"));
        Files.createFile(pgWal.resolve(".RECOVERYXLOG.x.barman-tmp"));

        assertThat(restore(WAL)).as(err).isZero();
        assertThat(pgWal.toFile().list())
                .containsExactlyInAnyOrder(
                        "RECOVERYXLOG", ".RECOVERYXLOG." + running + ".barman-tmp", ".RECOVERYXLOG.x.barman-tmp");
    }

    @Test
    void commandThatCannotBeRunMeansNotAsked() {
        assertThat(run("--local-command", "/nonexistent/barman", "host", "main", WAL, destination.toString()))
                .isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(err).startsWith("ERROR: Error executing /nonexistent/barman: ");
        assertNothingIsLeft();
    }

    @Test
    void pauseFollowsAFailedTransferOnly() throws Exception {
        barman.does("exit 255");
        long start = System.nanoTime();
        assertThat(restore(WAL, "--sleep", "1")).isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(System.nanoTime() - start).isGreaterThan(900_000_000L);
        assertThat(err).startsWith("ERROR: Connection problem with ").endsWith("\nSleeping for 1 seconds.\n");

        assertThat(restore("notawal", "--sleep", "1")).isEqualTo(RestoreExit.BAD_REQUEST);
        assertThat(err).doesNotContain("Sleeping");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "host main " + WAL,
                "-z -j host main " + WAL + " dest",
                "-z --keep-compression host main " + WAL + " dest",
                "-p x host main " + WAL + " dest",
                "-s 1.5 host main " + WAL + " dest",
            })
    void wrongCommandLineIsExplained(String line) {
        assertThat(run(line.split(" "))).isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(err).startsWith("usage: barman-wal-restore ").contains("barman-wal-restore: error: ");
    }

    @Test
    void deprecatedOptionsAreNamedOnStandardOutput() throws Exception {
        assertThat(restore(WAL, "-z")).as(err).isZero();

        assertThat(out).startsWith("WARNING: ").hasLineCount(1);
        assertThat(barman.args()).isEqualTo("get-wal\n--gzip\nmain\n" + WAL + "\n");
    }

    @Test
    void helpAndVersionAreOnStandardOutput() {
        assertThat(run("--help")).isZero();
        assertThat(out).startsWith("usage: barman-wal-restore ").contains("--spool-dir", "--local-command");
        assertThat(run("--version")).isZero();
        assertThat(out).startsWith("barman-wal-restore ").contains("compatible with Barman 3.17");
    }
}
