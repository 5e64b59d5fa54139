// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import dev.barman.storage.cloud.s3.S3Settings.Addressing;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.Profile;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.profiles.ProfileFileSystemSetting;
import software.amazon.awssdk.profiles.ProfileProperty;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;

/** Builds the SDK's client so that it works with Amazon's store and with those that only speak its older protocol. */
final class S3Clients {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);
    private static final String DEFAULT_REGION = "us-east-1";

    private S3Clients() {}

    static S3Client open(S3Settings settings) {
        Duration readTimeout = settings.readTimeout() == null ? READ_TIMEOUT : settings.readTimeout();
        String region = region(settings);
        URI endpoint = endpoint(settings);
        S3ClientBuilder builder = S3Client.builder()
                .credentialsProvider(credentials(settings))
                .region(Region.of(region))
                // Follows a bucket to its region, as the original's library does.
                .crossRegionAccessEnabled(endpoint == null)
                // Retries are made in one layer, and not in this one.
                .overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry()))
                // The newer checksums and their chunked form are refused by many stores that speak S3.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .serviceConfiguration(
                        S3Configuration.builder().chunkedEncodingEnabled(false).build());
        if (isPlainHttp(settings)) {
            builder.putAuthScheme(new SignedSums());
        }
        if (endpoint != null && PlainConnections.suit(endpoint)) {
            builder.httpClient(UrlConnectionHttpClient.create(new PlainConnections(CONNECT_TIMEOUT, readTimeout)));
        } else {
            UrlConnectionHttpClient.Builder connections = UrlConnectionHttpClient.builder()
                    .connectionTimeout(CONNECT_TIMEOUT)
                    .socketTimeout(readTimeout);
            authorities(settings).ifPresent(connections::tlsTrustManagersProvider);
            builder.httpClientBuilder(connections);
        }
        if (endpoint != null) {
            builder.endpointOverride(endpoint);
        }
        return builder.forcePathStyle(addressing(settings, endpoint) == Addressing.PATH)
                .build();
    }

    private static Optional<AuthorityBundle> authorities(S3Settings settings) {
        return Optional.ofNullable(System.getenv(AuthorityBundle.VARIABLE))
                .filter(file -> !file.isEmpty())
                .or(() -> profile(settings).flatMap(profile -> profile.property("ca_bundle")))
                .map(file -> AuthorityBundle.of(Path.of(file)));
    }

    /** The option, then the variables that AWS's tools know. */
    static @Nullable URI endpoint(S3Settings settings) {
        if (settings.endpoint() != null) {
            return settings.endpoint();
        }
        for (String variable : new String[] {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
            String value = System.getenv(variable);
            if (value != null && !value.isEmpty()) {
                return new S3Settings(URI.create(value), null, null, null, null).endpoint();
            }
        }
        return null;
    }

    /** Whether nothing but the requests' signatures protects the contents. */
    private static boolean isPlainHttp(S3Settings settings) {
        URI endpoint = endpoint(settings);
        return endpoint != null && "http".equals(endpoint.getScheme());
    }

    private static Addressing addressing(S3Settings settings, @Nullable URI endpoint) {
        if (settings.addressing() != null) {
            return settings.addressing();
        }
        Addressing configured = profile(settings)
                .flatMap(profile -> profile.property("s3"))
                .map(S3Clients::addressingStyle)
                .orElse(null);
        if (configured != null) {
            return configured;
        }
        return endpoint == null || endpoint.getHost().endsWith(".amazonaws.com") ? Addressing.VIRTUAL : Addressing.PATH;
    }

    /** From the lines below {@code s3 =} in a profile. */
    private static @Nullable Addressing addressingStyle(String lines) {
        for (String line : lines.split("\n", -1)) {
            int equals = line.indexOf('=');
            if (equals > 0 && line.substring(0, equals).strip().equals("addressing_style")) {
                return switch (line.substring(equals + 1).strip()) {
                    case "path" -> Addressing.PATH;
                    case "virtual" -> Addressing.VIRTUAL;
                    default -> null;
                };
            }
        }
        return null;
    }

    static Optional<Profile> profile(S3Settings settings) {
        String name = settings.profile() == null
                ? ProfileFileSystemSetting.AWS_PROFILE.getStringValueOrThrow()
                : settings.profile();
        return ProfileFile.defaultProfileFile().profile(name);
    }

    private static AwsCredentialsProvider credentials(S3Settings settings) {
        AwsCredentialsProvider provider = settings.profile() == null
                ? DefaultCredentialsProvider.builder().build()
                : ProfileCredentialsProvider.create(requireProfile(settings.profile()));
        return new AwsCredentialsProvider() {
            @Override
            public AwsCredentials resolveCredentials() {
                try {
                    return provider.resolveCredentials();
                } catch (SdkClientException e) {
                    throw new S3Failures.CredentialsException(e);
                }
            }
        };
    }

    /** A profile asked for by name must exist: the default credentials in its place would be those of someone else. */
    private static String requireProfile(String name) {
        if (ProfileFile.defaultProfileFile().profile(name).isEmpty()) {
            throw new IllegalArgumentException("The config profile (" + name + ") could not be found");
        }
        return name;
    }

    /** The variables of both the SDK's and the original's tools, then the profile; never a question to the machine's host. */
    private static String region(S3Settings settings) {
        for (String variable : new String[] {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
            String value = System.getenv(variable);
            if (value != null && !value.isEmpty()) {
                return value;
            }
        }
        Optional<String> ofProfile = profile(settings).flatMap(p -> p.property(ProfileProperty.REGION));
        return ofProfile.orElse(DEFAULT_REGION);
    }
}
