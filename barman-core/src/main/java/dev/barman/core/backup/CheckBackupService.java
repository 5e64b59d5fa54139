// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BackupException;
import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.config.ServerDirectories;
import dev.barman.core.message.Messages;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import java.io.IOException;

/** Updates the status of a backup from the WAL files that are archived ({@code check-backup}). */
public final class CheckBackupService {

    private final BackupCatalog catalog;
    private final ServerDirectories directories;
    private final WalCompletenessCheck completeness;
    private final Messages messages;

    /** A service for the backups of one server. */
    public CheckBackupService(BackupCatalog catalog, ServerDirectories directories, Messages messages) {
        this.catalog = catalog;
        this.directories = directories;
        this.completeness = new WalCompletenessCheck(directories.wals());
        this.messages = messages;
    }

    /**
     * Checks one backup under its lock and saves it if its status changes. Nothing happens, and a message says so, when another
     * process holds the lock. A backup that turns out to lack a WAL file is reported as an error.
     *
     * @return the record as it is now
     * @throws BackupException if the backup is {@code FAILED} already
     */
    public BackupInfo check(BackupInfo backup) throws BarmanException, IOException {
        if (backup.status() == BackupStatus.FAILED) {
            throw new BackupException("The validity of a failed backup cannot be checked");
        }
        try (LockFile lock =
                LockFile.tryAcquire(directories.backupLockFile(backup.id().value()))) {
            // Read again: it may have changed, or gone, before we had the lock.
            BackupInfo current = catalog.find(backup.id()).orElse(null);
            return current == null ? backup : update(current);
        } catch (LockBusyException e) {
            messages.info("Another process is holding the lock for backup " + backup.id() + " of server "
                    + directories.server() + ".");
            return backup;
        }
    }

    private BackupInfo update(BackupInfo backup) throws BarmanException, IOException {
        BackupId id = backup.id();
        messages.debug("Checking backup " + id + " of server " + directories.server());
        BackupInfo judged = completeness.judge(backup);
        if (judged.status() != backup.status()) {
            catalog.save(judged);
        }
        if (judged.status() == BackupStatus.FAILED && backup.status() != BackupStatus.FAILED) {
            messages.error("This backup has been marked as FAILED due to the following reason: " + judged.error());
        }
        messages.debug("Check finished: the status of backup " + id + " of server " + directories.server()
                + (judged.status() == backup.status()
                        ? " remains " + judged.status()
                        : " changed from " + backup.status() + " to " + judged.status()));
        return judged;
    }
}
