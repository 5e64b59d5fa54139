// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.BarmanException;
import dev.barman.core.backup.ServerFacts;
import dev.barman.core.catalog.Tablespace;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files of a running cluster on their way into the archives of a backup: the tablespaces first, then everything else. One use. */
final class ClusterCopy {
    private static final String PG_CONTROL = "global/pg_control";

    private final CloudBackupUpload upload;
    private final String suffix;
    private final BackupTreeWriter tree;
    private final ServerFacts facts;
    private final CloudLog log;
    private final Path pgdata;

    /**
     * @param suffix what the names of the archives end with
     * @param facts where the files are
     */
    ClusterCopy(CloudBackupUpload upload, String suffix, BackupTreeWriter tree, ServerFacts facts, CloudLog log) {
        this.upload = upload;
        this.suffix = suffix;
        this.tree = tree;
        this.facts = facts;
        this.log = log;
        this.pgdata = Utf8Path.of(facts.dataDirectory()).normalize();
    }

    /** Sends an archive per tablespace. */
    void addTablespaces(List<Tablespace> tablespaces) throws IOException, BarmanException {
        for (Tablespace tablespace : tablespaces) {
            Path location = Utf8Path.of(tablespace.location());
            if (!location.isAbsolute()) {
                // A developer's tablespace, which lies in pg_tblspc itself.
                continue;
            }
            String name = Long.toString(tablespace.oid());
            log.info("Uploading '" + tablespace.name() + "' directory '" + tablespace.location() + "' as '" + name
                    + ".tar" + suffix + "'");
            BackupArchiveWriter archive = upload.archive(name);
            tree.addTablespace(archive, location, facts.version().major());
            archive.finish();
            tree.expectLink(pgdata.resolve("pg_tblspc").resolve(name));
        }
    }

    /**
     * Begins the archive of the data directory: with its files, {@code pg_control} behind all the others, and with the configuration files that lie
     * elsewhere.
     *
     * @return the archive, to be ended by the caller
     */
    BackupArchiveWriter addData() throws IOException, BarmanException {
        log.info("Uploading 'pgdata' directory '" + facts.dataDirectory() + "' as 'data.tar" + suffix + "'");
        BackupArchiveWriter data = upload.archive(BackupArchive.DATA);
        tree.expectLink(pgdata.resolve("pg_wal"));
        tree.expectLink(pgdata.resolve("pg_xlog"));
        followInside(facts.files().configFile());
        followInside(facts.files().hbaFile());
        followInside(facts.files().identFile());
        tree.addData(data, pgdata, BackupExclusions.ofDataDirectory(true));
        log.info("Uploading 'pg_control' file from '" + pgdata.resolve(PG_CONTROL) + "' to 'data.tar" + suffix
                + "' with path '" + PG_CONTROL + "'");
        tree.addFile(data, pgdata.resolve(PG_CONTROL), PG_CONTROL);
        addOutside(data, "config_file", facts.files().configFile(), false);
        addOutside(data, "hba_file", facts.files().hbaFile(), false);
        addOutside(data, "ident_file", facts.files().identFile(), true);
        warnOfIncluded();
        return data;
    }

    /** Where a configuration file is found in the data directory; null when it lies elsewhere. */
    private @Nullable Path placeInside(@Nullable String file) throws IOException {
        if (file == null) {
            return null;
        }
        Path path = Utf8Path.of(file);
        Path parent = path.getParent();
        Path name = path.getFileName();
        if (parent == null || name == null) {
            return null;
        }
        Path directory;
        try {
            directory = parent.toRealPath();
        } catch (NoSuchFileException | AccessDeniedException e) {
            // A file that is needed all the same is missed when it is read.
            return null;
        }
        Path real = pgdata.toRealPath();
        return directory.startsWith(real)
                ? pgdata.resolve(real.relativize(directory)).resolve(name).normalize()
                : null;
    }

    private void followInside(@Nullable String file) throws IOException {
        Path place = placeInside(file);
        if (place != null) {
            tree.follow(place);
        }
    }

    private void addOutside(BackupArchiveWriter data, String setting, @Nullable String file, boolean optional)
            throws IOException, BarmanException {
        if (file == null || placeInside(file) != null) {
            return;
        }
        Path path = Utf8Path.of(file);
        Path last = path.getFileName();
        if (last == null || (optional && !Files.exists(path))) {
            return;
        }
        String name = Utf8Path.text(last);
        log.info("Uploading '" + setting + "' file from '" + file + "' to 'data.tar" + suffix + "' with path '" + name
                + "'");
        try {
            tree.addFile(data, path, name);
        } catch (NoSuchFileException e) {
            if (!optional) {
                throw e;
            }
        }
    }

    private void warnOfIncluded() throws IOException {
        Path real = pgdata.toRealPath();
        List<String> outside = new ArrayList<>();
        for (String file : facts.files().included()) {
            Path path = Utf8Path.of(file);
            try {
                if (!path.toRealPath().startsWith(real)) {
                    outside.add(file);
                }
            } catch (NoSuchFileException e) {
                log.debug("Vanished meanwhile: " + file);
            } catch (IOException e) {
                // Below a directory that PGDATA's owner alone may enter, for instance.
                outside.add(file);
            }
        }
        if (!outside.isEmpty()) {
            log.warning("These configuration files lie outside of PGDATA and are not in the backup: "
                    + String.join(", ", outside));
        }
    }
}
