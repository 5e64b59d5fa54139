// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a bucket. Credentials are not in it: they come from the environment, the profile or the machine's role, as for
 * every program that uses AWS. Immutable.
 *
 * @param endpoint a store other than Amazon's, null for Amazon's
 * @param profile profile of the AWS configuration files, null for the default
 * @param readTimeout how long to wait for the next bytes of an answer, null for 60 seconds
 * @param encryption value of {@code x-amz-server-side-encryption} for new objects ({@code AES256}, {@code aws:kms}), null for
 *     what the bucket does by itself
 * @param kmsKeyId the key for {@code aws:kms}, null for the account's own
 */
public record S3Settings(
        @Nullable URI endpoint,
        @Nullable String profile,
        @Nullable Duration readTimeout,
        @Nullable String encryption,
        @Nullable String kmsKeyId) {
    /** Amazon's store, the default profile. */
    public static final S3Settings DEFAULT = new S3Settings(null, null, null, null, null);

    /**
     * @throws IllegalArgumentException when the endpoint is no http or https URL, or a key is given without {@code aws:kms}
     */
    public S3Settings {
        if (endpoint != null
                && (endpoint.getHost() == null
                        || !("http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme())))) {
            throw new IllegalArgumentException("Invalid endpoint: " + endpoint);
        }
        if (kmsKeyId != null && !"aws:kms".equals(encryption)) {
            throw new IllegalArgumentException("Encryption type must be `aws:kms` if SSE KMS Key ID is specified");
        }
    }
}
