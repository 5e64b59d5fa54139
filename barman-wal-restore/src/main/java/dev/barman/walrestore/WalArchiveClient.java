// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.file.IoReason;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.archive.FileStamp;
import dev.barman.wal.archive.LastArchivedCache;
import dev.barman.wal.archive.ParallelWalArchiver;
import dev.barman.wal.archive.ReadySegment;
import dev.barman.wal.archive.ReadySegments;
import dev.barman.wal.archive.RequestedSegment;
import dev.barman.wal.archive.UnfitSegmentException;
import dev.barman.wal.compress.CompressionSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends WAL files to {@code barman put-wal}: the requested one, and on demand the ready segments behind it over the same connection.
 * The files themselves are only read.
 *
 * <p>Success means that the server answered with success, which it does when the files are durable in its incoming directory. Sending
 * the same file again gives the same bytes, whatever the compression, so that the server recognises it.
 */
final class WalArchiveClient {
    /** After this time no more segments are sent along: PostgreSQL waits for the command when it is stopped. */
    private static final long MAX_AHEAD_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final BarmanConnection connection;
    private final String server;
    private final boolean md5;
    private final @Nullable CompressionSettings compression;
    private final Consumer<String> warnings;
    private final long deadline = System.nanoTime() + MAX_AHEAD_NANOS;

    /**
     * @param connection how the server is reached
     * @param server name of the server in Barman's configuration
     * @param md5 MD5 instead of SHA-256, for servers that know nothing else
     * @param compression how to compress the file on its way, null for not at all
     * @param warnings is told what does not decide about success
     */
    WalArchiveClient(
            BarmanConnection connection,
            String server,
            boolean md5,
            @Nullable CompressionSettings compression,
            Consumer<String> warnings) {
        this.connection = connection;
        this.server = server;
        this.md5 = md5;
        this.compression = compression;
        this.warnings = warnings;
    }

    /** Asks the server whether it would take WAL files. Its answer goes to standard output. */
    void test() throws ClientException {
        List<String> argv = connection.putWal(server, true);
        try (RemoteProcess remote = RemoteProcess.start(argv, RemoteProcess.Streams.INHERIT)) {
            ClientException failure = failure(remote.waitFor());
            if (failure != null) {
                throw failure;
            }
        } catch (IOException e) {
            throw notRunnable(e);
        }
    }

    /**
     * Sends one file.
     *
     * @param wal path of the file; its last component must be a WAL file name
     * @throws ClientException in every other case than success
     */
    void archive(String wal) throws ClientException {
        Path file = Path.of(wal);
        sendAlone(nameOf(file, wal), file);
    }

