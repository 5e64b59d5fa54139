// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.barman.wal.WalFileName;
import dev.barman.wal.storage.SampleWals;
import dev.barman.wal.stream.Answer;
import dev.barman.wal.stream.WalStreamException;
import dev.barman.wal.stream.WalStreamReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WalStreamServerTest {
    private static final String W1 = SampleWals.name(1);
    private static final String W2 = SampleWals.name(2);
    private static final String W3 = SampleWals.name(3);
    private static final byte[] SEGMENT = ArchiveServer.segment(W1, SampleWals.SYSTEM_ID);

    /** The first bytes of a file that gpg encrypted for a key; the test's gpg puts them before the content. */
    private static final byte[] ENCRYPTED = {(byte) 0x85, 0x01, 0x0c, 0x03, 1, 2, 3, 4};

    @TempDir
    Path home;

    private ArchiveServer server;

    @BeforeEach
    void createServer() throws Exception {
        server = new ArchiveServer(home, "archiver = on");
    }

    private Path archived(String name, byte[] content) throws IOException {
        Path file = server.wals.resolve(WalFileName.parse(name).archivePath());
        Files.createDirectories(file.getParent());
        return Files.write(file, content);
    }

    /** Each answer as text: kind, name, and the content's length or message. */
    private List<String> session(boolean partial, String first, String... further) throws Exception {
        return describe(serve(partial, first, lines(further)));
    }

    private byte[] serve(boolean partial, String first, String requests) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        InputStream in = new ByteArrayInputStream(requests.getBytes(StandardCharsets.UTF_8));
        new WalStreamServer(server.config, partial, "").serve(first, in, out);
        return out.toByteArray();
    }

    private static String lines(String... names) {
        return names.length == 0 ? "" : String.join("\n", names) + "\n";
    }

    private static List<String> describe(byte[] stream) throws IOException {
        WalStreamReader reader = new WalStreamReader(new ByteArrayInputStream(stream));
        assertThat(reader.readGreeting()).isTrue();
        List<String> answers = new ArrayList<>();
        while (true) {
            Answer answer;
            try {
                answer = reader.next();
            } catch (EOFException end) {
                return answers;
            }
            try {
                answers.add(
                        answer.hasContent()
                                ? answer + " "
                                        + Arrays.hashCode(answer.content().readAllBytes())
                                : answer.toString());
            } catch (WalStreamException e) {
                answers.add(answer + " " + e.getMessage());
            }
        }
    }

    private static String whole(String name, byte[] content) {
        return "WAL " + name + " " + Arrays.hashCode(content);
    }

    @Test
    void requestsAreAnsweredInTheirOrder() throws Exception {
        archived(W1, SEGMENT);
        archived(W3, new byte[] {3});
        server.arrive(server.incoming, "00000002.history", new byte[] {2});

        assertThat(session(false, W1, W2, "00000002.history", W3, W1))
                .containsExactly(
                        whole(W1, SEGMENT),
                        "ABSENT " + W2,
                        whole("00000002.history", new byte[] {2}),
                        whole(W3, new byte[] {3}),
                        whole(W1, SEGMENT));
        assertThat(session(false, W2)).containsExactly("ABSENT " + W2);
    }

    @Test
    void theGreetingComesAloneAndAtOnce() throws Exception {
        archived(W1, SEGMENT);
        List<String> flushed = new ArrayList<>();
        ByteArrayOutputStream out = new ByteArrayOutputStream() {
            @Override
            public void flush() {
                flushed.add(size() < 100 ? toString(StandardCharsets.UTF_8) : "more");
            }
        };

        new WalStreamServer(server.config, false, "").serve(W1, InputStream.nullInputStream(), out);

        assertThat(flushed).startsWith("barman-wal-stream 1\n").contains("more");
    }

    @Test
    void storedBytesAreSentWhateverTheirCompression() throws Exception {
        for (String algorithm : List.of("gzip", "zstd", "lz4")) {
            server = new ArchiveServer(
                    Files.createDirectory(home.resolve(algorithm)), "archiver = on", "compression = " + algorithm);
            server.arrive(server.incoming, W1);
            server.archive();
            byte[] stored = Files.readAllBytes(server.wals.resolve("0000000100000000/" + W1));
            assertThat(stored).hasSizeLessThan(SEGMENT.length);

            assertThat(session(false, W1)).containsExactly(whole(W1, stored));
        }
    }

    @Test
    void aClientThatAsksFarAheadAndReadsLateIsServed() throws Exception {
        List<String> names = new ArrayList<>();
        for (int i = 0; i <= 200; i++) {
            names.add(SampleWals.name(i));
            if (i % 3 != 0) {
                archived(SampleWals.name(i), SampleWals.content(i, 5_000));
            }
        }
        ExecutorService executor = Executors.newSingleThreadExecutor();
        // Pipes that hold much less than what goes through them.
        try (PipedInputStream requests = new PipedInputStream(64);
                OutputStream asking = new PipedOutputStream(requests);
                PipedInputStream answers = new PipedInputStream(1024);
                OutputStream answering = new PipedOutputStream(answers)) {
            Future<?> serving = executor.submit(() -> {
                try (answering) {
                    new WalStreamServer(server.config, false, "").serve(names.get(0), requests, answering);
                }
                return null;
            });
            asking.write(
                    lines(names.subList(1, names.size()).toArray(String[]::new)).getBytes(StandardCharsets.US_ASCII));
            asking.flush();

            WalStreamReader reader = new WalStreamReader(answers);
            assertThat(reader.readGreeting()).isTrue();
            for (int i = 0; i <= 200; i++) {
                Answer answer = reader.next();
                assertThat(answer.name()).isEqualTo(names.get(i));
                assertThat(answer.kind()).isEqualTo(i % 3 == 0 ? Answer.Kind.ABSENT : Answer.Kind.WAL);
                if (answer.hasContent()) {
                    assertThat(answer.content().readAllBytes()).isEqualTo(SampleWals.content(i, 5_000));
                }
            }
            assertThat(serving.isDone()).as("there may be further requests").isFalse();
            asking.close();
            serving.get(10, TimeUnit.SECONDS);
            assertThatExceptionOfType(EOFException.class).isThrownBy(reader::next);
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void partialSegmentsAreSentOnDemandAndSaidToBePartial() throws Exception {
        server.arrive(server.streaming, W1 + ".partial", new byte[] {1});
        archived(W2, new byte[] {2});
        archived(W3 + ".partial", new byte[] {3});

        assertThat(session(false, W1, W2, W3 + ".partial"))
                .containsExactly("ABSENT " + W1, whole(W2, new byte[] {2}), whole(W3 + ".partial", new byte[] {3}));
        assertThat(session(true, W1, W2, W3))
                .containsExactly(
                        "PARTIAL " + W1 + " " + Arrays.hashCode(new byte[] {1}),
                        whole(W2, new byte[] {2}),
                        "PARTIAL " + W3 + " " + Arrays.hashCode(new byte[] {3}));
    }

    @Test
    void customCompressionIsUndoneInTheArchiveOnly() throws Exception {
        server = new ArchiveServer(
                home,
                "archiver = on",
                "compression = custom",
                "custom_compression_filter = tr a-z A-Z",
                "custom_decompression_filter = tr A-Z a-z");
        archived(W1, "WHAT IS STORED".getBytes(StandardCharsets.UTF_8));
        server.arrive(server.incoming, "00000002.history", "NOT STORED YET".getBytes(StandardCharsets.UTF_8));

        assertThat(session(false, W1, "00000002.history"))
                .containsExactly(
                        whole(W1, "what is stored".getBytes(StandardCharsets.UTF_8)),
                        whole("00000002.history", "NOT STORED YET".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aFileThatFailsHalfwayIsGivenUpAndTheNextOneComes() throws Exception {
        server = new ArchiveServer(
                home,
                "archiver = on",
                "compression = custom",
                "custom_compression_filter = cat",
                "custom_decompression_filter = head -c 600000; exit 3");
        archived(W1, SEGMENT);

        assertThat(session(false, W1, W2))
                .satisfiesExactly(
                        text -> assertThat(text)
                                .startsWith("WAL " + W1 + " The server could not go on with " + W1 + ": "),
                        text -> assertThat(text).isEqualTo("ABSENT " + W2));
    }

    /** A gpg that checks the passphrase and takes the head off. */
    private void encryptedServer(String passphraseCommand) throws Exception {
        Path bin = Files.createDirectories(home.resolve("bin"));
        Path gpg = bin.resolve("gpg");
        Files.writeString(
                gpg,
                "#!/bin/sh\nread -r secret\n[ \"$secret\" = sesame ] || { echo 'gpg: bad passphrase' >&2; exit 2; }\n"
                        + "while [ $# -gt 1 ]; do [ \"$1\" = --output ] && out=$2; shift; done\n"
                        + "tail -c +" + (ENCRYPTED.length + 1) + " \"$1\" >\"$out\"\n");
        Files.setPosixFilePermissions(gpg, PosixFilePermissions.fromString("rwxr-xr-x"));
        server = new ArchiveServer(
                home,
                "archiver = on",
                "path_prefix = " + bin,
                "encryption = gpg",
                "encryption_key_id = key",
                "encryption_passphrase_command = " + passphraseCommand);
        for (int i = 1; i <= 3; i++) {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            content.write(ENCRYPTED);
            content.write(SampleWals.content(i, 1000));
            archived(SampleWals.name(i), content.toByteArray());
        }
    }

    @Test
    void encryptedFilesAreDecryptedWithOneQuestionForThePassphrase() throws Exception {
        Path asked = home.resolve("asked");
        encryptedServer("echo . >>" + asked + "; echo sesame");

        assertThat(session(false, W1, W2, W3))
                .containsExactly(
                        whole(W1, SampleWals.content(1, 1000)),
                        whole(W2, SampleWals.content(2, 1000)),
                        whole(W3, SampleWals.content(3, 1000)));
        assertThat(Files.readAllLines(asked)).hasSize(1);
        assertThat(ArchiveServer.files(server.wals))
                .as("nothing decrypted is left")
                .hasSize(3);
    }

    @Test
    void aWrongPassphraseFailsOneFileAndIsAskedForAgain() throws Exception {
        Path asked = home.resolve("asked");
        encryptedServer("echo . >>" + asked + "; [ $(wc -l <" + asked + ") -lt 2 ] && echo wrong || echo sesame");

        assertThat(session(false, W1, W2, W3))
                .satisfiesExactly(
                        text -> assertThat(text).startsWith("FAILED " + W1).contains("bad passphrase"),
                        text -> assertThat(text).isEqualTo(whole(W2, SampleWals.content(2, 1000))),
                        text -> assertThat(text).isEqualTo(whole(W3, SampleWals.content(3, 1000))));
        assertThat(Files.readAllLines(asked)).hasSize(2);
    }

    @Test
    void encryptedWalWithoutPassphraseCommandFails() throws Exception {
        archived(W1, ENCRYPTED);

        assertThat(session(false, W1, W2))
                .satisfiesExactly(
                        text -> assertThat(text)
                                .startsWith("FAILED " + W1 + " Encrypted WAL file '" + W1 + "' detected, but no"),
                        text -> assertThat(text).isEqualTo("ABSENT " + W2));
    }

    /** To whoever recovers, absent means the end of the WAL. */
    @Test
    void aPlaceThatCannotBeLookedAtIsAFailure() throws Exception {
        Files.createDirectories(server.wals);
        Files.createFile(server.wals.resolve("0000000100000000"));

        assertThat(session(false, W1, "00000002.history"))
                .satisfiesExactly(
                        text -> assertThat(text).startsWith("FAILED " + W1).contains("Not a directory"),
                        text -> assertThat(text).isEqualTo("ABSENT 00000002.history"));
    }

    @Test
    void whatIsNoWalNameFails() throws Exception {
        archived(W1, SEGMENT);
        String message = " not a valid wal file name";

        assertThat(session(false, "../" + W1, "", W1 + " ", W1 + "\r", "x".repeat(100_000), W1))
                .containsExactly(
                        "FAILED ../" + W1 + message,
                        "FAILED ?" + message,
                        "FAILED " + W1 + "?" + message,
                        "FAILED " + W1 + "?" + message,
                        "FAILED " + "x".repeat(128) + message,
                        whole(W1, SEGMENT));
    }

    /** A part of a name may be the name of another file. */
    @Test
    void aRequestThatIsCutOffIsNone() throws Exception {
        archived(W1, SEGMENT);

        assertThat(describe(serve(false, W2, W1))).containsExactly("ABSENT " + W2);
    }

    /** The archiver links a file into the archive and then removes it where it came from. */
    @Test
    void aFileThatIsArchivedMeanwhileIsFound() throws Exception {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            names.add(String.format("%08X.history", i + 2));
            server.arrive(server.incoming, names.get(i), new byte[] {(byte) i});
        }
        Files.createDirectories(server.wals);
        Thread archiver = new Thread(() -> {
            try {
                for (String name : names) {
                    Files.createLink(server.wals.resolve(name), server.incoming.resolve(name));
                    Files.delete(server.incoming.resolve(name));
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        archiver.start();

        List<String> answers =
                session(false, names.get(0), names.subList(1, names.size()).toArray(String[]::new));

        archiver.join();
        assertThat(answers).hasSize(names.size()).allMatch(answer -> answer.startsWith("WAL "));
    }

    @Test
    void aClientThatIsGoneEndsTheSession() throws Exception {
        archived(W1, SEGMENT);
        for (int most : new int[] {0, 30, 500_000}) {
            OutputStream out = new OutputStream() {
                private int written;

                @Override
                public void write(int b) throws IOException {
                    if (written++ >= most) {
                        throw new IOException("Broken pipe");
                    }
                }
            };
            WalStreamServer streams = new WalStreamServer(server.config, false, "");
            InputStream requests = new ByteArrayInputStream(lines(W2, W2).getBytes(StandardCharsets.US_ASCII));

            assertThatExceptionOfType(WalStreamServer.ClientGoneException.class)
                    .isThrownBy(() -> streams.serve(W1, requests, out));
        }
    }

    @Test
    void requestsThatFailToComeAreTheEnd() throws Exception {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("Connection reset");
            }
        };
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new WalStreamServer(server.config, false, "").serve(W2, broken, out);
        assertThat(describe(out.toByteArray())).containsExactly("ABSENT " + W2);
    }

    @Test
    void clientThatAsksForNothingIsTakenForGone() throws Exception {
        PipedOutputStream pipe = new PipedOutputStream();
        try (PipedInputStream in = new PipedInputStream(pipe)) {
            pipe.write("one\nhalf".getBytes(StandardCharsets.US_ASCII));
            pipe.flush();
            WalRequests requests = WalRequests.reading(in, Duration.ofMillis(300));
            assertThat(requests.next()).isEqualTo("one");
            assertThat(requests.next()).isNull();
            assertThat(requests.isOverrun()).isFalse();
        }
    }

    @Test
    void theQueueIsBounded() throws Exception {
        byte[] many = "x\n".repeat(WalRequests.MOST_AHEAD + 5).getBytes(StandardCharsets.US_ASCII);
        WalRequests requests = WalRequests.reading(new ByteArrayInputStream(many));
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!requests.isOverrun() && System.nanoTime() < deadline) {
            Thread.sleep(5);
        }

        int count = 0;
        while (requests.next() != null) {
            count++;
        }
        assertThat(count).isEqualTo(WalRequests.MOST_AHEAD);
        assertThat(requests.isOverrun()).isTrue();
    }
}
