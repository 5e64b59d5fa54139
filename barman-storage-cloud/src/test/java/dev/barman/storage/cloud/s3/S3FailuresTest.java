// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.object.StorageException;
import java.net.SocketTimeoutException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import javax.crypto.AEADBadTagException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;

class S3FailuresTest {
    private static StorageException classified(Throwable cause) {
        return S3Failures.classify(
                "Cannot do it", SdkClientException.builder().cause(cause).build());
    }

    @Test
    void unknownAuthorityIsNotAskedAgain() {
        Throwable handshake = new SSLHandshakeException("PKIX").initCause(new CertPathBuilderException("no path"));

        StorageException failure = classified(handshake);

        assertThat(failure.reason()).isEqualTo(StorageException.Reason.UNREACHABLE);
        assertThat(failure.retryable()).isFalse();
        assertThat(failure)
                .hasMessageStartingWith("Cannot do it: no answer: CertPathBuilderException: no path; AWS_CA_BUNDLE ");
    }

    /** A record that was damaged on the way, one of several machines with an old certificate, a connection that hangs. */
    @Test
    void whatElseHappensToConnectionsIsTriedAgain() {
        for (Throwable cause : new Throwable[] {
            new SSLException("bad record").initCause(new AEADBadTagException("Tag mismatch!")),
            new SSLHandshakeException("PKIX").initCause(new CertificateExpiredException("yesterday")),
            new SocketTimeoutException("Read timed out")
        }) {
            StorageException failure = classified(cause);

            assertThat(failure.reason()).isEqualTo(StorageException.Reason.UNREACHABLE);
            assertThat(failure.retryable()).as("%s", cause).isTrue();
            assertThat(failure).hasMessageNotContaining("AWS_CA_BUNDLE");
        }
    }
}
