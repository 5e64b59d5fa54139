// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.file.IoReason;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentCheck;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionDetector;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Fetches one WAL file through {@code barman get-wal}.
 *
 * <p>The file appears at its destination complete, durable, uncompressed and, if it is a segment, with the size and page header
 * that belong to the name; or it does not appear.
 */
final class WalRestoreClient {
    private static final int BUFFER_BYTES = 128 * 1024;
    /** Longer than every magic number and than a WAL page header. */
    private static final int HEAD_BYTES = 64;
    /** Above are the shell, signals and ssh. */
    private static final int HIGHEST_OF_BARMAN = 125;

    private final BarmanConnection connection;
    private final String server;
    private final List<String> options;
    private final OptionalLong systemIdentifier;
    private final Callers callers;
    private final PrintStream err;

    /**
     * @param connection how the server is reached
     * @param server name of the server in Barman's configuration
     * @param options options of the remote {@code get-wal}, in its order
     * @param systemIdentifier of the cluster that recovers, where it is known
     * @param callers nothing is delivered when they are gone
     * @param err gets what the server says on its standard error
     */
    WalRestoreClient(
            BarmanConnection connection,
            String server,
            List<String> options,
            OptionalLong systemIdentifier,
            Callers callers,
            PrintStream err) {
        this.connection = connection;
        this.server = server;
        this.options = List.copyOf(options);
        this.systemIdentifier = systemIdentifier;
        this.callers = callers;
        this.err = err;
    }

    /** Asks the server whether it would give WAL files. Its answer goes to standard output. */
    void test() throws ClientException {
        List<String> argv = connection.getWal(server, "dummy_wal_name", List.of("--test"));
        try (RemoteProcess remote = RemoteProcess.start(argv, RemoteProcess.Streams.INHERIT)) {
            int code = remote.waitFor();
            if (code != 0) {
                throw failure(RestoreExit.ofRemoteTest(code), code);
            }
        } catch (IOException e) {
            throw notRunnable(e);
        }
    }

    /**
     * Fetches one file.
     *
     * @param name the name asked for
     * @param walDest where to put it
     * @return the first page's header of a segment, null for other files and where it cannot be read
     * @throws ClientException in every other case than success; nothing is at the destination then
     * @throws TransferException the same, when the transfer itself failed, so that a pause may follow
     */
    @Nullable
    WalPageHeader restore(String name, String walDest) throws ClientException, TransferException {
        if (!WalFileName.isWalFileName(name)) {
            throw new ClientException(RestoreExit.BAD_REQUEST, "'" + name + "' is not a valid wal file name");
        }
        try (Destination destination = Destination.open(walDest)) {
            RemoteProcess remote;
            try {
                remote = RemoteProcess.start(
                        connection.getWal(server, name, options, BarmanConnection.KEEP_ALIVE),
                        RemoteProcess.Streams.READ_OUTPUT);
            } catch (IOException e) {
                throw notRunnable(e);
            }
            ErrorRelay relay = new ErrorRelay(remote.error(), err);
            relay.start();
            try (remote) {
                destination.removeStale();
                return receive(name, remote, relay, destination);
            } catch (ClientException e) {
                throw new TransferException(e);
            }
        }
    }

    /** Who waits for the file. */
    Callers callers() {
        return callers;
    }

    /** A failure of the main transfer, after which {@code --sleep} applies. */
    static final class TransferException extends Exception {
        private static final long serialVersionUID = 1L;

        private final ClientException failure;

        TransferException(ClientException failure) {
            super(failure.getMessage(), failure);
            this.failure = failure;
        }

        ClientException failure() {
            return failure;
        }
    }

