// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.cron;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupId;

/** Deletes backups that the retention policy gives up. */
@FunctionalInterface
public interface ObsoleteBackups {
    /**
     * Deletes one backup under its lock, and says so; when the lock is busy it says that and deletes nothing.
     *
     * @return whether the backup is gone
     * @throws BarmanException when the deletion fails
     */
    boolean delete(BackupId id) throws BarmanException;
}
