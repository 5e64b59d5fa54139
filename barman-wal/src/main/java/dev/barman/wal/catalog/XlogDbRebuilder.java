// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import dev.barman.file.AtomicFile;
import dev.barman.file.Fsync;
import dev.barman.wal.WalFileName;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the WAL index of a server from the files in its archive: segments and backup labels of any subdirectory, histories of the
 * root, sorted. What is only in the index is lost: compression below an encryption, and the exact name among algorithms with one
 * format. Partial segments are not indexed and reported with the unexpected files, as in Barman.
 *
 * <p>Call it under the index lock. Not thread-safe.
 */
public final class XlogDbRebuilder {
    /** The name of the index before Barman 3.13, in the root of the archive. */
    private static final String OLD_NAME = "xlog.db";

    private final XlogDb index;
    private final Path walsDirectory;
    private final Detector compression;
    private final Detector encryption;
    private final Consumer<String> warnings;

    private int histories;
    private int backupLabels;
    private int walFiles;

    /** Recognises the compression or encryption of a stored file. */
    @FunctionalInterface
    public interface Detector {
        /** The catalogue's name for what was recognised, null for nothing. */
        @Nullable
        String detect(Path file) throws IOException;
    }

    /**
     * What was indexed.
     *
     * @param histories timeline histories
     * @param backupLabels backup labels
     * @param walFiles whole segments
     */
    public record Result(int histories, int backupLabels, int walFiles) {}

    /**
     * A rebuild to be run.
     *
     * @param index what to replace or create
     * @param walsDirectory the archive; a missing one has no files
     * @param compression asked for files that are not encrypted
     * @param encryption asked for every file
     * @param warnings gets a line for everything in the archive that is not indexed
     */
    public XlogDbRebuilder(
            XlogDb index, Path walsDirectory, Detector compression, Detector encryption, Consumer<String> warnings) {
        this.index = index;
        this.walsDirectory = walsDirectory;
        this.compression = compression;
        this.encryption = encryption;
        this.warnings = warnings;
    }

    /**
     * Scans the archive and puts the new index in place, atomically and durably. If there was no index yet, an index under the
     * name used before Barman 3.13 is removed after that, as the new one replaces it.
     *
     * @throws IOException when a directory or file of the archive cannot be read, or the index not be written; the indexes are
     *     then what they were
     */
    public Result rebuild() throws IOException {
        histories = 0;
        backupLabels = 0;
        walFiles = 0;
        boolean created = !index.exists();
        Path directory = index.file().toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        AtomicFile.removeLeftovers(index.file());
        AtomicFile.write(index.file(), this::writeLines, null);
        if (created && Files.deleteIfExists(walsDirectory.resolve(OLD_NAME))) {
            Fsync.directory(walsDirectory);
        }
        return new Result(histories, backupLabels, walFiles);
    }

    private void writeLines(OutputStream out) throws IOException {
        if (!Files.exists(walsDirectory)) {
            return;
        }
        for (Path entry : sortedEntries(walsDirectory)) {
            String name = entry.getFileName().toString();
            if (name.startsWith(index.file().getFileName().toString()) || name.equals(OLD_NAME)) {
                continue;
            }
            if (Files.isDirectory(entry)) {
                writeDirectory(entry, out);
            } else if (WalFileName.isHistory(name)) {
                if (writeLine(entry, name, out)) {
                    histories++;
                }
            } else {
                warnings.accept("unexpected file found rebuilding the wal database: " + entry);
            }
        }
    }

    private void writeDirectory(Path directory, OutputStream out) throws IOException {
        for (Path entry : sortedEntries(directory)) {
            String name = entry.getFileName().toString();
            boolean segment = WalFileName.isSegment(name);
            if (Files.isDirectory(entry)) {
                warnings.accept("unexpected directory found rebuilding the wal database: " + entry);
            } else if (segment || WalFileName.isBackupLabel(name)) {
                if (writeLine(entry, name, out)) {
                    walFiles += segment ? 1 : 0;
                    backupLabels += segment ? 0 : 1;
                }
            } else if (name.endsWith(".tmp")) {
                warnings.accept("temporary file found rebuilding the wal database: " + entry);
            } else {
                warnings.accept("unexpected file found rebuilding the wal database: " + entry);
            }
        }
    }

    private boolean writeLine(Path file, String name, OutputStream out) throws IOException {
        WalEntry entry;
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            String cipher = encryption.detect(file);
            entry = new WalEntry(
                    name,
                    attributes.size(),
                    WalEntry.epochSeconds(attributes.lastModifiedTime().toInstant()),
                    cipher == null ? compression.detect(file) : null,
                    cipher);
        } catch (NoSuchFileException e) {
            warnings.accept("file vanished while rebuilding the wal database: " + file);
            return false;
        }
        out.write((XlogDbLine.format(entry) + '\n').getBytes(StandardCharsets.US_ASCII));
        return true;
    }

    private static List<Path> sortedEntries(Path directory) throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(entries::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(entries);
        return entries;
    }
}
