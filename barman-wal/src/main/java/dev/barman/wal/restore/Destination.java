// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.restore;

import dev.barman.file.IoReason;
import dev.barman.process.OwnProcess;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The file that PostgreSQL waits for. It is written under a temporary name in the same directory, and comes to be under its
 * own name complete or not at all. A file that was there before is removed at the start, so that no failure leaves it to be
 * taken for the answer.
 *
 * <p>Not thread-safe.
 */
public final class Destination implements AutoCloseable {
    private static final String TEMPORARY_SUFFIX = ".barman-tmp";

    private final Path file;
    private final Path temporary;
    private final FileChannel channel;
    private final Thread hook;
    private boolean delivered;

    private Destination(Path file, Path temporary, FileChannel channel) {
        this.file = file;
        this.temporary = temporary;
        this.channel = channel;
        this.hook = new Thread(() -> temporary.toFile().delete(), "remove-temporary");
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            temporary.toFile().delete();
        }
    }

    /**
     * Prepares the destination: checks that it can be written, removes what is there.
     *
     * @param walDest path as given by the user
     * @return the destination, to be closed in any case
     * @throws RestoreException when it is a directory, another thing that is no file, or cannot be written
     */
    public static Destination open(String walDest) throws RestoreException {
        Path file = file(walDest);
        String prefix = "." + file.getFileName() + ".";
        Path temporary = file.resolveSibling(prefix + OwnProcess.pid() + TEMPORARY_SUFFIX);
        try {
            // A process with our number may have left it: whatever it is, it is nobody's.
            Files.deleteIfExists(temporary);
            FileChannel channel = FileChannel.open(
                    temporary,
                    Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Destination destination = new Destination(file, temporary, channel);
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                destination.close();
                throw e;
            }
            return destination;
        } catch (IOException e) {
            throw unwritable(walDest, e);
        }
    }

    private static Path file(String walDest) throws RestoreException {
        Path file = Path.of(walDest);
        if (Files.isDirectory(file)) {
            throw new RestoreException(
                    RestoreException.Reason.DESTINATION, "WAL_DEST cannot be a directory: " + walDest);
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new RestoreException(
                    RestoreException.Reason.DESTINATION, "WAL_DEST is not a regular file: " + walDest);
        }
        if (file.getFileName() == null) {
            throw new RestoreException(
                    RestoreException.Reason.DESTINATION, "WAL_DEST is not the name of a file: " + walDest);
        }
        return file;
    }

    /**
     * Makes a complete, durable file the destination: by renaming it, or where it lies on another file system, by a copy that is as
     * good.
     *
     * @param source goes away
     * @param walDest path as given by the user
     * @return false when the source has gone before; nothing has happened then
     * @throws RestoreException when the destination is a directory, another thing that is no file, or cannot be written
     */
    public static boolean takeOver(Path source, String walDest) throws RestoreException {
        Path file = file(walDest);
        try {
            Files.move(source, file, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (AtomicMoveNotSupportedException e) {
            return copy(source, walDest);
        } catch (IOException e) {
            if (!Files.exists(source)) {
                return false;
            }
            throw unwritable(walDest, e);
        }
    }

    private static boolean copy(Path source, String walDest) throws RestoreException {
        try (FileChannel from = FileChannel.open(source, StandardOpenOption.READ);
                Destination destination = open(walDest)) {
            long size = from.size();
            long copied = 0;
            while (copied < size) {
                long n = from.transferTo(copied, size - copied, destination.channel);
                if (n <= 0) {
                    throw new IOException("'" + source + "' became shorter while it was copied");
                }
                copied += n;
            }
            destination.deliver();
            Files.deleteIfExists(source);
            return true;
        } catch (NoSuchFileException e) {
            if (!Files.exists(source)) {
                return false;
            }
            throw incomplete(walDest, e);
        } catch (IOException e) {
            throw incomplete(walDest, e);
        }
    }

    private static RestoreException incomplete(String walDest, IOException e) {
        return new RestoreException(
                RestoreException.Reason.NOT_ASKED, "Cannot write '" + walDest + "' (WAL_DEST): " + IoReason.alone(e));
    }

    private static RestoreException unwritable(String walDest, IOException e) {
        return new RestoreException(
                RestoreException.Reason.DESTINATION,
                "Cannot open '" + walDest + "' (WAL_DEST) for writing: " + IoReason.alone(e));
    }

    /**
     * Removes what runs that were killed have left beside the destination. Called while the connection is being made, so that
     * it costs no time.
     */
    public void removeStale() {
        String prefix = "." + file.getFileName() + ".";
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            return;
        }
        File directory = parent.toFile();
        String[] names = directory.list();
        if (names == null) {
            return;
        }
        for (String name : names) {
            if (name.startsWith(prefix) && name.endsWith(TEMPORARY_SUFFIX) && name.length() > prefix.length()) {
                String pid = name.substring(prefix.length(), name.length() - TEMPORARY_SUFFIX.length());
                if (!isRunning(pid)) {
                    new File(directory, name).delete();
                }
            }
        }
    }

    private static boolean isRunning(String pid) {
        try {
            return ProcessHandle.of(Long.parseLong(pid)).isPresent();
        } catch (NumberFormatException e) {
            // Not a name of ours.
            return true;
        }
    }

    /**
     * Writes the next bytes.
     *
     * @throws IOException when the file system does not take them
     */
    public void write(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /**
     * Forgets what was written, for a transfer that begins anew.
     *
     * @throws IOException when the file system refuses
     */
    public void restart() throws IOException {
        channel.truncate(0);
        channel.position(0);
    }

    /**
     * Makes the file durable and gives it its name.
     *
     * @throws IOException when that fails; the name does not exist then
     */
    public void deliver() throws IOException {
        channel.force(true);
        channel.close();
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        delivered = true;
    }

    /** Removes the temporary file, unless it was delivered. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // The file goes away in any case.
        }
        if (!delivered && Files.exists(temporary, LinkOption.NOFOLLOW_LINKS)) {
            temporary.toFile().delete();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The virtual machine is ending; the hook does no harm.
        }
    }
}
