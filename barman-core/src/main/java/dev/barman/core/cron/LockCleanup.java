// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.cron;

import dev.barman.file.LockFile;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Removes the lock files that nobody holds. */
public final class LockCleanup {
    private LockCleanup() {}

    /**
     * Removes every {@code .*.lock} of a directory that is free.
     *
     * @throws IOException when the directory cannot be read or a file not be removed
     */
    public static void run(Path lockDirectory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(lockDirectory, ".*.lock")) {
            for (Path file : files) {
                LockFile.deleteIfFree(file);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }
}
