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
 * @param addressing where the name of the bucket stands in a URL, null for what the AWS configuration says ({@code s3},
 *     {@code addressing_style}) and else what suits the endpoint: in the path for any that is not Amazon's
 * @param parallelParts how many parts of large objects are sent, and held in memory, at the same time, at least 1
 */
public record S3Settings(
        @Nullable URI endpoint,
        @Nullable String profile,
        @Nullable Duration readTimeout,
        @Nullable String encryption,
        @Nullable String kmsKeyId,
        @Nullable Addressing addressing,
        int parallelParts) {
    /** Where the name of the bucket stands in a URL. */
    public enum Addressing {
        /** {@code https://host/bucket/key}. */
        PATH,
        /** {@code https://bucket.host/key}. */
        VIRTUAL
    }

    /** Parts of 8 MiB, so that large uploads take 32 MiB of memory. */
    public static final int PARALLEL_PARTS = 4;

    /** Amazon's store, the default profile. */
    public static final S3Settings DEFAULT = new S3Settings(null, null, null, null, null);

    /**
     * The usual addressing and number of parts.
     *
     * @param endpoint as above
     * @param profile as above
     * @param readTimeout as above
     * @param encryption as above
     * @param kmsKeyId as above
     */
    public S3Settings(
            @Nullable URI endpoint,
            @Nullable String profile,
            @Nullable Duration readTimeout,
            @Nullable String encryption,
            @Nullable String kmsKeyId) {
        this(endpoint, profile, readTimeout, encryption, kmsKeyId, null, PARALLEL_PARTS);
    }

    /**
     * @throws IllegalArgumentException when the endpoint is no http or https URL, a key is given without {@code aws:kms}, or a
     *     number is out of range
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
        if (parallelParts < 1) {
            throw new IllegalArgumentException("at least one part must be sent at a time: " + parallelParts);
        }
        if (readTimeout != null && (readTimeout.isNegative() || readTimeout.isZero())) {
            throw new IllegalArgumentException("the read timeout must be positive: " + readTimeout);
        }
    }
}
