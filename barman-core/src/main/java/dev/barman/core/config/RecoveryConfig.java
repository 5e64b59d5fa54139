// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How backups are restored.
 *
 * @param options {@code get-wal}, {@code delta-restore}
 * @param stagingPath the staging area, or null
 * @param stagingRemote whether the staging area is on the destination host
 * @param localStagingPath the deprecated local staging area, or null
 * @param recoveryStagingPath the deprecated staging area on the destination host, or null
 * @param combineMode {@code copy}, {@code link}, {@code clone} or {@code copy-file-range}
 */
public record RecoveryConfig(
        Set<String> options,
        @Nullable String stagingPath,
        boolean stagingRemote,
        @Nullable String localStagingPath,
        @Nullable String recoveryStagingPath,
        String combineMode) {

    /** Copies the set. */
    public RecoveryConfig {
        options = Set.copyOf(options);
    }
}
