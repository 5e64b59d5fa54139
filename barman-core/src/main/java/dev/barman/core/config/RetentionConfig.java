// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.retention.RetentionPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Retention and thresholds.
 *
 * @param policy the policy in force; null when there is none, or none that can be understood
 * @param policyText the text of the option: normalised when it can be understood; null when not set
 * @param minimumRedundancy the least number of backups that deletion leaves
 * @param lastBackupMaximumAge the oldest that the latest backup may be, or null
 * @param lastBackupMinimumSizeBytes the smallest that the latest backup may be, or null
 * @param lastWalMaximumAge the oldest that the latest archived WAL may be, or null
 */
public record RetentionConfig(
        @Nullable RetentionPolicy policy,
        @Nullable String policyText,
        int minimumRedundancy,
        @Nullable Duration lastBackupMaximumAge,
        @Nullable Long lastBackupMinimumSizeBytes,
        @Nullable Duration lastWalMaximumAge) {

    /** Returns whether a policy is configured but cannot be understood. */
    public boolean policyInvalid() {
        return policyText != null && policy == null;
    }
}
