// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.BarmanException;
import dev.barman.file.AtomicFile;
import dev.barman.file.Fsync;
import dev.barman.file.IoReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Small texts attached to backups: {@code meta/<ID>-<key>}; before Barman 3.13.3 {@code base/<ID>/annotations/<key>}, which moves to the new
 * place when it is first met.
 */
final class Annotations {
    private final Path base;
    private final Path meta;

    Annotations(Path base, Path meta) {
        this.base = base;
        this.meta = meta;
    }

    /** The raw text; where it cannot be moved to the new place, the old one is read. */
    Optional<String> read(BackupId id, String key) throws BarmanException {
        for (Path file : new Path[] {newFile(id, key), oldFile(id, key), newFile(id, key)}) {
            try {
                String text = Files.readString(file, StandardCharsets.UTF_8);
                if (file.equals(oldFile(id, key))) {
                    migrate(id, key);
                }
                return Optional.of(text);
            } catch (NoSuchFileException e) {
                // look at the next place; the new one twice, somebody else may have moved the file meanwhile
            } catch (IOException e) {
                throw new BarmanException("cannot read annotation " + file + ": " + IoReason.of(e, file), e);
            }
        }
        return Optional.empty();
    }

    /** Durable when this returns. */
    void write(BackupId id, String key, String text) throws BarmanException {
        Path file = newFile(id, key);
        try {
            Files.createDirectories(meta);
            AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
            Files.deleteIfExists(oldFile(id, key));
        } catch (IOException e) {
            throw new BarmanException("cannot write annotation " + file + ": " + IoReason.of(e, file), e);
        }
    }

    /** Durable when this returns; not an error when there is none. */
    void remove(BackupId id, String key) throws BarmanException {
        for (Path file : new Path[] {oldFile(id, key), newFile(id, key)}) {
            try {
                if (Files.deleteIfExists(file)) {
                    Path directory = file.toAbsolutePath().getParent();
                    if (directory != null) {
                        Fsync.directory(directory);
                    }
                }
            } catch (IOException e) {
                throw new BarmanException("cannot remove annotation " + file + ": " + IoReason.of(e, file), e);
            }
        }
    }

    /** The backups that have an annotation at its new place. */
    List<BackupId> annotated(String key) throws BarmanException {
        String suffix = "-" + key;
        List<BackupId> ids = new ArrayList<>();
        for (String name : BackupCatalog.names(meta)) {
            if (name.endsWith(suffix) && name.length() > suffix.length()) {
                ids.add(BackupId.of(name.substring(0, name.length() - suffix.length())));
            }
        }
        return ids;
    }

    private void migrate(BackupId id, String key) {
        try {
            Files.createDirectories(meta);
            if (!Files.exists(newFile(id, key))) {
                Files.move(oldFile(id, key), newFile(id, key), StandardCopyOption.ATOMIC_MOVE);
                Fsync.directory(meta);
            }
        } catch (IOException notPermitted) {
            // read where it is: a read-only catalogue stays usable
        }
    }

    private Path newFile(BackupId id, String key) {
        return meta.resolve(id + "-" + key);
    }

    private Path oldFile(BackupId id, String key) {
        return base.resolve(id.value()).resolve("annotations").resolve(key);
    }
}
