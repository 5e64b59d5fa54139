// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.barman.cli.Main;
import dev.barman.file.LockFile;
import dev.barman.wal.storage.SampleWals;
import dev.barman.wal.stream.WalStreamReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** archive-wal, get-wal and put-wal as programs: arguments, output, exit codes. */
class WalCommandsTest {
    private static final String W1 = "000000010000000000000001";
    private static final String W2 = "000000010000000000000002";
    private static final byte[] CONTENT = SampleWals.content(1, 300_000);

    @TempDir
    Path home;

    private Path incoming;
    private final Map<String, String> environment = new HashMap<>();

    private record Result(int code, byte[] bytes, String err) {
        String out() {
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    @BeforeEach
    void configure() throws IOException {
        incoming = Files.createDirectories(home.resolve("main/incoming"));
        Files.writeString(home.resolve("barman.conf"), """
                [barman]
                barman_home = %s
                barman_user = %s
                log_file = %s
                [main]
                conninfo = host=127.0.0.1 port=1
                backup_method = postgres
                streaming_conninfo = host=127.0.0.1 port=1
                archiver = on
                compression = gzip
                [off]
                active = false
                conninfo = host=127.0.0.1 port=1
                backup_method = postgres
                archiver = on
                """.formatted(
                        home, System.getProperty("user.name"), home.resolve("barman.log")));
    }

    private Result barman(String... arguments) {
        return barman(InputStream.nullInputStream(), arguments);
    }

    private Result barman(InputStream stdin, String... arguments) {
        List<String> words =
                new ArrayList<>(List.of("-c", home.resolve("barman.conf").toString()));
        words.addAll(List.of(arguments));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code =
                Main.run(words.toArray(String[]::new), environment, stdin, new PrintStream(out), new PrintStream(err));
        return new Result(code, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    private void archived(String name, byte[] content) throws IOException {
        SampleWals.write(incoming, name, content);
        assertThat(barman("archive-wal", "main").code()).isZero();
    }

    @Test
    void archiveWalTellsWhatItDoes() throws Exception {
        SampleWals.write(incoming, W1, CONTENT);

        Result result = barman("archive-wal", "main");

        assertThat(result)
                .returns(0, Result::code)
                .returns("", Result::err)
                .returns("Processing xlog segments from file archival for main\n\t" + W1 + "\n", Result::out);
        assertThat(barman("-f", "json", "archive-wal", "main").out())
                .isEqualTo(
                        "{\"_INFO\": [\"Processing xlog segments from file archival for main\", \"\\tno file found\"]}");
    }

    @Test
    void archiveWalOfABusyServerIsNoError() throws Exception {
        try (LockFile lock = LockFile.tryAcquire(home.resolve(".main-archive-wal.lock"))) {
            assertThat(barman("archive-wal", "main"))
                    .returns(0, Result::code)
                    .returns(
                            "Another archive-wal process is already running on server main. Skipping to the next server\n",
                            Result::out);
        }
    }

    @Test
    void archiveWalThatFailsTellsWhatWhereAndWhatToDo() throws Exception {
        SampleWals.write(incoming, W1, CONTENT);
        Files.writeString(home.resolve("main/wals"), "in the way");

        Result result = barman("archive-wal", "main");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ERROR: Cannot make the missing WAL index " + home.resolve("main/wals/main-xlog.db"))
                .contains(home.resolve("main/wals") + ": exists already")
                .contains("Nothing was lost");
        assertThat(incoming.resolve(W1)).hasBinaryContent(CONTENT);

        Files.delete(home.resolve("main/wals"));
        Files.createDirectory(home.resolve("main/wals"));
        Files.writeString(home.resolve("main/wals/0000000100000000"), "in the way");
        assertThat(barman("archive-wal", "main").err())
                .startsWith("ERROR: Cannot archive " + incoming.resolve(W1) + " in " + home.resolve("main/wals") + ": "
                        + home.resolve("main/wals/0000000100000000") + ": exists already. Nothing was lost");
        Files.delete(home.resolve("main/wals/0000000100000000"));
        assertThat(barman("archive-wal", "main").code()).isZero();
        assertThat(barman("get-wal", "main", W1).bytes()).isEqualTo(CONTENT);
    }

    @Test
    void archiveWalOfAnInactiveServerIsSkipped() {
        assertThat(barman("archive-wal", "off"))
                .returns(0, Result::code)
                .returns("Skipping inactive server 'off'\n", Result::out);
    }

    @Test
    void getWalGivesNothingButTheBytes() throws Exception {
        archived(W1, CONTENT);

        Result result = barman("get-wal", "main", W1);

        assertThat(result.code()).isZero();
        assertThat(result.bytes()).isEqualTo(CONTENT);
        assertThat(result.err()).isEmpty();
    }

    @Test
    void getWalWritesIntoADirectory() throws Exception {
        archived(W1, CONTENT);
        Path target = Files.createDirectory(home.resolve("out"));

        Result result = barman("get-wal", "-o", target.toString(), "main", W1);

        assertThat(result)
                .returns(0, Result::code)
                .returns(
                        "Sending WAL '" + W1 + "' for server 'main' into '" + target.resolve(W1) + "' file\n",
                        Result::out);
        assertThat(target.resolve(W1)).hasBinaryContent(CONTENT);
        assertThat(target).isDirectoryContaining(path -> true).isDirectoryNotContaining("glob:**/.*");
    }

    /** In the reference an empty file stays, which PostgreSQL could take for the WAL. */
    @Test
    void hazardMissingWalLeavesNoFileBehind() throws Exception {
        Path target = Files.createDirectory(home.resolve("out"));

        Result result = barman("get-wal", "-o", target.toString(), "main", W2);

        assertThat(result)
                .returns(1, Result::code)
                .returns("", Result::out)
                .returns("ERROR: WAL file '" + W2 + "' not found in server 'main'\n", Result::err);
        assertThat(target).isEmptyDirectory();
    }

    @Test
    void getWalErrorsHaveBarmansTextsAndCodes() throws Exception {
        archived(W1, CONTENT);
        String missing = home.resolve("missing").toString();

        assertThat(barman("get-wal", "main", "foo"))
                .returns(3, Result::code)
                .returns("ERROR: 'foo' is not a valid wal file name\n", Result::err);
        assertThat(barman("get-wal", "-o", missing, "main", W1))
                .returns(3, Result::code)
                .returns(
                        "ERROR: Unable to open '" + missing + "/" + W1
                                + "' file: [Errno 2] No such file or directory: '" + missing + "/" + W1 + "'\n",
                        Result::err);
        assertThat(barman("get-wal", "-z", "--keep-compression", "main", W1))
                .returns(1, Result::code)
                .returns("ERROR: argument `gzip` not allowed with argument `keep-compression`\n", Result::err);
        environment.put("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22");
        assertThat(barman("get-wal", "main", W2))
                .returns(1, Result::code)
                .returns(
                        "ERROR: WAL file '" + W2 + "' not found in server 'main' (SSH host: 192.0.2.7)\n", Result::err);
    }

    /** Some flags are read without the option table; that must not show. */
    @Test
    void flagsOfGetWalMayStandAnywhereAndBeAbbreviated() throws Exception {
        archived(W1, CONTENT);

        for (List<String> words : List.of(
                List.of("--keep-compression", "main", W1),
                List.of("main", "--keep-compression", W1),
                List.of("main", W1, "--partial", "--keep-compression"),
                List.of("--keep", "main", W1),
                List.of("--keep-compression", "-P", "main", W1),
                List.of("--keep-compression", "--", "main", W1))) {
            List<String> all = new ArrayList<>(List.of("get-wal"));
            all.addAll(words);
            assertThat(barman(all.toArray(String[]::new)).bytes())
                    .as("%s", words)
                    .startsWith(0x1f, 0x8b);
        }
        assertThat(barman("get-wal", "--keep-compression", "main").err())
                .endsWith("barman get-wal: error: the following arguments are required: wal_name\n");
        assertThat(barman("get-wal", "--stream", "main", W1, "more").err())
                .endsWith("error: unrecognized arguments: more\n");
        assertThat(barman("get-wal", "--stream", "--help", "main").out()).contains("--keep-compression");
        assertThat(barman("get-wal", "--stream=x", "main", W1).code()).isEqualTo(2);
    }

    @Test
    void getWalToAReaderThatIsGoneFails() throws Exception {
        archived(W1, CONTENT);
        OutputStream gone = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();

        int code = Main.run(
                new String[] {"-c", home.resolve("barman.conf").toString(), "get-wal", "main", W1},
                environment,
                new PrintStream(gone),
                new PrintStream(err));

        assertThat(code).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("Cannot write to standard output");
    }

    private static InputStream lines(String... names) {
        return new ByteArrayInputStream((String.join("\n", names) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void getWalStreamsOneFileAfterTheOther() throws Exception {
        archived(W1, CONTENT);
        archived(W2, CONTENT);
        byte[] stored = Files.readAllBytes(home.resolve("main/wals/0000000100000000/" + W2));
        environment.put("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22");

        Result result = barman(lines("foo", W1), "get-wal", "--stream", "main", W2);

        assertThat(result).returns(0, Result::code).returns("", Result::err);
        WalStreamReader reader = new WalStreamReader(new ByteArrayInputStream(result.bytes()));
        assertThat(reader.readGreeting()).isTrue();
        assertThat(reader.next().content().readAllBytes()).isEqualTo(stored).startsWith(0x1f, 0x8b);
        assertThat(reader.next()).hasToString("FAILED foo not a valid wal file name");
        assertThat(reader.next()).hasToString("WAL " + W1);
        assertThatExceptionOfType(EOFException.class).isThrownBy(reader::next);
        String log = Files.readString(home.resolve("barman.log"));
        for (String name : List.of(W1, W2)) {
            assertThat(log)
                    .contains("barman.server INFO: Sending WAL '" + name
                            + "' for server 'main' to standard output (SSH host: 192.0.2.7)\n");
        }
    }

    @Test
    void getWalStreamsPartialFilesOnDemand() throws Exception {
        Files.write(Files.createDirectories(home.resolve("main/streaming")).resolve(W1 + ".partial"), new byte[7]);

        assertThat(barman("get-wal", "--stream", "main", W1))
                .returns(0, Result::code)
                .returns("barman-wal-stream 1\nabsent " + W1 + "\n", Result::out);
        assertThat(barman("get-wal", "--partial", "--stream", "main", W1).out())
                .isEqualTo("barman-wal-stream 1\npartial " + W1 + "\n\0\0\0\7" + "\0".repeat(7 + 4));
    }

    /** A client tells by the greeting whether there is a stream; an error must not look like one. */
    @Test
    void getWalStreamErrorsComeBeforeTheGreeting() throws Exception {
        for (List<String> other : List.of(
                List.of("--test"),
                List.of("--peek", "3"),
                List.of("-o", home.toString()),
                List.of("--keep-compression"),
                List.of("--gzip"),
                List.of("--bzip2"))) {
            List<String> words = new ArrayList<>(List.of("get-wal", "--stream"));
            words.addAll(other);
            words.addAll(List.of("main", W1));
            String name = other.get(0).equals("-o")
                    ? "output-directory"
                    : other.get(0).substring(2);
            assertThat(barman(words.toArray(String[]::new)))
                    .returns(1, Result::code)
                    .returns("", Result::out)
                    .returns("ERROR: argument `stream` not allowed with argument `" + name + "`\n", Result::err);
        }
        assertThat(barman("get-wal", "--stream", "nosuch", W1))
                .returns(1, Result::code)
                .returns("", Result::out)
                .returns("ERROR: Unknown server 'nosuch'\n", Result::err);
        assertThat(barman("get-wal", "--stream", "main"))
                .returns(2, Result::code)
                .returns("", Result::out);
    }

    @Test
    void getWalStreamToAReaderThatIsGoneEndsQuietly() throws Exception {
        archived(W1, CONTENT);
        OutputStream gone = new OutputStream() {
            private int written;

            @Override
            public void write(int b) throws IOException {
                if (written++ > 100) {
                    throw new IOException("Broken pipe");
                }
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();

        int code = Main.run(
                new String[] {"-c", home.resolve("barman.conf").toString(), "get-wal", "--stream", "main", W1},
                environment,
                lines(W1, W1),
                new PrintStream(gone),
                new PrintStream(err));

        assertThat(code).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(home.resolve("barman.log"))
                .content()
                .contains("The client that WAL files of server 'main' were sent to is gone")
                .doesNotContain("\tat ");
    }

    @Test
    void lastCompressionOptionWins() throws Exception {
        archived(W1, CONTENT);

        assertThat(barman("get-wal", "-z", "-j", "main", W1).bytes()).startsWith('B', 'Z', 'h');
        assertThat(barman("get-wal", "-j", "-x", "main", W1).bytes()).startsWith(0x1f, 0x8b);
        assertThat(barman("get-wal", "--keep-compression", "main", W1).bytes()).startsWith(0x1f, 0x8b);
    }

    @Test
    void peekListsNames() throws Exception {
        archived(W1, CONTENT);
        archived(W2, CONTENT);

        assertThat(barman("get-wal", "--peek", "5", "main", W1).out()).isEqualTo(W1 + "\n" + W2 + "\n");
        assertThat(barman("-f", "json", "get-wal", "-p", "1", "main", W1).out())
                .isEqualTo("{\"_INFO\": [\"" + W1 + "\"]}");
        assertThat(barman("get-wal", "--peek", "5", "main", "0000000900000000000000FF"))
                .returns(0, Result::code)
                .returns("", Result::out);
    }

    @Test
    void testOptionsOnlyTest() {
        assertThat(barman("get-wal", "--test", "main", "anything"))
                .returns(0, Result::code)
                .returns("Ready to retrieve WAL files from the server main\n", Result::out);
        assertThat(barman("put-wal", "--test", "main"))
                .returns(0, Result::code)
                .returns("Ready to accept WAL files for the server main\n", Result::out);
        assertThat(barman("put-wal", "--test", "off"))
                .returns(1, Result::code)
                .returns("ERROR: Inactive server: off\n", Result::err);
    }

    @Test
    void putWalTestFailsWherePutWalWould() throws Exception {
        Files.delete(incoming);
        assertThat(barman("put-wal", "--test", "main"))
                .returns(1, Result::code)
                .returns("", Result::out)
                .returns(
                        "ERROR: Cannot store WAL files in " + incoming
                                + " in put-wal for server 'main': no such file or directory. Hint: create it, or run \"barman check main\", which does.\n",
                        Result::err);
    }

    @Test
    void putWalOfNothingIsAnError() {
        assertThat(barman("put-wal", "main"))
                .returns(1, Result::code)
                .returns("EXCEPTION: empty file\nSee log file for more details.\n", Result::err);
    }

    @Test
    void putWalReceivesWhatTarSends() throws Exception {
        Path work = Files.createDirectory(home.resolve("work"));
        Files.write(work.resolve(W1), CONTENT);
        byte[] tar = run(work, "sha256sum -b " + W1 + " > SHA256SUMS && tar -cf - " + W1 + " SHA256SUMS");

        assertThat(barman(new ByteArrayInputStream(tar), "put-wal", "main"))
                .returns(0, Result::code)
                .returns("", Result::out)
                .returns("", Result::err);
        assertThat(incoming.resolve(W1)).hasBinaryContent(CONTENT);

        Files.write(work.resolve(W1), new byte[7]);
        byte[] other = run(work, "sha256sum -b " + W1 + " > SHA256SUMS && tar -cf - " + W1 + " SHA256SUMS");
        Result mismatch = barman(new ByteArrayInputStream(other), "put-wal", "main");
        assertThat(mismatch.code()).isEqualTo(1);
        assertThat(mismatch.out())
                .startsWith("\tError: Duplicate Files Detected with Mismatched Checksums. File " + W1);
        assertThat(incoming.resolve(W1)).hasBinaryContent(CONTENT);
    }

    private static byte[] run(Path directory, String script) throws Exception {
        Process process = new ProcessBuilder("/bin/sh", "-c", script)
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        byte[] out = process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).isZero();
        return out;
    }
}
