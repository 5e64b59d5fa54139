// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.config.ServerDirectories;
import dev.barman.core.message.Messages;
import dev.barman.core.tools.LeftoverPrograms;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * Backups whose process was killed, or whose machine went down, stay {@code EMPTY} or {@code STARTED}. Whoever holds the
 * server's backup lock knows that none is running, and marks them {@code FAILED}. Barman leaves them for ever, and a
 * {@code STARTED} backup keeps its timeline's WAL from being removed.
 */
public final class StaleBackups {

    private final BackupCatalog catalog;
    private final ServerDirectories directories;
    private final Messages messages;

    /** Looks after the backups of one server. */
    public StaleBackups(BackupCatalog catalog, ServerDirectories directories, Messages messages) {
        this.catalog = catalog;
        this.directories = directories;
        this.messages = messages;
    }

    /**
     * Marks stale records if the server's backup lock is free; for {@code cron}. Takes the lock only when there is a record to
     * look at, and does nothing when it is busy: then a backup or a deletion runs.
     *
     * @return the backups marked
     */
    public List<BackupId> recover() throws BarmanException, IOException {
        if (candidates().isEmpty()) {
            return List.of();
        }
        if (!Files.isDirectory(directories.locks())) {
            return List.of();
        }
        try (LockFile lock = LockFile.tryAcquire(directories.lockFile("backup"))) {
            return markFailed();
        } catch (LockBusyException e) {
            return List.of();
        }
    }

    /**
     * Marks stale records. The caller holds the server's backup lock, and has no backup of its own in progress.
     *
     * @return the backups marked
     */
    public List<BackupId> markFailed() throws BarmanException {
        List<BackupId> marked = new ArrayList<>();
        for (BackupInfo stale : candidates()) {
            // Its pg_basebackup may live on, and would write into a directory that is being deleted.
            LeftoverPrograms.terminate(
                    "--pgdata=" + catalog.directory(stale.id()).resolve("data"));
            String action = stale.status() == BackupStatus.EMPTY ? "starting backup" : "copying files";
            catalog.save(stale.toBuilder()
                    .status(BackupStatus.FAILED)
                    .error("failure " + action + " (the backup process ended without recording a result)")
                    .build());
            messages.warning("Backup " + stale.id() + " of server " + catalog.serverName() + " was left "
                    + stale.status() + " by a process that is gone, and has been marked as FAILED");
            marked.add(stale.id());
        }
        return marked;
    }

    private List<BackupInfo> candidates() throws BarmanException {
        return catalog.backups(status -> status == BackupStatus.EMPTY || status == BackupStatus.STARTED);
    }
}
