// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.wal.WalFileName;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sends one WAL file to {@code barman put-wal}. The file itself is only read.
 *
 * <p>Success means that the server answered with success, which it does when the file is durable in its incoming directory.
 * Sending the same file again gives the same bytes, whatever the compression, so that the server recognises it.
 */
final class WalArchiveClient {
    private static final int BUFFER_BYTES = 128 * 1024;

    private final BarmanConnection connection;
    private final String server;
    private final boolean md5;
    private final @Nullable CompressionSettings compression;

    /**
     * @param connection how the server is reached
     * @param server name of the server in Barman's configuration
     * @param md5 MD5 instead of SHA-256, for servers that know nothing else
     * @param compression how to compress the file on its way, null for not at all
     */
    WalArchiveClient(
            BarmanConnection connection, String server, boolean md5, @Nullable CompressionSettings compression) {
        this.connection = connection;
        this.server = server;
        this.md5 = md5;
        this.compression = compression;
    }

    /** Asks the server whether it would take WAL files. Its answer goes to standard output. */
    void test() throws ClientException {
        List<String> argv = connection.putWal(server, true);
        try (RemoteProcess remote = RemoteProcess.start(argv, RemoteProcess.Streams.INHERIT)) {
            failUnlessSuccess(remote.waitFor());
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
        if (Files.isDirectory(file)) {
            throw local("WAL_PATH cannot be a directory: " + wal);
        }
        Path namePath = file.getFileName();
        String name = namePath == null ? "" : namePath.toString();
        if (!WalFileName.isWalFileName(name)) {
            throw local("'" + wal + "' is not a WAL file: its name is none that PostgreSQL gives to one");
        }
        try {
            checkSegment(file, name);
            if (compression != null) {
                sendCompressed(name, file, compression);
                return;
            }
            try (InputStream plain = Files.newInputStream(file)) {
                send(name, file, plain, Files.size(file));
            }
        } catch (IOException e) {
            throw local("Cannot read '" + wal + "': " + describe(e));
        }
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

    private void sendCompressed(String name, Path file, CompressionSettings settings)
            throws IOException, ClientException {
        // The tar header in front of the content needs the compressed size. The temporary file loses its name when it
        // is opened.
        Path temporary = Files.createTempFile(temporaryDirectory(), "barman-wal-archive-", ".tmp");
        try (WalCodec codec = WalCodec.of(settings);
                FileChannel compressed = FileChannel.open(
                        temporary,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.DELETE_ON_CLOSE)) {
            long size;
            try {
                size = codec.compress(file, compressed);
            } catch (IOException e) {
                throw local("Cannot compress '" + file + "' into '" + temporary + "': " + describe(e));
            }
            send(name, file, Channels.newInputStream(compressed.position(0)), size);
        }
    }

    private static Path temporaryDirectory() {
        String directory = System.getenv("TMPDIR");
        return directory == null || directory.isEmpty() || !new File(directory).isDirectory()
                ? Path.of(System.getProperty("java.io.tmpdir"))
                : Path.of(directory);
    }

    private void send(String name, Path file, InputStream content, long size) throws IOException, ClientException {
        PaxTarWriter.Entry entry = entry(name, file, size);
        RemoteProcess remote;
        try {
            remote = RemoteProcess.start(connection.putWal(server, false), RemoteProcess.Streams.WRITE_INPUT);
        } catch (IOException e) {
            throw notRunnable(e);
        }
        try (remote) {
            OutputStream toServer = remote.input();
            PaxTarWriter tar = new PaxTarWriter(toServer);
            MessageDigest digest = digest();
            byte[] buffer = new byte[BUFFER_BYTES];
            long left = size;
            try {
                tar.begin(entry);
                while (left > 0) {
                    int n = read(content, buffer, left, file);
                    tar.write(buffer, 0, n);
                    digest.update(buffer, 0, n);
                    left -= n;
                }
                tar.end();
                byte[] sums = (hex(digest.digest()) + " *" + name + "\n").getBytes(StandardCharsets.US_ASCII);
                tar.begin(
                        new PaxTarWriter.Entry(md5 ? "MD5SUMS" : "SHA256SUMS", sums.length, 0644, 0, 0, "", "", null));
                tar.write(sums, 0, sums.length);
                tar.end();
                tar.finish();
                toServer.close();
            } catch (SourceException e) {
                // Ended with the stream incomplete, which the server refuses.
                throw local(String.valueOf(e.getMessage()));
            } catch (IOException e) {
                int code = remote.waitFor();
                if (code == 255) {
                    throw connectionProblem(code);
                }
                throw local("Error executing " + connection.program() + ": it stopped reading before the end of '"
                        + file + "' (exit code " + code + ")");
            }
            failUnlessSuccess(remote.waitFor());
        }
    }

    private static final class SourceException extends IOException {
        private static final long serialVersionUID = 1L;

        SourceException(String message) {
            super(message);
        }
    }

    /** Tells trouble with the source apart from trouble with the pipe. */
    private static int read(InputStream content, byte[] buffer, long left, Path file) throws SourceException {
        int n;
        try {
            n = content.read(buffer, 0, (int) Math.min(buffer.length, left));
        } catch (IOException e) {
            throw new SourceException("Cannot read '" + file + "': " + describe(e));
        }
        if (n < 0) {
            throw new SourceException("'" + file + "' became shorter while it was read");
        }
        return n;
    }

    private static PaxTarWriter.Entry entry(String name, Path file, long size) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(file, "unix:mode,uid,gid");
        PosixFileAttributes posix = Files.readAttributes(file, PosixFileAttributes.class, new LinkOption[0]);
        FileTime modified = posix.lastModifiedTime();
        return new PaxTarWriter.Entry(
                name,
                size,
                number(attributes, "mode") & 07777,
                number(attributes, "uid") & 0xFFFFFFFFL,
                number(attributes, "gid") & 0xFFFFFFFFL,
                posix.owner().getName(),
                posix.group().getName(),
                modified.toInstant());
    }

    private static int number(Map<String, Object> attributes, String key) {
        return attributes.get(key) instanceof Integer value ? value : 0;
    }

    private MessageDigest digest() {
        String algorithm = md5 ? "MD5" : "SHA-256";
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + algorithm, e);
        }
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder(2 * bytes.length);
        for (byte b : bytes) {
            text.append(Character.forDigit((b >> 4) & 15, 16)).append(Character.forDigit(b & 15, 16));
        }
        return text.toString();
    }

    private void failUnlessSuccess(int code) throws ClientException {
        if (code == 0) {
            return;
        }
        int exit = ArchiveExit.ofRemote(code);
        if (exit == ArchiveExit.CONNECTION_FAILURE) {
            throw connectionProblem(code);
        }
        throw new ClientException(exit, "Remote 'barman put-wal' command has failed! (exit code " + code + ")");
    }

    private ClientException connectionProblem(int code) {
        return new ClientException(
                ArchiveExit.CONNECTION_FAILURE,
                "Connection problem with " + connection.program() + " (exit code " + code + ")");
    }

    private ClientException notRunnable(IOException e) {
        return local("Error executing " + connection.program() + ": " + describe(e));
    }

    private static ClientException local(String message) {
        return new ClientException(ArchiveExit.LOCAL_FAILURE, message);
    }

    /** The text of a file system's error, without the path that the message around it names already. */
    static String describe(IOException e) {
        if (e instanceof java.nio.file.NoSuchFileException) {
            return "No such file or directory";
        }
        if (e instanceof java.nio.file.AccessDeniedException) {
            return "Permission denied";
        }
        if (e instanceof java.nio.file.FileSystemException failure && failure.getReason() != null) {
            return failure.getReason();
        }
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
