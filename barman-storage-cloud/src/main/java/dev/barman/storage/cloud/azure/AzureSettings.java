// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.azure;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a container. Secrets are not in it: they come from the environment. Immutable.
 *
 * @param credential whose identity to use; null for what the environment has: {@code AZURE_STORAGE_CONNECTION_STRING},
 *     {@code AZURE_STORAGE_SAS_TOKEN}, {@code AZURE_STORAGE_KEY}, in this order, and else {@link Credential#DEFAULT}
 * @param encryptionScope the encryption scope of new objects, null for the container's own
 * @param maxSinglePutBytes up to this size an object is stored with one request, at most 5000 MiB
 * @param maxBlockBytes size of the blocks of larger objects, at most 2000 MiB; those of objects beyond 50,000 such blocks are larger
 * @param parallelBlocks how many blocks are sent, and held in memory, at the same time, at least 1
 * @param readTimeout how long to wait for the next bytes of an answer, null for 60 seconds
 */
public record AzureSettings(
        @Nullable Credential credential,
        @Nullable String encryptionScope,
        long maxSinglePutBytes,
        int maxBlockBytes,
        int parallelBlocks,
        @Nullable Duration readTimeout) {
    private static final int MIB = 1024 * 1024;

    /** The values of {@code --azure-credential}. */
    public enum Credential {
        /** Who is logged in with the program {@code az}. */
        AZURE_CLI("azure-cli"),
        /** The identity that Azure gives to the machine. */
        MANAGED_IDENTITY("managed-identity"),
        /** The chain of Azure's library: environment, workload, machine, developer tools. */
        DEFAULT("default");

        private final String id;

        Credential(String id) {
            this.id = id;
        }

        /** {@return the value of the option} */
        public String id() {
            return id;
        }

        /**
         * @param id value of the option
         * @return the credential with exactly this name, empty for any other text
         */
        public static Optional<Credential> fromId(String id) {
            for (Credential credential : values()) {
                if (credential.id.equals(id)) {
                    return Optional.of(credential);
                }
            }
            return Optional.empty();
        }
    }

    /** The settings of {@code barman-cloud-wal-archive}: 64 MiB with one request, blocks of 4 MiB one after the other. */
    public static final AzureSettings DEFAULT = new AzureSettings(null, null, 64L * MIB, 4 * MIB, 1, null);

    /** The settings of the commands without options for them: 4 MiB with one request, eight blocks of 2 MiB at a time. */
    public static final AzureSettings OTHER_COMMANDS = new AzureSettings(null, null, 4L * MIB, 2 * MIB, 8, null);

    /**
     * @throws IllegalArgumentException when a number is out of range
     */
    public AzureSettings {
        if (maxSinglePutBytes < 1
                || maxSinglePutBytes > 5000L * MIB
                || maxBlockBytes < 1
                || maxBlockBytes > 2000 * MIB
                || parallelBlocks < 1) {
            throw new IllegalArgumentException("sizes out of range: single put " + maxSinglePutBytes + ", block "
                    + maxBlockBytes + ", at the same time " + parallelBlocks);
        }
        if (readTimeout != null && (readTimeout.isNegative() || readTimeout.isZero())) {
            throw new IllegalArgumentException("the read timeout must be positive: " + readTimeout);
        }
    }

    /**
     * @param newCredential whose identity to use, null for what the environment has
     * @return these settings with another identity
     */
    public AzureSettings withCredential(@Nullable Credential newCredential) {
        return new AzureSettings(
                newCredential, encryptionScope, maxSinglePutBytes, maxBlockBytes, parallelBlocks, readTimeout);
    }
}
