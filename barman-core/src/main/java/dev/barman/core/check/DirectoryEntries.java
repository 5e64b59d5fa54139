// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Counts what waits in a directory; a directory that does not exist yet is empty. */
final class DirectoryEntries {
    private DirectoryEntries() {}

    /** How many entries that are not hidden a directory has. */
    static int count(Path directory) throws IOException {
        int count = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (!String.valueOf(entry.getFileName()).startsWith(".")) {
                    count++;
                }
            }
        } catch (NoSuchFileException e) {
            return 0;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return count;
    }
}
