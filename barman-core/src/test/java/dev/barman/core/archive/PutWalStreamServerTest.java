// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.barman.core.BarmanException;
import dev.barman.core.archive.PutWalTest.Tar;
import dev.barman.core.config.ServerConfig;
import dev.barman.wal.storage.SampleWals;
import dev.barman.wal.stream.DeliveryWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PutWalStreamServerTest {
    private static final String GREETING = "barman-wal-delivery 1";
    private static final String W1 = SampleWals.name(1);
    private static final String W2 = SampleWals.name(2);
    private static final String W3 = SampleWals.name(3);

    @TempDir
    Path home;

    private ArchiveServer server;
    private ServerConfig current;
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final DeliveryWriter client = new DeliveryWriter(sent);

    @BeforeEach
    void createServer() throws Exception {
        server = new ArchiveServer(home, "archiver = on");
        current = server.config;
    }

    private static byte[] content(String name) {
        return ArchiveServer.segment(name, SampleWals.SYSTEM_ID);
    }

    private static byte[] tar(String name, byte[] content, byte[] hashed) throws Exception {
        String sum =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(hashed));
        return new Tar()
                .file(name, content)
                .text("SHA256SUMS", sum + " *" + name + "\n")
                .bytes();
    }

    private void deliver(byte[] tar) throws IOException {
        client.write(tar, 0, tar.length);
        client.endDelivery();
    }

    private void deliver(String name) throws Exception {
        deliver(tar(name, content(name), content(name)));
    }

    private List<String> answers(byte[] stream) throws BarmanException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new PutWalStreamServer("main", () -> current, ArchiveServer.CLOCK, "")
                .serve(new ByteArrayInputStream(stream), out);
        assertThat(out.toString(StandardCharsets.UTF_8)).endsWith("\n");
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void everyDeliveryIsStoredAndAnsweredOnItsOwn() throws Exception {
        deliver(W1);
        deliver(W2);
        deliver(W1);

        assertThat(answers(sent.toByteArray())).containsExactly(GREETING, "stored", "stored", "stored");
        assertThat(ArchiveServer.files(server.incoming)).containsExactly(W1, W2);
        assertThat(server.incoming.resolve(W1)).hasBinaryContent(content(W1));
        assertThat(server.incoming.resolve(W2)).hasBinaryContent(content(W2));
    }

    @Test
    void clientThatFallsSilentIsTakenForGone() throws Exception {
        deliver(W1);
        client.signOfLife();
        deliver(W2);
        byte[] whole = sent.toByteArray();
        deliver(W3);
        // Between two deliveries, and within one: its connection stays open, and nothing more comes.
        for (int length : new int[] {whole.length, whole.length + 2, whole.length + 700_000}) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            PipedOutputStream pipe = new PipedOutputStream();
            try (PipedInputStream in = new PipedInputStream(pipe, sent.size())) {
                pipe.write(sent.toByteArray(), 0, length);
                pipe.flush();
                long start = System.nanoTime();
                new PutWalStreamServer("main", () -> current, ArchiveServer.CLOCK, "", Duration.ofMillis(700))
                        .serve(in, out);
                assertThat(Duration.ofNanos(System.nanoTime() - start))
                        .isBetween(Duration.ofMillis(700), Duration.ofSeconds(20));
            }
            assertThat(out.toString(StandardCharsets.UTF_8).lines()).startsWith(GREETING, "stored", "stored");
            assertThat(ArchiveServer.files(server.incoming)).containsExactly(W1, W2);
        }
    }

    @Test
    void sessionWithoutDeliveriesIsWell() throws Exception {
        assertThat(answers(new byte[0])).containsExactly(GREETING);
    }

    @Test
    void damagedDeliveryIsRefusedAndTheNextOneStored() throws Exception {
        deliver(tar(W1, content(W1), content(W2)));
        deliver("no tar at all".getBytes(StandardCharsets.UTF_8));
        deliver(new byte[0]);
        deliver(Arrays.copyOf(tar(W3, content(W3), content(W3)), 100_000));
        deliver(W2);

        List<String> answers = answers(sent.toByteArray());
        assertThat(answers).hasSize(6).startsWith(GREETING).endsWith("stored");
        assertThat(answers.get(1)).startsWith("refused Bad file checksum '").contains("for file '" + W1 + "'");
        assertThat(answers.subList(2, 5))
                .allSatisfy(answer -> assertThat(answer).startsWith("refused "));
        assertThat(answers.get(3)).isEqualTo("refused empty file");
        assertThat(ArchiveServer.files(server.incoming)).containsExactly(W2);
    }

    @Test
    void otherContentOfTheSameNameIsKeptAsideAndRefused() throws Exception {
        deliver(W1);
        deliver(tar(W1, content(W2), content(W2)));

        List<String> answers = answers(sent.toByteArray());
        assertThat(answers.subList(0, 2)).containsExactly(GREETING, "stored");
        assertThat(answers.get(2))
                .startsWith("refused Error: Duplicate Files Detected with Mismatched Checksums. File " + W1);
        assertThat(server.incoming.resolve(W1)).hasBinaryContent(content(W1));
        assertThat(ArchiveServer.files(server.errors)).containsExactly(W1 + "." + ArchiveServer.STAMP + ".duplicate");
        assertThat(server.errors.resolve(W1 + "." + ArchiveServer.STAMP + ".duplicate"))
                .hasBinaryContent(content(W2));
    }

    @Test
    void clientThatBreaksOffLeavesNothing() throws Exception {
        deliver(W1);
        int whole = sent.size();
        deliver(W2);
        // Within the second delivery, up to the length behind its last chunk.
        for (int cut : new int[] {whole + 1, whole + 4, whole + 700, whole + 600_000, sent.size() - 12_000}) {
            assertThat(answers(Arrays.copyOf(sent.toByteArray(), cut)))
                    .as("cut at %d", cut - whole)
                    .containsExactly(GREETING, "stored");
            assertThat(ArchiveServer.files(server.incoming)).containsExactly(W1);
        }
    }

    @Test
    void incomingDirectoryThatIsMissingIsARefusal() throws Exception {
        Files.delete(server.incoming);
        deliver(W1);

        List<String> answers = answers(sent.toByteArray());
        assertThat(answers).hasSize(2);
        assertThat(answers.get(1)).startsWith("refused Cannot store WAL files in " + server.incoming);
    }

    @Test
    void configurationThatChangesBetweenTwoDeliveriesCounts() throws Exception {
        Path elsewhere = Files.createDirectories(home.resolve("elsewhere"));
        ServerConfig changed =
                new ArchiveServer(home, "archiver = on", "incoming_wals_directory = " + elsewhere).config;
        deliver(W1);
        int first = sent.size();
        deliver(W2);
        ByteArrayInputStream stream = new ByteArrayInputStream(sent.toByteArray()) {
            @Override
            public synchronized int read(byte[] bytes, int offset, int length) {
                if (pos >= first) {
                    current = changed;
                }
                return super.read(bytes, offset, length);
            }
        };
        new PutWalStreamServer("main", () -> current, ArchiveServer.CLOCK, "")
                .serve(stream, new ByteArrayOutputStream());
        assertThat(ArchiveServer.files(server.incoming)).containsExactly(W1);
        assertThat(ArchiveServer.files(elsewhere)).containsExactly(W2);
    }

    @Test
    void serverThatIsNotConfiguredAnyMoreTakesNothing() throws Exception {
        deliver(W1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PutWalStreamServer.Configured gone = () -> {
            throw new BarmanException("server 'main' is not in the configuration any more");
        };
        new PutWalStreamServer("main", gone, ArchiveServer.CLOCK, "")
                .serve(new ByteArrayInputStream(sent.toByteArray()), out);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo(GREETING + "\nrefused server 'main' is not in the configuration any more\n");
        assertThat(ArchiveServer.files(server.incoming)).isEmpty();
    }

    @Test
    void clientWithoutAProtocolIsAnError() {
        assertThatExceptionOfType(BarmanException.class)
                .isThrownBy(() -> answers("GET / HTTP/1.1\r\n".getBytes(StandardCharsets.UTF_8)))
                .withMessageContaining("a chunk of");
    }
}
