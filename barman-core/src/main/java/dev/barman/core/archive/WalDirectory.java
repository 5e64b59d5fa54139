// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.file.Fsync;
import dev.barman.file.IoReason;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/** What the directories that WAL arrives in have in common. */
final class WalDirectory {
    /** Files that are still being written. */
    static final String TEMPORARY_SUFFIX = ".tmp";

    private WalDirectory() {}

    /**
     * The names in a directory, sorted, without hidden ones.
     *
     * @throws IOException when it cannot be read; the message says what to do
     */
    static List<String> visibleNames(Path directory, String option) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (!name.startsWith(".")) {
                    names.add(name);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw new IOException(
                    "Cannot read " + option + " " + directory + ": "
                            + IoReason.of(Objects.requireNonNull(e.getCause()), directory),
                    e);
        } catch (NoSuchFileException | NotDirectoryException e) {
            throw new IOException(
                    option + " " + directory + " is not a directory: create it, or run \"barman check\", which does",
                    e);
        } catch (IOException e) {
            throw new IOException("Cannot read " + option + " " + directory + ": " + IoReason.of(e, directory), e);
        }
        Collections.sort(names);
        return names;
    }

    /**
     * Removes files, durably. Those that are gone already are no error.
     *
     * @throws IOException when one cannot be removed
     */
    static void remove(Path directory, Collection<WalToStore> wals) throws IOException {
        for (WalToStore wal : wals) {
            try {
                Files.deleteIfExists(wal.file());
            } catch (IOException e) {
                throw new IOException(
                        "Cannot remove " + wal.file() + ", which is archived: " + IoReason.of(e, wal.file())
                                + ". Let this user write to " + directory + "; the next run goes on from here",
                        e);
            }
        }
        Fsync.directory(directory);
    }
}
