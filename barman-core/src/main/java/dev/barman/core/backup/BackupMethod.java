// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BackupException;
import dev.barman.core.signal.TerminationSignals;

/** A way to take base backups ({@code backup_method}). */
public interface BackupMethod {

    /** The value of the field {@code mode} in {@code backup.info}. */
    String mode();

    /**
     * Makes sure that the server's options can be carried out. What the server would have to be asked for is passed over when it does
     * not answer, since the checks report that.
     *
     * @throws BackupException when they cannot: nothing is recorded then
     */
    default void validate() throws BackupException {}

    /**
     * A session for one backup; nothing happens before its first call.
     *
     * @param signals ends the copy when the process is told to end
     */
    BackupSession open(BackupOptions options, TerminationSignals signals);
}
