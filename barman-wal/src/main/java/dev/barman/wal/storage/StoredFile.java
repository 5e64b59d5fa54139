// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import dev.barman.file.IoReason;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stored bytes of an archived WAL as a file that can be read: the archive's own, or a copy that goes when this is closed. */
public final class StoredFile implements Closeable {
    private static final Logger logger = LoggerFactory.getLogger(StoredFile.class);

    private final Path file;
    private final String location;
    private final boolean copy;

    private StoredFile(Path file, String location, boolean copy) {
        this.file = file;
        this.location = location;
        this.copy = copy;
    }

    /** A file of an archive itself. */
    public static StoredFile inPlace(Path file) {
        return new StoredFile(file, file.toString(), false);
    }

    /**
     * Copies a stored WAL to the temporary directory, to the end: when this returns, everything the storage can prove is proven.
     *
     * @param stored its bytes; not closed here
     * @param location where they come from
     * @throws IOException when they cannot be read or the copy not be written; nothing is left behind
     */
    public static StoredFile copy(InputStream stored, String location) throws IOException {
        Path file = Files.createTempFile("barman-wal-", ".tmp");
        Copies.OPEN.add(file);
        boolean complete = false;
        try {
            Files.copy(stored, file, StandardCopyOption.REPLACE_EXISTING);
            complete = true;
            return new StoredFile(file, location, true);
        } finally {
            if (!complete) {
                Files.deleteIfExists(file);
                Copies.OPEN.remove(file);
            }
        }
    }

    /** The file; not to be changed, and not to be used once this is closed. */
    public Path file() {
        return file;
    }

    /** Where the WAL is in the archive, for messages. */
    public String location() {
        return location;
    }

    /** Whether {@link #file} is a copy, with times and mode of its own. */
    public boolean isCopy() {
        return copy;
    }

    /** Removes the copy, if it is one. */
    @Override
    public void close() {
        if (copy) {
            try {
                Files.deleteIfExists(file);
                Copies.OPEN.remove(file);
            } catch (IOException e) {
                // What it was needed for is done; a temporary file that stays is no reason to fail.
                logger.warn("Cannot remove the temporary file {}: {}", file, IoReason.of(e, file));
            }
        }
    }

    /** A program that is ended by a signal, as PostgreSQL does with its restore_command, leaves no copies. Loaded with the first one. */
    private static final class Copies {
        static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(Copies::remove, "remove-wal-copies"));
        }

        private static void remove() {
            for (Path file : OPEN) {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    logger.debug("Cannot remove the temporary file {}: {}", file, e.getMessage());
                }
            }
        }
    }
}
