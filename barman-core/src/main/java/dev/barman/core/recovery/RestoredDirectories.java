// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.RecoveryException;
import dev.barman.file.IoReason;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The directories that a restore fills. */
final class RestoredDirectories {
    /** For the owner only, as PostgreSQL wants its directories. */
    static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");

    private RestoredDirectories() {}

    /** Creates a directory with its parents; the directory itself is for the owner only. An existing one is left alone. */
    static void create(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent != null && !Files.isDirectory(parent)) {
            Files.createDirectories(parent);
        }
        Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(PRIVATE));
    }

    /**
     * Creates a directory where it is missing and tests that it can be written to.
     *
     * @throws RecoveryException when it cannot be created or written to
     */
    static void prepare(Path directory) throws RecoveryException {
        try {
            create(directory);
            Path probe = directory.resolve(".barman_write_check");
            Files.deleteIfExists(probe);
            Files.createFile(probe);
            Files.delete(probe);
        } catch (IOException e) {
            throw new RecoveryException(
                    "Cannot write to the directory '" + directory + "': " + IoReason.of(e)
                            + "\nHINT: It must belong to the user that runs barman, or its parent must let that user"
                            + " create it.",
                    e);
        }
    }

    /**
     * Returns whether there is something in the way at a path. A directory with nothing but hidden files counts as
     * empty, and so does a missing one, as with Barman.
     */
    static boolean occupied(Path path) throws RecoveryException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        if (!Files.isDirectory(path)) {
            return true;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            for (Path entry : entries) {
                if (!String.valueOf(entry.getFileName()).startsWith(".")) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new RecoveryException("Cannot look into the directory '" + path + "': " + IoReason.of(e), e);
        }
    }
}
