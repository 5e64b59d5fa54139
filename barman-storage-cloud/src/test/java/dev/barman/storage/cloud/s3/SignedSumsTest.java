// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

class SignedSumsTest {
    private static final String SUM = "CY9rzUYh03PK3k6DJie09g==";

    private static SdkHttpRequest sign(AwsV4HttpSigner signer, String uri, @Nullable String md5) {
        SdkHttpRequest.Builder request =
                SdkHttpRequest.builder().method(SdkHttpMethod.PUT).uri(URI.create(uri));
        if (md5 != null) {
            request.putHeader("Content-MD5", md5);
        }
        return sign(signer, request);
    }

    private static SdkHttpRequest sign(AwsV4HttpSigner signer, SdkHttpRequest.Builder request) {
        SignRequest<AwsCredentialsIdentity> toSign = SignRequest.builder(AwsCredentialsIdentity.create("id", "secret"))
                .request(request.build())
                .payload(() -> new ByteArrayInputStream("test".getBytes(StandardCharsets.UTF_8)))
                .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "s3")
                .putProperty(AwsV4HttpSigner.REGION_NAME, "us-east-1")
                .putProperty(AwsV4HttpSigner.PAYLOAD_SIGNING_ENABLED, false)
                .putProperty(
                        HttpSigner.SIGNING_CLOCK, Clock.fixed(Instant.parse("2026-11-01T09:00:00Z"), ZoneOffset.UTC))
                .build();
        return signer.sign(toSign).request();
    }

    private static String header(SdkHttpRequest request, String name) {
        return request.firstMatchingHeader(name).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "http://store.example/b/k, store.example",
        "http://store.example:80/b/k, store.example",
        "http://127.0.0.1:9000/b/k, 127.0.0.1:9000",
        "https://store.example/b/k, store.example",
        "https://store.example:8443/b/k, store.example:8443"
    })
    void aRequestWithTheSumIsSignedWithoutTheContentAndGoesWhereItShould(String uri, String host) {
        SdkHttpRequest signed = sign(new SignedSums().signer(), uri, SUM);

        assertThat(header(signed, "x-amz-content-sha256")).isEqualTo("UNSIGNED-PAYLOAD");
        assertThat(header(signed, "Authorization")).contains("SignedHeaders=content-md5;host;");
        assertThat(header(signed, "Host")).isEqualTo(host);
        assertThat(signed.protocol()).isEqualTo(URI.create(uri).getScheme());
        assertThat(signed.getUri().getHost()).isEqualTo(host.split(":", 2)[0]);
        assertThat(signed.port())
                .isEqualTo(SdkHttpRequest.builder()
                        .uri(URI.create(uri))
                        .method(SdkHttpMethod.PUT)
                        .build()
                        .port());
    }

    @Test
    void thePortOfTheOtherProtocolIsPartOfTheName() {
        SdkHttpRequest signed = sign(new SignedSums().signer(), "http://store.example:443/b/k", SUM);

        assertThat(header(signed, "Host")).isEqualTo("store.example:443");
        assertThat(header(signed, "x-amz-content-sha256")).isNotEqualTo("UNSIGNED-PAYLOAD");
    }

    @ParameterizedTest
    @CsvSource({"http://127.0.0.1:9000/b/k, true", "http://[::1]/b/k, true", "http://store.example/b/k, false"})
    void aCrc32cSumIsEnoughOnThisMachine(String uri, boolean enough) {
        SdkHttpRequest.Builder request = SdkHttpRequest.builder()
                .method(SdkHttpMethod.PUT)
                .uri(URI.create(uri))
                .putHeader("x-amz-checksum-crc32c", "hqBywA==");
        SdkHttpRequest signed = sign(new SignedSums().signer(), request);

        assertThat(header(signed, "x-amz-content-sha256").equals("UNSIGNED-PAYLOAD"))
                .isEqualTo(enough);
        assertThat(header(signed, "Authorization")).contains(";x-amz-checksum-crc32c;");
    }

    @Test
    void aRequestWithoutTheSumIsSignedWithItsContent() {
        SdkHttpRequest signed = sign(new SignedSums().signer(), "http://store.example/b/k", null);

        assertThat(header(signed, "x-amz-content-sha256"))
                .isEqualTo("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
        assertThat(header(signed, "Authorization"))
                .isEqualTo(header(sign(AwsV4HttpSigner.create(), "http://store.example/b/k", null), "Authorization"));
    }
}
