// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud;

import java.util.Optional;

/** The cloud providers, by the values of {@code --cloud-provider}. */
public enum CloudProvider {
    /** Amazon S3 and the stores that speak its protocol. */
    AWS_S3("aws-s3"),
    /** Azure Blob Storage. */
    AZURE_BLOB_STORAGE("azure-blob-storage"),
    /** Google Cloud Storage. */
    GOOGLE_CLOUD_STORAGE("google-cloud-storage");

    private static final CloudProvider[] ALL = values();

    private final String id;

    CloudProvider(String id) {
        this.id = id;
    }

    /** {@return the value of the option} */
    public String id() {
        return id;
    }

    /**
     * @param id value of the option
     * @return the provider with exactly this name, empty for any other text
     */
    public static Optional<CloudProvider> fromId(String id) {
        for (CloudProvider provider : ALL) {
            if (provider.id.equals(id)) {
                return Optional.of(provider);
            }
        }
        return Optional.empty();
    }
}
