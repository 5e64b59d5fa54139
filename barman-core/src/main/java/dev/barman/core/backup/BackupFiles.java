// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.file.Fsync;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** The files of one backup on disk. Stateless. */
final class BackupFiles {

    private BackupFiles() {}

    /**
     * How much a backup takes.
     *
     * @param sizeBytes the sizes of all files together
     * @param deduplicatedSizeBytes the sizes of those that no other directory entry shares
     */
    record Size(long sizeBytes, long deduplicatedSizeBytes) {

        /** The part of the size that is shared, 0 to 1. */
        double deduplicationRatio() {
            return sizeBytes == 0 ? 0 : 1 - (double) deduplicatedSizeBytes / sizeBytes;
        }
    }

    /**
     * Makes everything below a directory durable, and the directory itself, and adds up the sizes. Links to directories are not
     * followed; of a link to a file the file counts.
     *
     * @throws TerminatedException when a signal comes meanwhile
     * @throws IOException when something cannot be read or written out; nothing may be taken for safe then
     */
    static Size syncAndMeasure(Path root, TerminationSignals signals) throws IOException, TerminatedException {
        long size = 0;
        long unshared = 0;
        List<Path> pending = new ArrayList<>();
        pending.add(root);
        while (!pending.isEmpty()) {
            Path directory = pending.remove(pending.size() - 1);
            Fsync.directory(directory);
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                for (Path entry : entries) {
                    signals.check();
                    BasicFileAttributes attributes =
                            Files.readAttributes(entry, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                    if (attributes.isDirectory()) {
                        pending.add(entry);
                        continue;
                    }
                    if (attributes.isSymbolicLink() && !Files.isRegularFile(entry)) {
                        continue;
                    }
                    long bytes = Files.size(entry);
                    size += bytes;
                    if (Integer.valueOf(1).equals(Files.getAttribute(entry, "unix:nlink"))) {
                        unshared += bytes;
                    }
                    if (attributes.isRegularFile() || attributes.isSymbolicLink()) {
                        Fsync.file(entry);
                    }
                }
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
        }
        return new Size(size, unshared);
    }

    /** Removes a directory and what is in it, and makes it anew, empty and for its owner only. */
    static void recreatePrivate(Path directory) throws IOException {
        FileTrees.remove(directory);
        Path parent = directory.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.createDirectory(directory);
        // Set apart from the creation, which the umask takes part in.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }
}
