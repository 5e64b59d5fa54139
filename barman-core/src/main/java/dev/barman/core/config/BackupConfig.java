// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How base backups are taken.
 *
 * @param method the backup method
 * @param options {@code concurrent_backup}, {@code exclusive_backup}, {@code external_configuration}
 * @param retryTimes how often a failed copy is tried again
 * @param retrySleepSeconds the pause before each retry
 * @param streamingBackupName the application name of pg_basebackup
 * @param bandwidthLimitKbps the rate in kB/s; null or 0 for no limit
 * @param tablespaceBandwidthLimitsKbps rates for single tablespaces
 * @param compression the compression of pg_basebackup; null when {@code backup_compression} is not set
 * @param wormMode whether WALs older than the first backup are left alone
 * @param autogenerateManifest whether an rsync backup gets a {@code backup_manifest}
 * @param parallelJobs parallel workers of a copy
 * @param parallelJobsStartBatchSize workers started at once
 * @param parallelJobsStartBatchPeriodSeconds pause between these starts
 * @param reuseBackup {@code copy}, {@code link}, {@code off} or null
 * @param networkCompression whether rsync compresses in transit
 */
public record BackupConfig(
        BackupMethodName method,
        Set<String> options,
        int retryTimes,
        int retrySleepSeconds,
        String streamingBackupName,
        @Nullable Long bandwidthLimitKbps,
        Map<String, Long> tablespaceBandwidthLimitsKbps,
        @Nullable BackupCompressionConfig compression,
        boolean wormMode,
        boolean autogenerateManifest,
        int parallelJobs,
        int parallelJobsStartBatchSize,
        int parallelJobsStartBatchPeriodSeconds,
        @Nullable String reuseBackup,
        boolean networkCompression) {

    /** Copies the collections. */
    public BackupConfig {
        options = Set.copyOf(options);
        tablespaceBandwidthLimitsKbps = Map.copyOf(tablespaceBandwidthLimitsKbps);
    }
}
