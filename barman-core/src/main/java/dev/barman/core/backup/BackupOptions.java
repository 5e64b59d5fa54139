// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.config.BackupConfig;
import dev.barman.core.config.ServerConfig;
import org.jspecify.annotations.Nullable;

/**
 * How one backup is to be taken: the server's configuration with the options of the command line over it.
 *
 * @param name the friendly name, or null
 * @param parent what names the parent of an incremental backup (an id, a shortcut or a name), or null
 * @param immediateCheckpoint whether to ask for a fast checkpoint
 * @param retryTimes how often a failed copy is tried again
 * @param retrySleepSeconds the pause before each retry
 * @param bandwidthLimitKiBPerSecond the limit of the transfer; 0 for none
 * @param reportDeduplication whether the size is reported with the space that links save ({@code reuse_backup = link})
 * @param waitForWal whether to wait until the last WAL the backup needs is archived
 * @param waitTimeoutSeconds the limit of that wait; 0 for none
 */
public record BackupOptions(
        @Nullable String name,
        @Nullable String parent,
        boolean immediateCheckpoint,
        int retryTimes,
        int retrySleepSeconds,
        long bandwidthLimitKiBPerSecond,
        boolean reportDeduplication,
        boolean waitForWal,
        int waitTimeoutSeconds) {

    public BackupOptions {
        if (retryTimes < 0 || retrySleepSeconds < 0 || bandwidthLimitKiBPerSecond < 0 || waitTimeoutSeconds < 0) {
            throw new IllegalArgumentException("negative option of a backup");
        }
    }

    /** What the configuration says. */
    public static BackupOptions of(ServerConfig server) {
        BackupConfig backup = server.backup();
        Long limit = backup.bandwidthLimitKbps();
        return new BackupOptions(
                null,
                null,
                server.connection().immediateCheckpoint(),
                Math.max(0, backup.retryTimes()),
                Math.max(0, backup.retrySleepSeconds()),
                limit == null ? 0 : Math.max(0, limit),
                "link".equals(backup.reuseBackup()),
                false,
                0);
    }

    /** The same backup with a name. */
    public BackupOptions withName(String newName) {
        return new BackupOptions(
                newName,
                parent,
                immediateCheckpoint,
                retryTimes,
                retrySleepSeconds,
                bandwidthLimitKiBPerSecond,
                reportDeduplication,
                waitForWal,
                waitTimeoutSeconds);
    }

    /** The same backup, waiting for its last WAL. */
    public BackupOptions withWait(int timeoutSeconds) {
        return new BackupOptions(
                name,
                parent,
                immediateCheckpoint,
                retryTimes,
                retrySleepSeconds,
                bandwidthLimitKiBPerSecond,
                reportDeduplication,
                true,
                timeoutSeconds);
    }
}
