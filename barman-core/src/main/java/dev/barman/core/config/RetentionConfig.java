// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Retention and thresholds.
 *
 * @param policyText the policy in its normal form ({@code REDUNDANCY 2}, {@code RECOVERY WINDOW OF 2 WEEKS}); the raw
 *     text when it is not valid; null when there is none
 * @param policyValid whether there is a policy that can be enforced
 * @param minimumRedundancy the least number of backups that deletion leaves
 * @param lastBackupMaximumAge the oldest that the latest backup may be, or null
 * @param lastBackupMinimumSizeBytes the smallest that the latest backup may be, or null
 * @param lastWalMaximumAge the oldest that the latest archived WAL may be, or null
 */
public record RetentionConfig(
        @Nullable String policyText,
        boolean policyValid,
        int minimumRedundancy,
        @Nullable Duration lastBackupMaximumAge,
        @Nullable Long lastBackupMinimumSizeBytes,
        @Nullable Duration lastWalMaximumAge) {

    /** Returns whether a policy is configured but cannot be understood. */
    public boolean policyInvalid() {
        return policyText != null && !policyValid;
    }
}
