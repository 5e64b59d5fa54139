// SPDX-License-Identifier: Apache-2.0
package dev.barman.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Forces files and directories to stable storage. */
public final class Fsync {
    private Fsync() {}

    /**
     * Makes the content and the attributes of a file durable; the same as {@code fsync(2)} on it. Its directory entry is not
     * covered, see {@link #directory}.
     *
     * @throws IOException when the file cannot be opened for reading, or the system reports that it could not be written out
     */
    public static void file(Path file) throws IOException {
        force(file);
    }

    /**
     * Makes the entries of a directory durable: files created, renamed or removed in it before this call.
     *
     * @throws IOException when the directory cannot be opened or written out
     */
    public static void directory(Path directory) throws IOException {
        force(directory);
    }

    private static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
