// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.file.IoReason;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionDetector;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.prefetch.SpooledRestore;
import dev.barman.wal.restore.Callers;
import dev.barman.wal.restore.Destination;
import dev.barman.wal.restore.ReceivedWal;
import dev.barman.wal.restore.RestoreException;
import dev.barman.wal.restore.RestoreException.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.SequenceInputStream;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Fetches one WAL file through {@code barman get-wal}.
 *
 * <p>The file appears at its destination complete, durable, uncompressed and, if it is a segment, with the size and page header
 * that belong to the name; or it does not appear.
 */
final class WalRestoreClient implements SpooledRestore.Direct {
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
    void test() throws RestoreException {
        List<String> argv = connection.getWal(server, "dummy_wal_name", List.of("--test"));
        try (RemoteProcess remote = RemoteProcess.start(argv, RemoteProcess.Streams.INHERIT)) {
            int code = remote.waitFor();
            if (code != 0) {
                // Here 1 is the answer.
                throw failure(reason(code, true), code);
            }
        } catch (IOException e) {
            throw notRunnable(e);
        }
    }

    @Override
    public @Nullable WalPageHeader restore(String name, String walDest) throws RestoreException {
        if (!WalFileName.isWalFileName(name)) {
            throw new RestoreException(Reason.NAME, "'" + name + "' is not a valid wal file name");
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
            } catch (RestoreException e) {
                throw e.duringTransfer();
            }
        }
    }

    private @Nullable WalPageHeader receive(
            String name, RemoteProcess remote, ErrorRelay relay, Destination destination) throws RestoreException {
        ReceivedWal received;
        try {
            received = copy(remote.output(), destination);
        } catch (WriteException e) {
            throw new RestoreException(Reason.NOT_ASKED, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            // What the server says of itself comes first: data that breaks off explains nothing.
            failUnlessSuccess(name, remote.waitFor(), relay);
            throw unusable(name, "its data cannot be decompressed: " + e.getMessage());
        }
        failUnlessSuccess(name, remote.waitFor(), relay);
        WalSegmentName segment = WalFileName.isSegment(name) ? WalSegmentName.parse(name) : null;
        String problem = received.problem(segment, systemIdentifier);
        if (problem != null) {
            throw unusable(name, problem);
        }
        callers.require();
        try {
            destination.deliver();
        } catch (IOException e) {
            throw new RestoreException(Reason.NOT_ASKED, "Cannot complete WAL_DEST: " + IoReason.alone(e));
        }
        return segment == null ? null : received.header();
    }

    private static final class WriteException extends IOException {
        private static final long serialVersionUID = 1L;

        WriteException(String message) {
            super(message);
        }
    }

    private static ReceivedWal copy(InputStream fromServer, Destination destination) throws IOException {
        byte[] head = fromServer.readNBytes(HEAD_BYTES);
        CompressionAlgorithm algorithm = detect(head);
        ReceivedWal received = new ReceivedWal();
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

    private static void copyAll(InputStream in, ReceivedWal received, Destination destination) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        int n;
        while ((n = in.read(buffer)) >= 0) {
            store(buffer, n, received, destination);
        }
    }

    private static void store(byte[] buffer, int length, ReceivedWal received, Destination destination)
            throws WriteException {
        received.add(buffer, 0, length);
        try {
            destination.write(buffer, 0, length);
        } catch (IOException e) {
            throw new WriteException("Cannot write WAL_DEST: " + IoReason.alone(e));
        }
    }

    private void failUnlessSuccess(String name, int code, ErrorRelay relay) throws RestoreException {
        if (code != 0) {
            throw failure(reason(code, isNotFound(name, relay.text())), code);
        }
    }

    /** Barman ends with 1 whatever went wrong. Only with these words it has looked, and the file is not there. */
    static boolean isNotFound(String name, String said) {
        return said.contains("WAL file '" + name + "' not found in server ");
    }

    /** What the exit code of a remote {@code barman get-wal} means, which is not 0. */
    private static Reason reason(int code, boolean notFound) {
        return switch (code) {
            // 1 is also an unknown server, a broken configuration, a full disk there: no answer to the question.
            case 1 -> notFound ? Reason.ABSENT : Reason.NOT_ASKED;
            case 3 -> Reason.NAME;
            // 255 is ssh without a connection, 126 and 127 a missing barman, above 128 a signal.
            default -> Reason.NOT_ASKED;
        };
    }

    private RestoreException failure(Reason reason, int code) {
        boolean connectionLost = code < 0 || code > HIGHEST_OF_BARMAN;
        return new RestoreException(
                reason,
                connectionLost
                        ? "Connection problem with " + connection.program() + " (exit code " + code + ")"
                        : "Remote 'barman get-wal' command has failed!");
    }

    private RestoreException unusable(String name, String why) {
        return new RestoreException(
                Reason.NOT_ASKED,
                "The server sent a file that cannot be WAL file '" + name + "': " + why
                        + ". Check it on the Barman server with: barman get-wal -o DIRECTORY " + server + " " + name);
    }

    private RestoreException notRunnable(IOException e) {
        return new RestoreException(
                Reason.NOT_ASKED, "Error executing " + connection.program() + ": " + IoReason.alone(e));
    }
}
