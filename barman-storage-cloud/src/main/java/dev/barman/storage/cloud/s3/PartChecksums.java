// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import java.net.URI;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.profiles.ProfileProperty;

/**
 * Whether the parts of one client's uploads have CRC32C checksums in the place of MD5. Thread-safe.
 *
 * <p>Not where somebody on the network path could change a part unnoticed: over plain http to another machine, only the MD5 checksum in the signature
 * prevents that. Not when Amazon's own setting for stores that do not know the newer checksums says so ({@code AWS_REQUEST_CHECKSUM_CALCULATION}, or
 * {@code request_checksum_calculation} in the profile, {@code when_required}). And not any more when a store has shown that it does not know them.
 */
final class PartChecksums {
    private static final Logger logger = LoggerFactory.getLogger(PartChecksums.class);

    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[?::1]?", Pattern.CASE_INSENSITIVE);
    private static final String WHEN_REQUIRED = "when_required";

    private final String bucket;
    private final AtomicBoolean crc32c;

    PartChecksums(S3Settings settings, String bucket) {
        this.bucket = bucket;
        this.crc32c = new AtomicBoolean(!canBeChangedOnTheWay(settings) && !isDeclined(settings));
    }

    /** Whether to ask for, and rely on, CRC32C. */
    boolean areCrc32c() {
        return crc32c.get();
    }

    /** Uses MD5 from now on. */
    void fallBack(String reason) {
        if (crc32c.getAndSet(false)) {
            logger.info("Parts of uploads to s3://{} are verified by MD5 and not by CRC32C: {}", bucket, reason);
        }
    }

    static boolean canBeChangedOnTheWay(S3Settings settings) {
        URI endpoint = S3Clients.endpoint(settings);
        return endpoint != null
                && "http".equals(endpoint.getScheme())
                && !(isLoopback(endpoint.getHost()) && PlainConnections.suit(endpoint));
    }

    /** Whether what is sent to a host stays on this machine. */
    static boolean isLoopback(String host) {
        return LOOPBACK.matcher(host).matches();
    }

    private static boolean isDeclined(S3Settings settings) {
        Optional<String> process = SdkSystemSetting.AWS_REQUEST_CHECKSUM_CALCULATION.getStringValue();
        return process.or(() -> S3Clients.profile(settings)
                        .flatMap(profile -> profile.property(ProfileProperty.REQUEST_CHECKSUM_CALCULATION)))
                .filter(WHEN_REQUIRED::equalsIgnoreCase)
                .isPresent();
    }
}
