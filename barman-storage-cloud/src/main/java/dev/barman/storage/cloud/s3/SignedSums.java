// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.scheme.AwsV4AuthScheme;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.AsyncSignRequest;
import software.amazon.awssdk.http.auth.spi.signer.AsyncSignedRequest;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.IdentityProvider;
import software.amazon.awssdk.identity.spi.IdentityProviders;

/**
 * Signs requests over plain http as those over https are signed: when the content's MD5 checksum, or to this machine CRC32C, is among the headers,
 * which the signature covers, not by the SHA-256 sum of the content as well. The library insists on that sum without TLS, and a store that has to check
 * it cannot store the content while it comes in: it takes twice as long. Stateless, thread-safe.
 */
final class SignedSums implements AwsV4AuthScheme {
    private static final String HTTP = "http";
    private static final int HTTP_PORT = 80;
    private static final String HTTPS = "https";
    private static final int HTTPS_PORT = 443;

    private final AwsV4AuthScheme scheme = AwsV4AuthScheme.create();
    private final AwsV4HttpSigner signer = new Signer(scheme.signer());

    @Override
    public String schemeId() {
        return scheme.schemeId();
    }

    @Override
    public IdentityProvider<AwsCredentialsIdentity> identityProvider(IdentityProviders providers) {
        return scheme.identityProvider(providers);
    }

    @Override
    public AwsV4HttpSigner signer() {
        return signer;
    }

    private static final class Signer implements AwsV4HttpSigner {
        private final AwsV4HttpSigner signer;

        Signer(AwsV4HttpSigner signer) {
            this.signer = signer;
        }

        @Override
        public SignedRequest sign(SignRequest<? extends AwsCredentialsIdentity> request) {
            SdkHttpRequest plain = request.request();
            if (!HTTP.equals(plain.protocol()) || plain.port() == HTTPS_PORT || !hasChecksum(plain)) {
                return signer.sign(request);
            }
            // Neither protocol nor port is signed, but the host's name is, with its port where that is not the
            // protocol's own.
            SignedRequest signed = signer.sign(request.toBuilder()
                    .request(plain.toBuilder()
                            .protocol(HTTPS)
                            .port(plain.port() == HTTP_PORT ? HTTPS_PORT : plain.port())
                            .build())
                    .build());
            return signed.toBuilder()
                    .request(signed.request().toBuilder()
                            .protocol(HTTP)
                            .port(plain.port())
                            .build())
                    .build();
        }

        /** CRC32C does not keep anybody on the network path from changing content. */
        private static boolean hasChecksum(SdkHttpRequest request) {
            return request.firstMatchingHeader("Content-MD5").isPresent()
                    || (PartChecksums.isLoopback(request.host())
                            && request.firstMatchingHeader("x-amz-checksum-crc32c")
                                    .isPresent());
        }

        @Override
        public CompletableFuture<AsyncSignedRequest> signAsync(
                AsyncSignRequest<? extends AwsCredentialsIdentity> request) {
            return signer.signAsync(request);
        }
    }
}
