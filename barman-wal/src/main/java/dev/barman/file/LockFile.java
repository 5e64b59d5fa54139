// SPDX-License-Identifier: Apache-2.0
package dev.barman.file;

import dev.barman.process.OwnProcess;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An exclusive lock between processes, and between threads of one process, on a lock file. The lock is what counts, not the
 * existence or the content of the file: the file stays behind, with the process id of the last holder and a line feed in it,
 * mode 0600. The system releases the lock of a holder that dies.
 *
 * <p>The lock is POSIX ({@code fcntl}). It does not exclude a process that uses {@code flock(2)} on the same file, as Barman in
 * Python does: the two must not work on one catalogue at the same time.
 *
 * <p>Two bytes are locked: the first by the holder alone; the second by the holder, and shared, for a moment, by {@link #probe}.
 * So a probe never makes an attempt to get the lock fail. Closing any descriptor of a file gives up all locks a process has on
 * it, hence no code but this class may open lock files, and this class opens none that this process holds ({@link LockTable}).
 *
 * <p>Not reentrant: a second attempt by the same thread is busy, or waits for ever. {@link #close} may be called by any thread.
 */
public final class LockFile implements AutoCloseable {
    private static final FileAttribute<?> MODE_0600 =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final long HOLDER_BYTE = 0;
    private static final long PROBE_BYTE = 1;
    private static final int MAX_CONTENT = 32;
    private static final long RETRY_MILLIS = 20;

    private final Path file;
    private final Path key;
    private final FileChannel channel;
    private boolean released;

    private LockFile(Path file, Path key, FileChannel channel) {
        this.file = file;
        this.key = key;
        this.channel = channel;
    }

    /**
     * Takes the lock if it is free, creating the file if needed.
     *
     * @throws LockBusyException when another process, or another part of this one, holds it
     * @throws IOException when the file cannot be created, opened or locked, because its directory does not exist, say
     */
    public static LockFile tryAcquire(Path file) throws IOException {
        Path key = LockTable.key(file);
        if (!LockTable.tryClaim(key, LockTable.Claim.HOLD)) {
            throw new LockBusyException(file, OptionalLong.of(OwnProcess.pid()));
        }
        return claimed(file, key, false);
    }

    /**
     * Takes the lock, waiting for a while when it is busy.
     *
     * @param patience how long to wait
     * @throws LockBusyException when it is busy for longer
     * @throws IOException when the file cannot be created, opened or locked, or the thread is interrupted while it waits
     */
    public static LockFile acquire(Path file, Duration patience) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                return tryAcquire(file);
            } catch (LockBusyException e) {
                if (System.nanoTime() - deadline >= 0) {
                    throw e;
                }
            }
            try {
                Thread.sleep(RETRY_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for the lock " + file);
            }
        }
    }

    /**
     * Takes the lock, waiting for as long as it is busy.
     *
     * @throws IOException when the file cannot be created, opened or locked, or the thread is interrupted while it waits
     */
    public static LockFile acquire(Path file) throws IOException {
        Path key = LockTable.key(file);
        LockTable.claim(key);
        return claimed(file, key, true);
    }

    /**
     * Tells who holds the lock, without taking it and without hindering anybody who is about to.
     *
     * @return the process id of the holder (0 when it cannot be read), or empty when nobody holds the lock or no file exists
     * @throws IOException when the file cannot be opened
     */
    public static OptionalLong probe(Path file) throws IOException {
        if (!Files.exists(file)) {
            return OptionalLong.empty();
        }
        Path key = LockTable.key(file);
        if (!LockTable.tryClaim(key, LockTable.Claim.PROBE)) {
            return OptionalLong.of(OwnProcess.pid());
        }
        // An exclusive lock needs a channel open for writing, a shared one for reading.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                FileLock free = channel.tryLock(PROBE_BYTE, 1, true)) {
            return free != null
                    ? OptionalLong.empty()
                    : OptionalLong.of(pidIn(channel).orElse(0));
        } catch (NoSuchFileException e) {
            return OptionalLong.empty();
        } finally {
            LockTable.release(key);
        }
    }

    /**
     * Removes a lock file that nobody holds.
     *
     * @return whether it was removed; false when somebody holds it
     * @throws IOException when it cannot be opened or removed
     */
    public static boolean deleteIfFree(Path file) throws IOException {
        if (!Files.exists(file)) {
            return false;
        }
        try {
            tryAcquire(file).closeAndDelete();
            return true;
        } catch (LockBusyException e) {
            return false;
        }
    }

    private static LockFile claimed(Path file, Path key, boolean wait) throws IOException {
        try {
            return new LockFile(file, key, lockedChannel(file, wait));
        } catch (Throwable failure) {
            LockTable.release(key);
            throw failure;
        }
    }

    /**
     * Opens and locks the file. A cleaner may remove it at any time before it is locked, and a lock on a file that has lost its
     * name excludes nobody: so what has the name before it is opened, after that and once it is locked must be one and the same.
     * (What is open cannot be asked for its identity; but its inode number is not given to another file while it is open.)
     */
    private static FileChannel lockedChannel(Path file, boolean wait) throws IOException {
        while (true) {
            Object named = identity(file);
            if (named == null) {
                create(file);
                continue;
            }
            try (Opened opened = Opened.of(file)) {
                if (opened != null && named.equals(identity(file))) {
                    lock(file, opened.channel, wait);
                    if (named.equals(identity(file))) {
                        writePid(opened.channel);
                        return opened.keep();
                    }
                }
            }
        }
    }

    private static void create(Path file) throws IOException {
        try {
            FileChannel.open(file, Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW), MODE_0600)
                    .close();
        } catch (FileAlreadyExistsException e) {
            // somebody else was faster
        }
    }

    /** A channel that is closed unless it is kept. */
    private static final class Opened implements AutoCloseable {
        private final FileChannel channel;
        private boolean kept;

        private Opened(FileChannel channel) {
            this.channel = channel;
        }

        /** Null when the file has gone. */
        static @Nullable Opened of(Path file) throws IOException {
            try {
                return new Opened(FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
            } catch (NoSuchFileException e) {
                return null;
            }
        }

        FileChannel keep() {
            kept = true;
            return channel;
        }

        @Override
        public void close() throws IOException {
            if (!kept) {
                channel.close();
            }
        }
    }

    private static @Nullable Object identity(Path file) throws IOException {
        try {
            return Objects.requireNonNull(
                    Files.readAttributes(file, BasicFileAttributes.class).fileKey(), "file system without file keys");
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static void lock(Path file, FileChannel channel, boolean wait) throws IOException {
        FileLock holder = wait ? waitForLock(channel) : channel.tryLock(HOLDER_BYTE, 1, false);
        if (holder == null) {
            throw new LockBusyException(file, pidIn(channel));
        }
        // Only probes can have this one, for an instant.
        while (channel.tryLock(PROBE_BYTE, 1, false) == null) {
            Thread.onSpinWait();
        }
    }

    private static FileLock waitForLock(FileChannel channel) throws IOException {
        while (true) {
            try {
                return channel.lock(HOLDER_BYTE, 1, false);
            } catch (IOException e) {
                // The system looks for deadlocks by process, not by thread, and sees some where there are none.
                if (e.getMessage() == null || !e.getMessage().contains("deadlock")) {
                    throw e;
                }
                pause();
            }
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for a lock");
        }
    }

    private static void writePid(FileChannel channel) throws IOException {
        ByteBuffer content = StandardCharsets.US_ASCII.encode(OwnProcess.pid() + "\n");
        int length = content.remaining();
        // Overwritten first and cut afterwards: whoever reads meanwhile finds a whole first line.
        while (content.hasRemaining()) {
            channel.write(content, content.position());
        }
        channel.truncate(length);
    }

    private static OptionalLong pidIn(FileChannel channel) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(MAX_CONTENT);
        channel.read(content, 0);
        String text = new String(content.array(), 0, content.position(), StandardCharsets.US_ASCII);
        int end = text.indexOf('\n');
        try {
            return OptionalLong.of(Long.parseLong(end < 0 ? text : text.substring(0, end)));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /** The lock file. */
    public Path path() {
        return file;
    }

    /** Gives the lock back; the file stays. Further calls do nothing. */
    @Override
    public void close() throws IOException {
        release(false);
    }

    /** Removes the file, then gives the lock back: for locks whose object is gone, such as that of a deleted backup. */
    public void closeAndDelete() throws IOException {
        release(true);
    }

    private synchronized void release(boolean delete) throws IOException {
        if (released) {
            return;
        }
        released = true;
        try (channel) {
            if (delete) {
                Files.deleteIfExists(file);
            }
        } finally {
            LockTable.release(key);
        }
    }

    @Override
    public synchronized String toString() {
        return "LockFile[" + file + (released ? ", released]" : "]");
    }
}
