// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.barman.wal.stream.Answer;
import dev.barman.wal.stream.WalStreamReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code get-wal --stream} through the launcher, over the pipes of the system. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GetWalStreamIT {
    private static final int FILES = 200;

    private BarmanHost host;
    private Path archived;

    @BeforeEach
    void fillArchive() throws Exception {
        host = BarmanHost.create();
        archived = Files.createDirectories(host.wals().resolve("0000000100000000"));
        for (int i = 1; i <= FILES; i++) {
            Files.write(archived.resolve(name(i)), content(i));
        }
        configure(System.getProperty("user.name"));
    }

    private void configure(String user) throws IOException {
        Files.writeString(
                host.config(),
                "[barman]\nbarman_home = " + host.home() + "\nbarman_user = " + user
                        + "\n[main]\nconninfo = host=127.0.0.1\nbackup_method = postgres\narchiver = on\n");
    }

    @AfterEach
    void closeHost() throws IOException {
        host.close();
    }

    private static String name(int i) {
        return String.format("0000000100000000%08X", i);
    }

    private static byte[] content(int i) {
        byte[] content = new byte[100_000];
        new Random(i).nextBytes(content);
        return content;
    }

    private Process start(String first) throws IOException {
        return new ProcessBuilder(
                        BarmanHost.launcher().toString(),
                        "-c",
                        host.config().toString(),
                        "get-wal",
                        "--stream",
                        "main",
                        first)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @Test
    void requestsAreAskedAheadAndAnsweredInOrder() throws Exception {
        Process server = start(name(1));
        try (OutputStream asking = server.getOutputStream()) {
            StringBuilder names = new StringBuilder();
            for (int i = 2; i <= FILES + 1; i++) {
                names.append(name(i)).append('\n');
            }
            asking.write(names.toString().getBytes(StandardCharsets.US_ASCII));
            asking.flush();

            WalStreamReader reader = new WalStreamReader(server.getInputStream());
            assertThat(reader.readGreeting()).isTrue();
            for (int i = 1; i <= FILES; i++) {
                Answer answer = reader.next();
                assertThat(answer).hasToString("WAL " + name(i));
                assertThat(answer.content().readAllBytes()).isEqualTo(content(i));
            }
            assertThat(reader.next()).hasToString("ABSENT " + name(FILES + 1));
            assertThat(server.isAlive()).as("waits for further requests").isTrue();
            asking.close();
            assertThatExceptionOfType(EOFException.class).isThrownBy(reader::next);
            assertThat(server.waitFor()).isZero();
        } finally {
            server.destroyForcibly();
        }
    }

    @Test
    void aServerWhoseClientIsGoneEnds() throws Exception {
        Process server = start(name(1));
        try {
            server.getOutputStream().write((name(2) + "\n").repeat(100).getBytes(StandardCharsets.US_ASCII));
            server.getOutputStream().flush();
            assertThat(new WalStreamReader(server.getInputStream()).readGreeting())
                    .isTrue();
            server.getInputStream().close();
            assertThat(server.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(server.exitValue()).isEqualTo(1);
        } finally {
            server.destroyForcibly();
        }
    }

    /** To whoever recovers, absent means the end of the WAL. */
    @Test
    void whatTheUserMayNotReadIsNotAbsent() throws Exception {
        assumeThat(System.getProperty("user.name")).isEqualTo("root");
        configure("nobody");
        Files.setPosixFilePermissions(archived, PosixFilePermissions.fromString("rwx------"));
        for (String wal : List.of(name(1), name(FILES + 1))) {
            Process server = start(wal);
            try {
                server.getOutputStream().close();
                WalStreamReader reader = new WalStreamReader(server.getInputStream());
                assertThat(reader.readGreeting()).isTrue();
                assertThat(reader.next())
                        .hasToString("FAILED " + wal + " " + archived.resolve(wal) + ": permission denied");
                assertThat(server.waitFor()).isZero();
            } finally {
                server.destroyForcibly();
            }
        }
    }
}
