// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupInfo;
import java.io.IOException;

/**
 * One backup in progress. The calls come in the order start, copy, stop, close; close comes in every case, and stop is left
 * out after a failure. Each returns the record with what became known; the caller saves it.
 */
public interface BackupSession extends AutoCloseable {

    /**
     * Begins the backup on the server.
     *
     * @return the record with the facts of the server and the begin of the backup; its status is the caller's
     */
    BackupInfo start(BackupInfo created) throws BarmanException, IOException;

    /** Copies the files into the backup's directory. */
    BackupInfo copy(BackupInfo started) throws BarmanException, IOException;

    /** Ends the backup on the server: the end of the backup, and a WAL switch so that its last WAL gets archived. */
    BackupInfo stop(BackupInfo copied) throws BarmanException, IOException;

    /** Gives up what the session holds on the server. Never throws. */
    @Override
    void close();
}
