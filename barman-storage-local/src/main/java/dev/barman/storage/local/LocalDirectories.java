// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.file.Fsync;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Directories whose existence survives a power loss. */
final class LocalDirectories {
    private LocalDirectories() {}

    /** The directory a path lies in. */
    static Path parentOf(Path path) {
        Path absolute = path.toAbsolutePath();
        Path parent = absolute.getParent();
        return parent == null ? absolute : parent;
    }

    /**
     * Creates a directory and the missing ones above it, and makes the entry of each created one durable.
     *
     * @return whether it did not exist
     * @throws FileAlreadyExistsException when something else has that name
     */
    static boolean createDurably(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return false;
        }
        Path parent = parentOf(directory);
        if (!parent.equals(directory)) {
            createDurably(parent);
        }
        try {
            Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
        }
        Fsync.directory(parent);
        return true;
    }
}
