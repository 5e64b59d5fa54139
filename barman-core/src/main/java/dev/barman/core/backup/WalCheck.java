// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;

/** Tests whether the WAL that makes a backup consistent is archived, and records the result. */
@FunctionalInterface
public interface WalCheck {
    /**
     * Checks a backup that waits for WAL; says what it finds amiss.
     *
     * @return the record as it is now
     */
    BackupInfo check(BackupId id) throws BarmanException;
}
