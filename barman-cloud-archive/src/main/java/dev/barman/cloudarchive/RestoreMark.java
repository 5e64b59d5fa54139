// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.file.Fsync;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The file in a data directory that is being restored which says of what, and into which directories: whoever finds it there with the same words may
 * go on, for everything in these directories is of that restore. Written before anything else, removed when all the rest is durable.
 *
 * <p>Who is at work holds a lock on it, so that only one process is; a file of the lock's own would stay behind in the data directory when the process is
 * killed between the two. While the lock is held the file is read through the locked channel only: closing another one would give the lock up.
 * Not thread-safe.
 */
final class RestoreMark implements AutoCloseable {
    static final String NAME = ".barman-cloud-restore";

    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path directory;
    private final Path file;
    private final byte[] words;
    private @Nullable FileChannel locked;

    /**
     * @param directory the data directory
     * @param words what is restored and where to
     */
    RestoreMark(Path directory, String words) {
        this.directory = directory;
        this.file = directory.resolve(NAME);
        this.words = words.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether the directory has a mark with these words. */
    boolean isThere() throws IOException {
        if (locked != null) {
            return isWritten(locked);
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (FileChannel mark = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            return isWritten(mark);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private boolean isWritten(FileChannel mark) throws IOException {
        if (mark.size() != words.length) {
            return false;
        }
        ByteBuffer content = ByteBuffer.allocate(words.length);
        while (content.hasRemaining() && mark.read(content, content.position()) >= 0) {
            // until all is read
        }
        return !content.hasRemaining() && Arrays.equals(content.array(), words);
    }

    /** Whether a directory has a mark with whatever words. */
    static boolean isIn(Path directory) {
        return Files.exists(directory.resolve(NAME), LinkOption.NOFOLLOW_LINKS);
    }

    /** Whether a directory has nothing but a mark: what it announces had not begun. */
    static boolean isAllIn(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (!String.valueOf(entry.getFileName()).equals(NAME)) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Takes the lock.
     *
     * @param resumed whether the mark was there; else it is created, without words
     * @throws CloudException when another process restores into the directory, or has begun or ended that since it was looked at
     */
    void lock(boolean resumed) throws CloudException, IOException {
        if (!resumed) {
            create();
        }
        // A lock on a file that has lost its name excludes nobody: the name must be that of the locked file all the
        // time. (The number of an open
        // file is not given to another one.)
        Object named = identity();
        if (named == null) {
            throw overtaken();
        }
        FileChannel mark = open();
        boolean taken = false;
        try {
            if (!named.equals(identity())) {
                throw overtaken();
            }
            if (!isFree(mark)) {
                throw new CloudException(CloudExit.FAILED, "Another process is restoring into " + directory);
            }
            if (!named.equals(identity()) || isWritten(mark) != resumed) {
                throw overtaken();
            }
            if (!resumed && !isAllIn(directory)) {
                if (mark.size() == 0) {
                    // What it was created beside is a restore that is complete.
                    Files.delete(file);
                }
                throw overtaken();
            }
            locked = mark;
            taken = true;
        } finally {
            if (!taken) {
                mark.close();
            }
        }
    }

    private void create() throws IOException {
        try {
            FileChannel.open(file, Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW), PRIVATE)
                    .close();
        } catch (FileAlreadyExistsException e) {
            // of a restore that was killed before it began, or of one that has just begun
        }
    }

    private FileChannel open() throws CloudException, IOException {
        try {
            return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw overtaken();
        }
    }

    private static boolean isFree(FileChannel mark) throws IOException {
        try {
            return mark.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private @Nullable Object identity() throws IOException {
        try {
            return Objects.requireNonNull(
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                            .fileKey(),
                    "file system without file keys");
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private CloudException overtaken() {
        return new CloudException(CloudExit.FAILED, "Another process has just restored into " + directory);
    }

    /** Writes the words, durably. The lock must be held. */
    void put() throws IOException {
        FileChannel mark = Objects.requireNonNull(locked, "not locked");
        mark.truncate(0);
        ByteBuffer content = ByteBuffer.wrap(words);
        while (content.hasRemaining()) {
            mark.write(content, content.position());
        }
        mark.force(true);
        Fsync.directory(directory);
    }

    /** Takes it away, durably. The lock must be held. */
    void remove() throws IOException {
        Files.delete(file);
        Fsync.directory(directory);
    }

    /** Gives up the lock. */
    @Override
    public void close() throws IOException {
        if (locked != null) {
            locked.close();
            locked = null;
        }
    }
}
