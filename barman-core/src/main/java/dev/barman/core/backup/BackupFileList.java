// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BackupException;
import dev.barman.core.BarmanException;
import dev.barman.core.archive.ServerWalArchive;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.InvalidWalNameException;
import dev.barman.core.catalog.WalListing;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentRange;
import dev.barman.wal.storage.WalStorage;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Lists the files that belong to a backup. Immutable; every call looks at the disk. */
public final class BackupFileList {
    private final ServerCatalog catalog;

    /** Creates a lister for one server. */
    public BackupFileList(ServerCatalog catalog) {
        this.catalog = catalog;
    }

    /** Which files. */
    public enum Selection {
        /** The backup's own, and the WAL files that make it consistent, archived or not. */
        STANDALONE,
        /** The backup's own. */
        DATA,
        /** The archived WAL files up to the next backup, and the histories among them. */
        WAL,
        /** The backup's own and the archived WAL files. */
        FULL
    }

    /**
     * Lists files by their absolute paths, WAL files of an archive at a URL by their URLs: in a directory the files in alphabetical order, then what is in its subdirectories.
     *
     * @param emptyDirectories whether directories with nothing in them are listed too
     * @throws InvalidWalNameException when the WAL index has a name that is no WAL file's
     * @throws BarmanException when the catalogue cannot be read, or the WAL of the backup begins and ends on different timelines
     * @throws IOException when a directory or the WAL index cannot be read
     */
    public List<String> list(BackupInfo backup, Selection selection, boolean emptyDirectories)
            throws BarmanException, IOException {
        List<Path> files = new ArrayList<>();
        if (selection != Selection.WAL) {
            Path directory = catalog.catalog().directory(backup.id());
            if (Files.isDirectory(directory)) {
                walk(directory, emptyDirectories, files);
            }
        }
        List<String> listed = new ArrayList<>(files.size());
        files.forEach(file -> listed.add(file.toString()));
        if (selection == Selection.STANDALONE) {
            listed.addAll(locations(required(backup)));
        } else if (selection != Selection.DATA) {
            listed.addAll(locations(archived(backup)));
        }
        return listed;
    }

    private List<String> locations(Iterable<? extends WalFileName> names) throws BarmanException, IOException {
        WalStorage archive = ServerWalArchive.readable(catalog.server());
        Map<String, String> compressions = new HashMap<>();
        if (catalog.server().directories().walsUrl() != null) {
            // There it is part of the name.
            names.forEach(name -> compressions.put(name.text(), ""));
            catalog.index().read(index -> {
                index.scan(line -> {
                    String compression = line.entry().compression();
                    if (compression != null) {
                        compressions.replace(line.name(), compression);
                    }
                    return true;
                });
                return true;
            });
        }
        List<String> locations = new ArrayList<>();
        for (WalFileName name : names) {
            locations.add(archive.locationOf(name, compressions.get(name.text())));
        }
        return locations;
    }

    /** Computed, not looked up. None for a backup whose end is not known: Barman counts on for ever there. */
    private static Iterable<WalSegmentName> required(BackupInfo backup) throws BackupException {
        WalSegmentName begin = backup.beginWal();
        WalSegmentName end = backup.endWal();
        if (begin == null || end == null) {
            return List.of();
        }
        if (!begin.timeline().equals(end.timeline())) {
            throw new BackupException("the WAL files of backup " + backup.id() + " begin at " + begin + " and end at "
                    + end + ", which is on another timeline");
        }
        return WalSegmentRange.of(
                begin, end, backup.version() == null ? 0 : backup.version(), backup.xlogSegmentSize());
    }

    private List<WalFileName> archived(BackupInfo backup) throws BarmanException, IOException {
        BackupInfo next = catalog.catalog().next(backup.id()).orElse(null);
        InvalidWalNameException[] invalid = new InvalidWalNameException[1];
        List<WalFileName> names = catalog.index().read(index -> {
            try {
                return WalListing.of(index, backup, next, catalog.server().name());
            } catch (InvalidWalNameException e) {
                invalid[0] = e;
                return List.of();
            }
        });
        if (invalid[0] != null) {
            throw invalid[0];
        }
        return names;
    }

    private static void walk(Path directory, boolean emptyDirectories, List<Path> files) throws IOException {
        List<Path> plain = new ArrayList<>();
        List<Path> directories = new ArrayList<>();
        boolean empty = true;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                empty = false;
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    directories.add(entry);
                } else if (!Files.isDirectory(entry)) {
                    plain.add(entry);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        if (empty && emptyDirectories) {
            files.add(directory);
        }
        Collections.sort(plain);
        Collections.sort(directories);
        files.addAll(plain);
        for (Path subdirectory : directories) {
            walk(subdirectory, emptyDirectories, files);
        }
    }
}
