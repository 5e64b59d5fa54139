// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud;

import dev.barman.storage.cloud.azure.AzureSettings;
import dev.barman.storage.cloud.gcs.GcsSettings;
import dev.barman.storage.cloud.s3.S3Settings;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a place in the cloud: the settings of one provider. Immutable.
 *
 * @param s3 those of S3, null for another provider
 * @param azure those of Azure, null for another provider
 * @param google those of Google, null for another provider
 */
public record CloudSettings(
        @Nullable S3Settings s3,
        @Nullable AzureSettings azure,
        @Nullable GcsSettings google) {
    /**
     * @param settings of S3
     * @return these
     */
    public static CloudSettings of(S3Settings settings) {
        return new CloudSettings(settings, null, null);
    }

    /**
     * @param settings of Azure
     * @return these
     */
    public static CloudSettings of(AzureSettings settings) {
        return new CloudSettings(null, settings, null);
    }

    /**
     * @param settings of Google
     * @return these
     */
    public static CloudSettings of(GcsSettings settings) {
        return new CloudSettings(null, null, settings);
    }
}
