// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud;

import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.azure.AzureObjectStore;
import dev.barman.storage.cloud.azure.AzureSettings;
import dev.barman.storage.cloud.gcs.GcsObjectStore;
import dev.barman.storage.cloud.gcs.GcsSettings;
import dev.barman.storage.cloud.s3.S3ObjectStore;
import dev.barman.storage.cloud.s3.S3Settings;

/** Opens the store of a location. Only the classes of its provider load: a program that uses one never pays for the others. */
public final class CloudStores {
    private CloudStores() {}

    /**
     * Prepares the access to a bucket or container with the credentials of the process's environment; nothing is sent yet.
     *
     * @param location bucket or container
     * @param settings those of the location's provider; where there are none, its defaults are used
     * @return the store, which does not retry
     * @throws StorageException when the settings or the environment cannot be used
     */
    public static ObjectStore open(CloudLocation location, CloudSettings settings) throws StorageException {
        return switch (location.provider()) {
            case AWS_S3 ->
                S3ObjectStore.open(location.bucket(), settings.s3() == null ? S3Settings.DEFAULT : settings.s3());
            case AZURE_BLOB_STORAGE ->
                AzureObjectStore.open(
                        String.valueOf(location.endpoint()),
                        location.bucket(),
                        settings.azure() == null ? AzureSettings.DEFAULT : settings.azure());
            case GOOGLE_CLOUD_STORAGE ->
                GcsObjectStore.open(
                        location.bucket(), settings.google() == null ? GcsSettings.DEFAULT : settings.google());
        };
    }
}
