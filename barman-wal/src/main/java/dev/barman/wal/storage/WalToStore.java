// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Optional;

/**
 * A local file that is to become an archived WAL. Immutable.
 *
 * @param name the name in the archive; the file itself may be called differently
 * @param file the complete, readable file; nobody writes to it any more
 * @param sizeBytes its size as it lies there
 * @param modified its modification time, which the archive keeps
 * @param compression the algorithm that compressed the file already, if one did; such a file is stored as it is
 */
public record WalToStore(
        WalFileName name, Path file, long sizeBytes, Instant modified, Optional<CompressionAlgorithm> compression) {

    /** @throws IllegalArgumentException if the size is negative */
    public WalToStore {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("negative size of " + file + ": " + sizeBytes);
        }
    }

    /**
     * Describes a file as it lies there.
     *
     * @throws java.nio.file.NoSuchFileException if there is no file any more
     */
    public static WalToStore of(WalFileName name, Path file, Optional<CompressionAlgorithm> compression)
            throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new WalToStore(
                name, file, attributes.size(), attributes.lastModifiedTime().toInstant(), compression);
    }
}
