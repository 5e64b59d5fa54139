// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * How much space a backup takes.
 *
 * @param totalBytes the sizes of all files, links by their target
 * @param deduplicatedBytes the sizes of those that have exactly one hard link
 */
public record BackupSizes(long totalBytes, long deduplicatedBytes) {

    /**
     * Adds up the files below a directory; links to directories are not followed.
     *
     * @throws IOException when the directory cannot be walked
     */
    public static BackupSizes of(Path directory) throws IOException {
        long[] sizes = new long[2];
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                try {
                    if (attributes.isSymbolicLink() && Files.isDirectory(file)) {
                        return FileVisitResult.CONTINUE;
                    }
                    long size = attributes.isSymbolicLink() ? Files.size(file) : attributes.size();
                    sizes[0] += size;
                    if ((int) Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS) == 1) {
                        sizes[1] += size;
                    }
                } catch (NoSuchFileException e) {
                    // a link that leads nowhere, or a file deleted meanwhile, takes no space
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return new BackupSizes(sizes[0], sizes[1]);
    }
}
