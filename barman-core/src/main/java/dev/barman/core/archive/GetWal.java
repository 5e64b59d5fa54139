// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.BarmanException;
import dev.barman.core.config.ServerConfig;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.ContentReader;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.encrypt.EncryptionDetector;
import dev.barman.wal.encrypt.WalCipher;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Gets a WAL file of a server out of its archive, or from where it waits to be archived. Files are looked up by name; the index is
 * not read, so the size of the archive does not matter. Not thread-safe.
 */
public final class GetWal {
    private static final int BUFFER_BYTES = 256 << 10;
    private static final int MAX_ATTEMPTS = 3;

    private final ServerConfig server;
    private final WalLookup lookup;
    private @Nullable WalCipher cipher;

    /** @param server whose WAL is wanted */
    public GetWal(ServerConfig server) {
        this.server = server;
        this.lookup = new WalLookup(server);
    }

    /**
     * What is wanted besides the name. Immutable.
     *
     * @param partial a partial segment will do when there is no complete one
     * @param keepCompression the bytes as they are stored, decrypted
     * @param compression how the output is to be compressed, null for not
     */
    public record Options(
            boolean partial,
            boolean keepCompression,
            @Nullable CompressionAlgorithm compression) {
        /** @throws IllegalArgumentException when both compressions are asked for */
        public Options {
            if (keepCompression && compression != null) {
                throw new IllegalArgumentException("keepCompression and " + compression);
            }
        }
    }

    /** Where the output goes once it is clear that there is some. */
    @FunctionalInterface
    public interface Target {
        /** Opens the target; called once, and not at all if the WAL does not exist. The stream is closed by the caller. */
        OutputStream open() throws IOException, BarmanException;
    }

    /** As {@link Target}, told what was found. */
    @FunctionalInterface
    public interface StoredTarget {
        /**
         * Opens the target.
         *
         * @param partial whether what follows is a partial segment in the place of the whole one
         */
        OutputStream open(boolean partial) throws IOException;
    }

    /** What becomes of a file that can be read. */
    @FunctionalInterface
    private interface Reading {
        void read(Path file) throws IOException, BarmanException;
    }

    /** What becomes of a file that was found. */
    @FunctionalInterface
    private interface Delivery {
        void send(FoundWal found) throws IOException, BarmanException;
    }

    /**
     * Writes a WAL file to a stream, uncompressed unless the options say otherwise.
     *
     * @return false when there is no such WAL; nothing was written then
     * @throws BarmanException when it is encrypted and cannot be decrypted
     * @throws IOException when it cannot be looked for, read or written; the target may have got a part of it
     */
    public boolean write(WalFileName name, Options options, Target target) throws IOException, BarmanException {
        return deliver(name, options.partial(), found -> send(found, name, options, target));
    }

    /**
     * Writes a WAL file to a stream as it is stored, so that another host can use it: decrypted, and uncompressed if only this host knows
     * how. May be called many times; a passphrase is asked for once.
     *
     * @param partial whether a partial segment will do when there is no complete one
     * @return as {@link #write}
     */
    public boolean writeStored(WalFileName name, boolean partial, StoredTarget target)
            throws IOException, BarmanException {
        return deliver(name, partial, found -> {
            boolean other = !found.name().equals(name);
            withDecrypted(found.file(), name, file -> sendStored(file, found.archived(), () -> target.open(other)));
        });
    }

    private boolean deliver(WalFileName name, boolean partial, Delivery delivery) throws IOException, BarmanException {
        for (int attempt = 1; ; attempt++) {
            try (FoundWal found = lookup.find(name, partial).orElse(null)) {
                if (found == null) {
                    return false;
                }
                try {
                    delivery.send(found);
                    return true;
                } catch (NoSuchFileException movedMeanwhile) {
                    // Nothing was written yet: the target is opened after the file.
                    boolean again = found.file().toString().equals(movedMeanwhile.getFile());
                    if (!again || attempt == MAX_ATTEMPTS) {
                        throw movedMeanwhile;
                    }
                }
            }
        }
    }

    private void send(FoundWal found, WalFileName name, Options options, Target target)
            throws IOException, BarmanException {
        withDecrypted(found.file(), name, readable -> sendDecrypted(readable, found.archived(), options, target));
    }

