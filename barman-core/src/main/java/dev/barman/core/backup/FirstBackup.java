// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.Backups;
import dev.barman.core.catalog.WalRemovalPlan;
import dev.barman.core.message.Messages;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/** The WAL files before the first backup of a server, which no restore can use. Stateless. */
final class FirstBackup {

    private FirstBackup() {}

    /**
     * Removes them while the backup is being taken, its begin known, and says so.
     *
     * @param wormMode whether archived files must not be removed
     */
    static void purge(BackupCatalog catalog, BackupInfo backup, boolean wormMode, WalPurge purge, Messages messages)
            throws BarmanException {
        Backups backups = catalog.load();
        if (backups.previous(backup.id()).isPresent()) {
            return;
        }
        messages.info("This is the first backup for server " + catalog.serverName());
        if (wormMode) {
            messages.info("'worm_mode' is enabled, skip purging of unused WAL files.");
            return;
        }
        List<String> removed = remove(catalog, backups, backup, purge);
        if (!removed.isEmpty()) {
            messages.info("WAL segments preceding the current backup have been found:");
            for (String name : removed) {
                messages.info("\t" + name + " from server " + catalog.serverName() + " has been removed");
            }
        }
    }

    /** Removes what was archived late; only after a backup that succeeded, and in silence unless it fails. */
    static void purgeSilently(BackupCatalog catalog, BackupInfo backup, WalPurge purge, Messages messages) {
        try {
            Backups backups = catalog.load();
            if (backups.previous(backup.id()).isEmpty()) {
                remove(catalog, backups, backup, purge);
            }
        } catch (BarmanException e) {
            warn(messages, e);
        }
    }

    /** Says that the files stay, which costs nothing but space. */
    static void warn(Messages messages, BarmanException failure) {
        LoggerFactory.getLogger("barman.backup").debug("WAL before the first backup stays", failure);
        messages.warning("The WAL files preceding the first backup could not be removed, the backup itself is not"
                + " affected: " + failure.getMessage());
    }

    private static List<String> remove(BackupCatalog catalog, Backups backups, BackupInfo backup, WalPurge purge)
            throws BarmanException {
        Optional<WalRemovalPlan> plan = WalRemovalPlan.forFirstBackup(
                backups, backup, catalog.keepAnnotation().targets(backups));
        List<String> removed = new ArrayList<>();
        if (plan.isPresent()) {
            purge.remove(plan.get(), removed::add);
        }
        return removed;
    }
}
