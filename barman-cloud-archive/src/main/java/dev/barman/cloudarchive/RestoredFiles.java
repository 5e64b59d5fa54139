// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.recovery.UnpackedTree;
import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.jspecify.annotations.Nullable;

/** The ordinary files of a {@link RestoredTree}. Thread-safe, for different files. */
final class RestoredFiles {
    /** So much of a large file is written before it is begun to make it durable. */
    private static final long SYNC_BYTES = 64L << 20;

    private final Ownership ownership;
    private final TerminationSignals signals;
    private final FileSyncer syncer;

    RestoredFiles(Ownership ownership, TerminationSignals signals, FileSyncer syncer) {
        this.ownership = ownership;
        this.signals = signals;
        this.syncer = syncer;
    }

    /**
     * Writes a file, and begins to make it durable, after which it has its modification time.
     *
     * @param file where nothing is; its directory is there
     * @param content as much as the entry announces; read to its end
     * @throws IOException when there is more or less of the content, or it cannot be read or written
     * @throws TerminatedException when a signal came
     */
    void write(Path file, TarArchiveEntry entry, InputStream content, byte[] buffer)
            throws IOException, TerminatedException {
        write(file, content, entry.getSize(), buffer);
        // The owner first: a change of it takes bits of the mode away.
        ownership.give(file, Ownership.Owner.of(entry));
        Files.setPosixFilePermissions(file, UnpackedTree.permissions(entry));
        syncer.sync(file, entry.getLastModifiedTime());
    }

    private void write(Path file, InputStream in, long size, byte[] buffer) throws IOException, TerminatedException {
        long written = 0;
        long unsynced = 0;
        try (FileChannel out = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                ByteBuffer content = ByteBuffer.wrap(buffer, 0, count);
                while (content.hasRemaining()) {
                    out.write(content);
                }
                written += count;
                unsynced += count;
                if (unsynced >= SYNC_BYTES) {
                    unsynced = 0;
                    syncer.sync(file, null);
                }
                signals.check();
            }
        }
        if (written != size) {
            throw new IOException(file + " has " + written + " bytes where " + size + " were announced");
        }
    }

    /**
     * Removes everything in a directory, the mark of the restore last.
     *
     * @param directory the directory itself, no link to it
     * @param itself whether the directory goes, too
     */
    static void remove(Path directory, boolean itself) throws IOException {
        Path mark = directory.resolve(RestoreMark.NAME);
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (!file.equals(mark)) {
                    Files.delete(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path left, @Nullable IOException e) throws IOException {
                if (left.equals(directory)) {
                    Files.deleteIfExists(mark);
                }
                if (!left.equals(directory) || itself) {
                    Files.delete(left);
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
