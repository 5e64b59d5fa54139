// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.file.Fsync;
import dev.barman.file.IoReason;
import dev.barman.wal.archive.Quarantine;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The errors directory of a server: {@code <name>.<UTC stamp>.<duplicate|unknown>}.
 *
 * <p>Unlike Barman's, a move creates the directory where it is missing, is durable when it returns, and never replaces what is kept
 * already: a second file of the same name, second and reason gets {@code <name>.<UTC stamp>.1.<reason>}. Stateless; several
 * processes may use one directory.
 */
public final class ErrorsDirectory implements Quarantine {
    private static final Logger logger = LoggerFactory.getLogger(ErrorsDirectory.class);
    private static final int MAX_SAME_SECOND = 100_000;

    private final Path directory;
    private final Clock clock;

    /** The directory need not exist. */
    public ErrorsDirectory(Path directory, Clock clock) {
        this.directory = directory;
        this.clock = clock;
    }

    @Override
    public Path keep(Path source, String name, Reason reason) throws IOException {
        if (name.isEmpty() || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException("not a file name: '" + name + "'");
        }
        boolean directoryEntry = Files.isDirectory(source, LinkOption.NOFOLLOW_LINKS);
        if (!directoryEntry && !Files.exists(source, LinkOption.NOFOLLOW_LINKS)) {
            throw new NoSuchFileException(source.toString());
        }
        try {
            LocalDirectories.createDurably(directory);
            syncContent(source);
            Instant now = clock.instant();
            for (int counter = 0; counter < MAX_SAME_SECOND; counter++) {
                Path target = directory.resolve(Quarantine.fileName(name, now, counter, reason));
                if (moveTo(source, target, directoryEntry)) {
                    Fsync.directory(directory);
                    Fsync.directory(LocalDirectories.parentOf(source));
                    return target;
                }
            }
            throw new IOException("too many files for " + name + " of one second in " + directory);
        } catch (NoSuchFileException e) {
            if (!Files.exists(source, LinkOption.NOFOLLOW_LINKS)) {
                throw new NoSuchFileException(source.toString());
            }
            throw failure(source, e);
        } catch (IOException e) {
            throw failure(source, e);
        }
    }

    /** A file that this user cannot read can still be moved; its content is then as durable as its writer made it. */
    private static void syncContent(Path source) throws IOException {
        if (Files.isRegularFile(source, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Fsync.file(source);
            } catch (AccessDeniedException unreadable) {
                logger.debug("Cannot open {} to synchronise it with the disk", source);
            }
        }
    }

    private IOException failure(Path source, IOException cause) {
        String reason = IoReason.of(cause, directory);
        return new IOException(
                "Cannot move " + source + " to the errors directory " + directory + ": " + reason
                        + ". The file is still where it was. " + Failures.hint(reason, directory.toString()),
                cause);
    }

    /** Returns false when the target exists. The target appears complete or not at all. */
    private static boolean moveTo(Path source, Path target, boolean directoryEntry) throws IOException {
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        if (!directoryEntry) {
            try {
                Files.createLink(target, source);
                Fsync.directory(LocalDirectories.parentOf(target));
                Files.delete(source);
                return true;
            } catch (FileAlreadyExistsException e) {
                return false;
            } catch (FileSystemException | UnsupportedOperationException e) {
                // another file system, or hard links are not permitted: rename, or copy
            }
        }
        try {
            Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            copyAcross(source, target);
        }
        return true;
    }

    private static void copyAcross(Path source, Path target) throws IOException {
        Path temporary = target.resolveSibling("." + target.getFileName() + ".tmp");
        deleteTree(temporary);
        copyTree(source, temporary);
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        Fsync.directory(LocalDirectories.parentOf(target));
        deleteTree(source);
    }

    private static void copyTree(Path source, Path target) throws IOException {
        Files.walkFileTree(source, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectory(target.resolve(source.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path copy = file.equals(source) ? target : target.resolve(source.relativize(file));
                Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
                if (attributes.isRegularFile()) {
                    Fsync.file(copy);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Fsync.directory(target.resolve(source.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
