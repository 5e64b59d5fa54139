// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.encrypt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.process.Command;
import dev.barman.process.CommandRunner;
import dev.barman.process.ExecutableSearch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the real gpg with keys of its own. */
class GpgCipherIT {
    private static final String PASSPHRASE = "corréct horse";

    @TempDir
    Path directory;

    private Path home;

    @BeforeEach
    void gpgIsInstalled() throws IOException {
        assumeTrue(ExecutableSearch.ofPath().find("gpg").isPresent(), "not installed here: gpg");
        // Sockets of the agent need a short path.
        home = Files.createTempDirectory(
                Path.of("/tmp"),
                "g",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    @AfterEach
    void endAgent() throws IOException {
        if (home == null) {
            return;
        }
        CommandRunner.run(gpg("gpgconf", "--kill", "all"));
        CommandRunner.run(Command.of("rm", "-rf", home.toString())).orThrow();
    }

    private Command gpg(String... argv) {
        return Command.of(argv).withEnvironment("GNUPGHOME", home.toString());
    }

    private void makeKey(String user, String algorithm, String passphrase) throws IOException {
        CommandRunner.run(gpg(
                                "gpg",
                                "--batch",
                                "--pinentry-mode",
                                "loopback",
                                "--passphrase-fd",
                                "0",
                                "--quick-generate-key",
                                user,
                                algorithm,
                                // The default usage of an RSA key does not include encryption.
                                algorithm.startsWith("rsa") ? "encrypt" : "default",
                                "never")
                        .withStdin(passphrase.getBytes(StandardCharsets.UTF_8)))
                .orThrow();
    }

    private GpgCipher cipher(String user, String passphrase) {
        return GpgCipher.of(user, () -> passphrase.getBytes(StandardCharsets.UTF_8))
                .withHome(home);
    }

    @ParameterizedTest
    @CsvSource({"rsa2048", "future-default"})
    void whatIsEncryptedIsDetectedAndComesBack(String algorithm) throws IOException {
        makeKey("wal@example.org", algorithm, PASSPHRASE);
        byte[] data = new byte[300_000];
        new Random(1).nextBytes(data);
        Path source = Files.write(directory.resolve("source"), data);
        Path encrypted = directory.resolve("encrypted");
        Path back = directory.resolve("back");
        GpgCipher cipher = cipher("wal@example.org", PASSPHRASE);

        cipher.encrypt(source, encrypted);
        assertThat(EncryptionDetector.isEncrypted(encrypted)).isTrue();
        assertThat(EncryptionDetector.isEncrypted(source)).isFalse();
        cipher.decrypt(encrypted, back);
        assertThat(Files.readAllBytes(back)).isEqualTo(data);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(back)))
                .isEqualTo("rw-------");
    }

    @Test
    void aSymmetricMessageIsDetected() throws IOException {
        Path source = Files.write(directory.resolve("source"), new byte[1000]);
        Path encrypted = directory.resolve("encrypted");
        CommandRunner.run(gpg(
                                "gpg",
                                "--batch",
                                "--pinentry-mode",
                                "loopback",
                                "--passphrase-fd",
                                "0",
                                "--output",
                                encrypted.toString(),
                                "--symmetric",
                                source.toString())
                        .withStdin(PASSPHRASE.getBytes(StandardCharsets.UTF_8)))
                .orThrow();
        assertThat(EncryptionDetector.isEncrypted(encrypted)).isTrue();
    }

    @Test
    void aWrongPassphraseIsAnErrorAndLeavesNoTarget() throws IOException {
        makeKey("wal@example.org", "rsa2048", PASSPHRASE);
        Path source = Files.write(directory.resolve("source"), new byte[1000]);
        Path encrypted = directory.resolve("encrypted");
        cipher("wal@example.org", PASSPHRASE).encrypt(source, encrypted);
        CommandRunner.run(gpg("gpgconf", "--kill", "all"));
        GpgCipher wrong = cipher("wal@example.org", "guess-4711");
        Path back = directory.resolve("back");
        assertThatThrownBy(() -> wrong.decrypt(encrypted, back))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("gpg failed")
                .message()
                .doesNotContain("guess-4711");
        assertThat(back).doesNotExist();
    }

    @Test
    void anUnknownRecipientIsAnErrorAndLeavesNoTarget() throws IOException {
        Path source = Files.write(directory.resolve("source"), new byte[1000]);
        Path encrypted = directory.resolve("encrypted");
        GpgCipher cipher = cipher("nobody@example.org", PASSPHRASE);
        assertThatThrownBy(() -> cipher.encrypt(source, encrypted))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("nobody@example.org");
        assertThat(encrypted).doesNotExist();
    }
}
