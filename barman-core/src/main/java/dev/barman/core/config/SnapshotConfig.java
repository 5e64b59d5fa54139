// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots of cloud disks.
 *
 * @param provider {@code gcp}, {@code azure}, {@code aws} or null
 * @param instance the virtual machine or null
 * @param disks the disks, empty when not configured
 * @param gcpProject the project; the deprecated {@code snapshot_gcp_project} when {@code gcp_project} is not set
 * @param gcpZone the zone; the deprecated {@code snapshot_zone} when {@code gcp_zone} is not set
 * @param azureSubscriptionId the subscription or null
 * @param azureResourceGroup the resource group or null
 * @param azureCredential the kind of credential or null
 * @param awsProfile the profile or null
 * @param awsRegion the region or null
 * @param awsAwaitSnapshotsTimeoutSeconds how long to wait for snapshots
 * @param awsLockMode the mode of the snapshot lock or null
 * @param awsLockDurationDays its length or null
 * @param awsLockCoolOffHours its cool-off period or null
 * @param awsLockExpirationDate its end or null
 */
public record SnapshotConfig(
        @Nullable String provider,
        @Nullable String instance,
        List<String> disks,
        @Nullable String gcpProject,
        @Nullable String gcpZone,
        @Nullable String azureSubscriptionId,
        @Nullable String azureResourceGroup,
        @Nullable String azureCredential,
        @Nullable String awsProfile,
        @Nullable String awsRegion,
        int awsAwaitSnapshotsTimeoutSeconds,
        @Nullable String awsLockMode,
        @Nullable Long awsLockDurationDays,
        @Nullable Long awsLockCoolOffHours,
        @Nullable String awsLockExpirationDate) {

    /** Copies the list. */
    public SnapshotConfig {
        disks = List.copyOf(disks);
    }
}