    private @Nullable WalPageHeader receive(
            String name, RemoteProcess remote, ErrorRelay relay, Destination destination) throws ClientException {
        Received received;
        try {
            received = copy(remote.output(), destination);
        } catch (WriteException e) {
            throw new ClientException(RestoreExit.NOT_ASKED, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            // What the server says of itself comes first: data that breaks off explains nothing.
            failUnlessSuccess(name, remote.waitFor(), relay);
            throw unusable(name, "its data cannot be decompressed: " + e.getMessage());
        }
        failUnlessSuccess(name, remote.waitFor(), relay);
        WalPageHeader header = WalFileName.isSegment(name)
                ? WalPageHeader.parse(ByteBuffer.wrap(received.head)).orElse(null)
                : null;
        String problem = problem(name, received, header);
        if (problem != null) {
            throw unusable(name, problem);
        }
        callers.require();
        try {
            destination.deliver();
        } catch (IOException e) {
            throw new ClientException(RestoreExit.NOT_ASKED, "Cannot complete WAL_DEST: " + IoReason.alone(e));
        }
        return header;
    }

    private @Nullable String problem(String name, Received received, @Nullable WalPageHeader header) {
        if (received.sizeBytes == 0) {
            return "it is empty";
        }
        if (!WalFileName.isSegment(name)) {
            return null;
        }
        String problem = WalSegmentCheck.problem(WalSegmentName.parse(name), received.head, received.sizeBytes);
        if (problem == null
                && header != null
                && systemIdentifier.isPresent()
                && systemIdentifier.getAsLong() != header.systemIdentifier()) {
            return "it comes from the cluster with the system identifier " + header.systemId() + ", and this one has "
                    + Long.toUnsignedString(systemIdentifier.getAsLong());
        }
        return problem;
    }

    private static final class Received {
        final byte[] head = new byte[WalPageHeader.LENGTH];
        long sizeBytes;

        void add(byte[] buffer, int length) {
            if (sizeBytes < head.length) {
                int at = (int) sizeBytes;
                System.arraycopy(buffer, 0, head, at, Math.min(head.length - at, length));
            }
            sizeBytes += length;
        }
    }

    private static final class WriteException extends IOException {
        private static final long serialVersionUID = 1L;

        WriteException(String message) {
            super(message);
        }
    }

    private static Received copy(InputStream fromServer, Destination destination) throws IOException {
        byte[] head = fromServer.readNBytes(HEAD_BYTES);
        CompressionAlgorithm algorithm = detect(head);
        Received received = new Received();
        if (algorithm == null) {
            store(head, head.length, received, destination);
            copyAll(fromServer, received, destination);
            return received;
        }
        InputStream whole = new SequenceInputStream(new ByteArrayInputStream(head), fromServer);
        try {
            copyAll(WalCodec.of(CompressionSettings.of(algorithm)).decompressing(whole), received, destination);
        } catch (WriteException e) {
            throw e;
        } catch (IOException e) {
            // Let the server finish, for the sake of its exit code.
            byte[] buffer = new byte[BUFFER_BYTES];
            while (fromServer.read(buffer) >= 0) {
                // discarded
            }
            throw e;
        }
        return received;
    }

    private static @Nullable CompressionAlgorithm detect(byte[] head) {
        return CompressionDetector.STANDARD.detect(head, head.length).orElse(null);
    }

    private static void copyAll(InputStream in, Received received, Destination destination) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        int n;
        while ((n = in.read(buffer)) >= 0) {
            store(buffer, n, received, destination);
        }
    }

    private static void store(byte[] buffer, int length, Received received, Destination destination)
            throws WriteException {
        received.add(buffer, length);
        try {
            destination.write(buffer, 0, length);
        } catch (IOException e) {
            throw new WriteException("Cannot write WAL_DEST: " + IoReason.alone(e));
        }
    }

    private void failUnlessSuccess(String name, int code, ErrorRelay relay) throws ClientException {
        if (code != 0) {
            throw failure(RestoreExit.ofRemote(code, isNotFound(name, relay.text())), code);
        }
    }

    /** Barman ends with 1 whatever went wrong. Only with these words it has looked, and the file is not there. */
    static boolean isNotFound(String name, String said) {
        return said.contains("WAL file '" + name + "' not found in server ");
    }

    private ClientException failure(int exit, int code) {
        boolean connectionLost = code < 0 || code > HIGHEST_OF_BARMAN;
        return new ClientException(
                exit,
                connectionLost
                        ? "Connection problem with " + connection.program() + " (exit code " + code + ")"
                        : "Remote 'barman get-wal' command has failed!");
    }

    private ClientException unusable(String name, String why) {
        return new ClientException(
                RestoreExit.NOT_ASKED,
                "The server sent a file that cannot be WAL file '" + name + "': " + why
                        + ". Check it on the Barman server with: barman get-wal -o DIRECTORY " + server + " " + name);
    }

    private ClientException notRunnable(IOException e) {
        return new ClientException(
                RestoreExit.NOT_ASKED, "Error executing " + connection.program() + ": " + IoReason.alone(e));
    }
}
