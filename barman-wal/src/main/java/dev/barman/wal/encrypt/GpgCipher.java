// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.encrypt;

import dev.barman.process.Command;
import dev.barman.process.CommandResult;
import dev.barman.process.CommandRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The program {@code gpg}. The passphrase goes to its standard input, never to its arguments. Immutable, thread-safe.
 */
public final class GpgCipher implements WalCipher {
    private static final List<String> OPTIONS = List.of("--yes", "--batch", "--pinentry-mode", "loopback");

    private final Command gpg;
    private final @Nullable String recipient;
    private final @Nullable PassphraseSource passphrases;

    private GpgCipher(Command gpg, @Nullable String recipient, @Nullable PassphraseSource passphrases) {
        this.gpg = gpg;
        this.recipient = recipient;
        this.passphrases = passphrases;
    }

    /**
     * A cipher that runs the first {@code gpg} of {@code PATH}.
     *
     * @param recipient the key to encrypt for (option {@code encryption_key_id}); null if it is used to decrypt only
     * @param passphrases the secret of the private key; null if it is used to encrypt only, or the key has none
     */
    public static GpgCipher of(@Nullable String recipient, @Nullable PassphraseSource passphrases) {
        return of("gpg", recipient, passphrases);
    }

    /** As {@link #of(String, PassphraseSource)} with another program than the first {@code gpg} of {@code PATH}. */
    public static GpgCipher of(String program, @Nullable String recipient, @Nullable PassphraseSource passphrases) {
        return new GpgCipher(Command.of(program).withArguments(OPTIONS), recipient, passphrases);
    }

    /** The same cipher with {@code GNUPGHOME} set to this directory. */
    public GpgCipher withHome(Path directory) {
        return new GpgCipher(gpg.withEnvironment("GNUPGHOME", directory.toString()), recipient, passphrases);
    }

    @Override
    public String id() {
        return "gpg";
    }

    @Override
    public void encrypt(Path source, Path target) throws IOException {
        if (recipient == null) {
            throw new IOException("Cannot encrypt " + source + ": no encryption_key_id is configured");
        }
        run(
                gpg.withArguments(List.of(
                        "--compress-level",
                        "0",
                        "--recipient",
                        recipient,
                        "--encrypt",
                        "--output",
                        target.toString(),
                        source.toString())),
                target);
    }

    @Override
    public void decrypt(Path source, Path target) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("--output", target.toString()));
        Command command = gpg;
        if (passphrases != null) {
            byte[] passphrase = passphrases.passphrase();
            command = command.withStdin(passphrase);
            Arrays.fill(passphrase, (byte) 0);
            arguments.addAll(List.of("--passphrase-fd", "0"));
        }
        arguments.addAll(List.of("--decrypt", source.toString()));
        // gpg would create it with the process's umask.
        Files.deleteIfExists(target);
        Files.createFile(target, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        run(command.withArguments(arguments), target);
    }

    private static void run(Command command, Path target) throws IOException {
        boolean done = false;
        try {
            CommandResult result = CommandRunner.run(command);
            result.orThrow();
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(target);
            }
        }
    }
}