    private void withDecrypted(Path file, WalFileName name, Reading reading) throws IOException, BarmanException {
        if (!EncryptionDetector.isEncrypted(file)) {
            reading.read(file);
            return;
        }
        Path decrypted = temporaryFile("." + name.text() + ".");
        try {
            decrypt(file, name, decrypted);
            reading.read(decrypted);
        } finally {
            Files.deleteIfExists(decrypted);
        }
    }

    private void decrypt(Path file, WalFileName name, Path target) throws IOException, BarmanException {
        if (cipher == null) {
            cipher = ServerWalArchive.of(server).lastingDecryption().orElse(null);
        }
        if (cipher == null) {
            throw new BarmanException("Encrypted WAL file '" + name.text() + "' detected, but no"
                    + " 'encryption_passphrase_command' is configured. Set it for server '" + server.name()
                    + "' and try again.");
        }
        boolean decrypted = false;
        try {
            cipher.decrypt(file, target);
            decrypted = true;
        } finally {
            if (!decrypted) {
                // The passphrase may be the reason: it is asked for again next time.
                cipher = null;
            }
        }
    }

    /** In the archive, which has room for WAL; a user who may only read there gets it in the temporary directory. */
    private Path temporaryFile(String prefix) throws IOException {
        Path wals = server.directories().wals();
        return Files.isWritable(wals)
                ? Files.createTempFile(wals, prefix, ".uncompressed")
                : Files.createTempFile(prefix, ".uncompressed");
    }

    /** In the archive, what nothing else can be told of is compressed by the custom filter; what waits to get there is plain then. */
    private static Optional<CompressionAlgorithm> detect(ContentReader reader, Path file, boolean archived)
            throws IOException {
        return archived
                ? reader.detector().detectStored(file)
                : reader.detector().detect(file);
    }

    private static InputStream openUncompressed(ContentReader reader, Path file, boolean archived) throws IOException {
        return archived ? reader.openStored(file) : reader.openIncoming(file);
    }

    private void sendDecrypted(Path file, boolean archived, Options options, Target target)
            throws IOException, BarmanException {
        ContentReader reader = ContentReader.of(server.archiving().compression().orElse(null));
        Optional<CompressionAlgorithm> stored = detect(reader, file, archived);
        CompressionAlgorithm wanted = options.compression();
        boolean asStored = options.keepCompression()
                || (stored.isEmpty() && wanted == null)
                || (stored.isPresent() && wanted != null && stored.get().sameFormat(wanted));
        try (InputStream in = asStored ? Files.newInputStream(file) : openUncompressed(reader, file, archived);
                OutputStream out = target.open()) {
            if (asStored || wanted == null) {
                copy(in, out);
            } else {
                try (WalCodec codec = WalCodec.of(CompressionSettings.of(wanted));
                        OutputStream compressing = codec.compressing(new Unclosed(out))) {
                    copy(in, compressing);
                }
            }
            out.flush();
        }
    }

    private void sendStored(Path file, boolean archived, Target target) throws IOException, BarmanException {
        ContentReader reader = ContentReader.of(server.archiving().compression().orElse(null));
        Optional<CompressionAlgorithm> stored = detect(reader, file, archived);
        boolean custom = stored.isPresent() && stored.get() == CompressionAlgorithm.CUSTOM;
        try (InputStream in = custom ? openUncompressed(reader, file, archived) : Files.newInputStream(file);
                OutputStream out = target.open()) {
            copy(in, out);
            out.flush();
        }
    }

    private static void copy(InputStream in, OutputStream out) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
            out.write(buffer, 0, length);
        }
    }

    /**
     * The names of WAL files that could be got from one on, as a client asks that wants to prefetch: {@link WalLookup#peek}.
     *
     * @param size the most names
     * @throws IOException when they cannot be looked for
     */
    public List<String> peek(WalFileName first, int size) throws IOException, BarmanException {
        return lookup.peek(first, size);
    }

    /** Lets a compressor end its data without closing what it writes to. */
    private static final class Unclosed extends FilterOutputStream {
        Unclosed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
