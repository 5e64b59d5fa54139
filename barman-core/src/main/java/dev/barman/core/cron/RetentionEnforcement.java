// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.cron;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.Backups;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import dev.barman.core.retention.RetentionPolicy;
import dev.barman.core.retention.RetentionReport;
import dev.barman.core.retention.RetentionStatus;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Deletes the backups of a server that its retention policy gives up, and those whose deletion was interrupted, in the order of
 * their ids. Backups of which nothing but the metadata is left are only reported. Neither of these two counts as a backup when the
 * policy is applied, whatever its record says: its data may be gone. Does nothing without a policy.
 */
public final class RetentionEnforcement {
    private final ServerConfig server;
    private final BackupCatalog catalog;
    private final ObsoleteBackups obsolete;
    private final Messages messages;
    private final Clock clock;

    public RetentionEnforcement(
            ServerConfig server, BackupCatalog catalog, ObsoleteBackups obsolete, Messages messages, Clock clock) {
        this.server = server;
        this.catalog = catalog;
        this.obsolete = obsolete;
        this.messages = messages;
        this.clock = clock;
    }

    /**
     * Enforces the policy.
     *
     * @throws BarmanException when the catalogue cannot be read, or a deletion fails; later backups are then left alone
     */
    public void enforce() throws BarmanException {
        RetentionPolicy policy = server.retention().policy();
        if (policy == null) {
            return;
        }
        Backups backups = catalog.load();
        List<BackupInfo> whole = new ArrayList<>();
        Set<BackupId> unfinished = new HashSet<>();
        for (BackupInfo backup : backups) {
            if (catalog.deleteMarker().isSet(backup.id())) {
                unfinished.add(backup.id());
            } else if (!catalog.isOrphan(backup)) {
                whole.add(backup);
            }
        }
        RetentionReport report = RetentionReport.of(
                policy,
                server.name(),
                server.retention().minimumRedundancy(),
                whole,
                catalog.keepAnnotation().targets(backups),
                clock);
        for (BackupInfo backup : backups) {
            boolean given =
                    report.statusOf(backup.id()) == RetentionStatus.OBSOLETE || unfinished.contains(backup.id());
            if (catalog.isOrphan(backup)) {
                reportOrphan(backup.id());
            } else if (given) {
                obsolete.delete(backup.id());
            }
        }
    }

    private void reportOrphan(BackupId id) {
        messages.warning("Backup '" + id
                + "' is an orphan backup, this is possibly the result of an incomplete delete operation. Please manually"
                + " delete the following files or directories if present:\n* " + catalog.directory(id) + " \n* "
                + catalog.infoFile(id) + " \n");
    }
}