    /**
     * Sends one file unless it has been sent, and the ready segments behind it; the outcome is that of the requested one.
     *
     * @param wal path of the file; its last component must be a WAL file name
     * @param cache knows what has been sent
     * @param parallel how many segments may be sent at most
     * @throws ClientException in every other case than success
     */
    void archive(String wal, LastArchivedCache cache, int parallel) throws ClientException {
        Path file = Path.of(wal);
        String name = nameOf(file, wal);
        ReadySegment requested;
        try {
            requested = WalFileName.isSegment(name)
                    ? RequestedSegment.look(file, WalSegmentName.parse(name), warnings)
                    : null;
        } catch (UnfitSegmentException e) {
            throw local(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        if (requested == null) {
            sendAlone(name, file);
            return;
        }
        new ParallelWalArchiver<>(
                        cache,
                        new ParallelWalArchiver.Transport<ClientException>() {
                            @Override
                            public List<ReadySegment> archive(ReadySegment segment, ReadySegments following)
                                    throws ClientException {
                                return send(segment, following);
                            }
                        },
                        parallel)
                .archive(requested);
    }

    private static String nameOf(Path file, String wal) throws ClientException {
        if (Files.isDirectory(file)) {
            throw local("WAL_PATH cannot be a directory: " + wal);
        }
        Path namePath = file.getFileName();
        String name = namePath == null ? "" : namePath.toString();
        if (!WalFileName.isWalFileName(name)) {
            throw local("'" + wal + "' is not a WAL file: its name is none that PostgreSQL gives to one");
        }
        return name;
    }

    private void sendAlone(String name, Path file) throws ClientException {
        try {
            checkSegment(file, name);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        FileStamp stamp;
        try {
            stamp = FileStamp.of(file);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        Attempt attempt = attempt(name, file, stamp, null);
        if (attempt.failure != null) {
            throw attempt.failure;
        }
    }

    private List<ReadySegment> send(ReadySegment requested, ReadySegments following) throws ClientException {
        String name = requested.name().text();
        Attempt attempt = attempt(name, requested.file(), requested.stamp(), following);
        if (attempt.failure == null) {
            List<ReadySegment> archived = new ArrayList<>();
            archived.add(requested);
            archived.addAll(attempt.following);
            return archived;
        }
        // The server takes all or nothing, and what is wrong may be with one of the others. When there was no
        // connection, PostgreSQL
        // tries again later.
        if (attempt.begun < 2 || attempt.exitCode == 255) {
            throw attempt.failure;
        }
        warnings.accept("Sending " + attempt.begun + " segments at once failed: " + attempt.failure.getMessage()
                + ". Now '" + name + "' alone.");
        attempt = attempt(name, requested.file(), requested.stamp(), null);
        if (attempt.failure != null) {
            throw attempt.failure;
        }
        return List.of(requested);
    }

    /** A segment cut short must never count as archived: its header says how long it ought to be. */
    private static void checkSegment(Path file, String name) throws IOException, ClientException {
        if (!WalFileName.isSegment(name)) {
            return;
        }
        WalPageHeader header = WalPageHeader.read(file).orElse(null);
        long size = Files.size(file);
        if (size == 0 || (header != null && header.segmentSizeBytes() != size)) {
            throw local("'" + file + "' is not a complete WAL segment: it has " + size + " bytes"
                    + (header == null ? "" : " where its header announces " + header.segmentSizeBytes()));
        }
    }

    /** How one connection went. Not thread-safe. */
    private static final class Attempt {
        /** Files whose transfer began. */
        private int begun;
        /** Of the remote command, if it was that which failed. */
        private int exitCode;

        private @Nullable ClientException failure;
        /** What was sent behind the requested file. */
        private List<ReadySegment> following = List.of();

        Attempt failed(ClientException e) {
            failure = e;
            return this;
        }
    }

    private Attempt attempt(String name, Path file, FileStamp stamp, @Nullable ReadySegments following)
            throws ClientException {
        Attempt attempt = new Attempt();
        WalLoader loader = new WalLoader(compression);
        try (WalFeed feed = new WalFeed(loader, name, file, following, WalTar.algorithm(md5), deadline)) {
            // Making the connection takes longest: it comes first, and everything is loaded and computed meanwhile.
            RemoteProcess remote;
            try {
                remote = RemoteProcess.start(connection.putWal(server, false), RemoteProcess.Streams.WRITE_INPUT);
            } catch (IOException e) {
                throw notRunnable(e);
            }
            try (remote) {
                feed.start();
                try {
                    transfer(feed, loader, remote.input(), attempt, file, stamp);
                } catch (WalContent.SourceException e) {
                    // Ended with the stream incomplete, which the server refuses.
                    return attempt.failed(local("Cannot read '" + file + "': " + reason(e)));
                } catch (ClientException e) {
                    return attempt.failed(e);
                } catch (IOException e) {
                    attempt.exitCode = remote.waitFor();
                    return attempt.failed(
                            attempt.exitCode == 255
                                    ? connectionProblem(255)
                                    : local("Error executing " + connection.program()
                                            + ": it stopped reading before the end of '" + file + "' (exit code "
                                            + attempt.exitCode + ")"));
                }
                attempt.following = feed.following();
                attempt.exitCode = remote.waitFor();
                ClientException failure = failure(attempt.exitCode);
                return failure == null ? attempt : attempt.failed(failure);
            }
        }
    }

    private void transfer(
            WalFeed feed, WalLoader loader, OutputStream toServer, Attempt attempt, Path file, FileStamp stamp)
            throws IOException, ClientException {
        WalTar tar = new WalTar(toServer, md5);
        for (WalContent content = feed.take(); content != null; content = feed.take()) {
            attempt.begun++;
            tar.add(content);
            if (attempt.begun == 1) {
                requireUnchanged(file, stamp);
            }
            loader.recycle(content);
        }
        tar.end();
        toServer.close();
    }

    private static void requireUnchanged(Path file, FileStamp stamp) throws ClientException {
        try {
            WalLoader.requireUnchanged(file, stamp);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static String reason(WalContent.SourceException e) {
        return e.getCause() instanceof IOException cause ? IoReason.alone(cause) : String.valueOf(e.getMessage());
    }

    private @Nullable ClientException failure(int code) {
        if (code == 0) {
            return null;
        }
        int exit = ArchiveExit.ofRemote(code);
        if (exit == ArchiveExit.CONNECTION_FAILURE) {
            return connectionProblem(code);
        }
        return new ClientException(exit, "Remote 'barman put-wal' command has failed! (exit code " + code + ")");
    }

    private ClientException connectionProblem(int code) {
        return new ClientException(
                ArchiveExit.CONNECTION_FAILURE,
                "Connection problem with " + connection.program() + " (exit code " + code + ")");
    }

    private ClientException notRunnable(IOException e) {
        return local("Error executing " + connection.program() + ": " + IoReason.alone(e));
    }

    private static ClientException unreadable(Path file, IOException e) {
        return local("Cannot read '" + file + "': " + IoReason.alone(e));
    }

    private static ClientException local(String message) {
        return new ClientException(ArchiveExit.LOCAL_FAILURE, message);
    }
}
