// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.BarmanException;

/** Asked again and again while a backup is being copied: whether there is still a point in going on. */
@FunctionalInterface
interface BackupGuard {
    /** @throws BarmanException when a signal came, or the server has given up the backup */
    void check() throws BarmanException;
}
