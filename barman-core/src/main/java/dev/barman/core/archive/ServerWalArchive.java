// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.ConfigException;
import dev.barman.core.config.ArchivingConfig;
import dev.barman.core.config.ServerConfig;
import dev.barman.process.Command;
import dev.barman.process.CommandResult;
import dev.barman.process.CommandRunner;
import dev.barman.process.ExecutableSearch;
import dev.barman.storage.local.LocalWalStorage;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.encrypt.GpgCipher;
import dev.barman.wal.encrypt.PassphraseSource;
import dev.barman.wal.encrypt.WalCipher;
import dev.barman.wal.storage.WalStorage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The WAL archive of a configured server, put together from its options. Immutable. */
public final class ServerWalArchive {
    private final ServerConfig server;
    private final @Nullable CompressionSettings compression;
    private final LockedXlogDb index;
    private final @Nullable WalStorage remote;

    private ServerWalArchive(
            ServerConfig server,
            @Nullable CompressionSettings compression,
            LockedXlogDb index,
            @Nullable WalStorage remote) {
        this.server = server;
        this.compression = compression;
        this.index = index;
        this.remote = remote;
    }

    /**
     * The archive of a server. Touches no file.
     *
     * @throws ConfigException when the compression options do not fit together, or the archive is at a URL that cannot be used
     */
    public static ServerWalArchive of(ServerConfig server) throws ConfigException {
        LockedXlogDb index = ServerWalIndex.of(server);
        String url = server.directories().walsUrl();
        return new ServerWalArchive(
                server,
                server.archiving().compression().orElse(null),
                index,
                url == null ? null : RemoteArchive.open(server, url, index));
    }

    /**
     * The stored files of a server, to be read: whatever the options say of new ones. Touches no file.
     *
     * @throws ConfigException when the archive is at a URL that cannot be used
     */
    public static WalStorage readable(ServerConfig server) throws ConfigException {
        LockedXlogDb index = ServerWalIndex.of(server);
        String url = server.directories().walsUrl();
        return url == null
                ? LocalWalStorage.in(server.directories().wals(), index).build()
                : RemoteArchive.open(server, url, index);
    }

    /** The index, behind its lock, built from the archived files when it is missing. */
    public LockedXlogDb index() {
        return index;
    }

    /** The stored files; new ones are compressed and encrypted as the options say. */
    public WalStorage storage() {
        return remote != null ? remote : describedStorage().build();
    }

    LocalWalStorage.Builder describedStorage() {
        return LocalWalStorage.in(server.directories().wals(), index)
                .compression(compression)
                .encryption(encryption())
                .decryption(decryption().orElse(null));
    }

    /** The compression of new files; null for none. */
    public @Nullable CompressionSettings compression() {
        return compression;
    }

    private @Nullable WalCipher encryption() {
        ArchivingConfig archiving = server.archiving();
        return archiving.encryption() == null ? null : gpg(archiving.encryptionKeyId(), null);
    }

    /** Decrypts stored files; empty when no {@code encryption_passphrase_command} is configured. */
    public Optional<WalCipher> decryption() {
        String command = passphraseCommand();
        return command == null ? Optional.empty() : Optional.of(decryption(() -> passphrase(command)));
    }

    /** As {@link #decryption()}, for many files: the passphrase is asked for once and kept in memory with the cipher. */
    Optional<WalCipher> lastingDecryption() {
        String command = passphraseCommand();
        return command == null
                ? Optional.empty()
                : Optional.of(decryption(new KeptPassphrase(() -> passphrase(command))));
    }

    private @Nullable String passphraseCommand() {
        String command = server.archiving().encryptionPassphraseCommand();
        return command == null || command.isEmpty() ? null : command;
    }

    private WalCipher decryption(PassphraseSource passphrases) {
        return gpg(server.archiving().encryptionKeyId(), passphrases);
    }

    private GpgCipher gpg(@Nullable String keyId, @Nullable PassphraseSource passphrases) {
        String program = ExecutableSearch.of(server.connection().pathPrefix())
                .find("gpg")
                .map(Path::toString)
                .orElse("gpg");
        return GpgCipher.of(program, keyId, passphrases);
    }

    private static byte[] passphrase(String command) throws IOException {
        CommandResult result = CommandRunner.run(Command.shell(command));
        if (!result.succeeded()) {
            throw new IOException("encryption_passphrase_command ended with exit code " + result.exitCode());
        }
        return result.stdout().stripTrailing().getBytes(StandardCharsets.UTF_8);
    }

    /** Asks once. */
    private static final class KeptPassphrase implements PassphraseSource {
        private final PassphraseSource source;
        private byte @Nullable [] kept;

        KeptPassphrase(PassphraseSource source) {
            this.source = source;
        }

        @Override
        public synchronized byte[] passphrase() throws IOException {
            if (kept == null) {
                kept = source.passphrase();
            }
            return kept.clone();
        }
    }
}
