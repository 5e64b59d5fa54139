// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a bucket. Credentials are not in it: the variable {@code GOOGLE_APPLICATION_CREDENTIALS} names the file that has
 * them. Immutable.
 *
 * @param endpoint an emulator, which is used without credentials; null for the one that {@code STORAGE_EMULATOR_HOST} names and,
 *     without that variable, for Google's service
 * @param kmsKeyName resource name of the Cloud KMS key for new objects, null for what the bucket does by itself
 * @param readTimeout how long to wait for the next bytes of an answer, null for 60 seconds
 */
public record GcsSettings(
        @Nullable URI endpoint,
        @Nullable String kmsKeyName,
        @Nullable Duration readTimeout) {
    /** Google's service, the bucket's own encryption. */
    public static final GcsSettings DEFAULT = new GcsSettings(null, null, null);

    private static final Duration LONGEST_TIMEOUT = Duration.ofHours(24);

    /**
     * @throws IllegalArgumentException when the endpoint is no http or https URL, or the timeout is not positive or beyond a day
     */
    public GcsSettings {
        if (endpoint != null
                && (endpoint.getHost() == null
                        || !("http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme())))) {
            throw new IllegalArgumentException("Invalid endpoint: " + endpoint);
        }
        if (readTimeout != null
                && (readTimeout.isNegative() || readTimeout.isZero() || readTimeout.compareTo(LONGEST_TIMEOUT) > 0)) {
            throw new IllegalArgumentException("the read timeout must be positive and at most a day: " + readTimeout);
        }
    }
}
