// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.file.AtomicFile;
import dev.barman.file.Fsync;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The file in a data directory that is being restored which says of what, and into which directories: whoever finds it there with the same words may
 * go on, for everything in these directories is of that restore. Written before anything else, removed when all the rest is durable. A lock beside it
 * sees that only one process is at work. Not thread-safe.
 */
final class RestoreMark implements AutoCloseable {
    static final String NAME = ".barman-cloud-restore";
    /** More than the words for any backup have. */
    private static final long MAX_BYTES = 64L << 20;

    private final Path file;
    private final Path lockFile;
    private final byte[] words;
    private @Nullable LockFile lock;

    /**
     * @param directory the data directory
     * @param words what is restored and where to
     */
    RestoreMark(Path directory, String words) {
        this.file = directory.resolve(NAME);
        this.lockFile = directory.resolve(NAME + ".lock");
        this.words = words.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether the directory has a mark with these words. */
    boolean isThere() throws IOException {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                && Files.size(file) <= MAX_BYTES
                && Arrays.equals(Files.readAllBytes(file), words);
    }

    /** Whether a directory has a mark with whatever words. */
    static boolean isIn(Path directory) {
        return Files.exists(directory.resolve(NAME), LinkOption.NOFOLLOW_LINKS);
    }

    /** Whether a directory has nothing but a mark: what it announces had not begun. */
    static boolean isAllIn(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (!String.valueOf(entry.getFileName()).startsWith(NAME)) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Takes the lock.
     *
     * @throws CloudException when another process restores into the directory
     */
    void lock() throws CloudException, IOException {
        try {
            lock = LockFile.tryAcquire(lockFile);
        } catch (LockBusyException e) {
            throw new CloudException(
                    CloudExit.FAILED, "Another process is restoring into " + file.getParent() + ": " + e.getMessage());
        }
    }

    /** Puts it into the directory, durably. The lock must be held. */
    void put() throws IOException {
        AtomicFile.removeLeftovers(file);
        AtomicFile.write(file, words);
    }

    /** Takes it away, durably, and then the file of the lock. */
    void remove() throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        Files.delete(file);
        if (directory != null) {
            Fsync.directory(directory);
        }
        Files.delete(lockFile);
    }

    /** Gives up the lock. */
    @Override
    public void close() throws IOException {
        if (lock != null) {
            lock.close();
        }
    }
}
