// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.file.AtomicFile;
import dev.barman.file.Fsync;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An errors directory on the PostgreSQL host, for copies: the files themselves are PostgreSQL's. Names are those of
 * {@link Quarantine#fileName}.
 *
 * <p>PostgreSQL asks for a file again and again while archiving it fails: a copy that is there already is not made a second time.
 * Stateless; several processes may use one directory.
 */
public final class QuarantineCopies {
    private static final Duration ABANDONED = Duration.ofHours(1);
    private static final int MAX_SAME_SECOND = 100_000;

    private final Path directory;
    private final Clock clock;

    /**
     * @param directory the errors directory; created when it is needed, in a parent that exists
     * @param clock for the names
     */
    public QuarantineCopies(Path directory, Clock clock) {
        this.directory = directory;
        this.clock = clock;
    }

    /**
     * Keeps a copy, durably and under a name of its own: nothing that is kept already is ever replaced.
     *
     * @param source the file, which is only read
     * @param name the name it is kept for
     * @param reason why
     * @return the copy, made now or before
     * @throws IOException when the source cannot be read or the copy not be made
     */
    public Path keep(Path source, String name, Quarantine.Reason reason) throws IOException {
        if (name.isEmpty() || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException("not a file name: '" + name + "'");
        }
        createDirectory();
        Path made = find(source, name, reason);
        if (made != null) {
            return made;
        }
        Instant now = clock.instant();
        for (int counter = 0; counter < MAX_SAME_SECOND; counter++) {
            Path target = directory.resolve(Quarantine.fileName(name, now, counter, reason));
            if (!Files.exists(target) && copy(source, target)) {
                return target;
            }
        }
        throw new IOException("too many files for " + name + " of one second in " + directory);
    }

    private void createDirectory() throws IOException {
        try {
            Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            return;
        }
        Path parent = directory.toAbsolutePath().getParent();
        if (parent != null) {
            Fsync.directory(parent);
        }
    }

    /** A complete copy that an earlier call made, which may not have lived to make its name durable. */
    private @Nullable Path find(Path source, String name, Quarantine.Reason reason) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String text = String.valueOf(entry.getFileName());
                if (text.startsWith('.' + name + '.')) {
                    removeIfAbandoned(entry);
                } else if (text.startsWith(name + '.')
                        && text.endsWith('.' + reason.suffix())
                        && Files.isRegularFile(entry)
                        && Files.mismatch(source, entry) < 0) {
                    Fsync.directory(directory);
                    return entry;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return null;
    }

    /** Removes what a killed call left of a copy. */
    private void removeIfAbandoned(Path temporary) throws IOException {
        try {
            Instant touched = Files.getLastModifiedTime(temporary).toInstant();
            if (touched.isBefore(clock.instant().minus(ABANDONED))) {
                Files.deleteIfExists(temporary);
            }
        } catch (NoSuchFileException e) {
            // It was not abandoned.
            return;
        }
    }

    /** Returns false when another process was faster with this name. */
    private boolean copy(Path source, Path target) throws IOException {
        // Complete before it has a name; a link, unlike a rename, never replaces a file.
        Path complete = target.resolveSibling('.'
                + String.valueOf(target.getFileName())
                + '.'
                + ProcessHandle.current().pid());
        try {
            AtomicFile.write(complete, out -> Files.copy(source, out), "rw-------");
            Files.createLink(target, complete);
        } catch (FileAlreadyExistsException e) {
            return false;
        } finally {
            Files.deleteIfExists(complete);
        }
        Fsync.directory(directory);
        return true;
    }
}
