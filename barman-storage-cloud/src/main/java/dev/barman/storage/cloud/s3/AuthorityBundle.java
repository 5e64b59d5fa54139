// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import dev.barman.file.IoReason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.TlsTrustManagersProvider;

/**
 * The certificate authorities of a file in PEM format, in the place of those that Java trusts: what {@code AWS_CA_BUNDLE} (or
 * {@code ca_bundle} in a profile) means to Amazon's tools, for stores with an authority of their own. Immutable.
 */
final class AuthorityBundle implements TlsTrustManagersProvider {
    static final String VARIABLE = "AWS_CA_BUNDLE";

    /** Everything around is left out, as OpenSSL does: comments, keys, lists of what was revoked. */
    private static final Pattern CERTIFICATE =
            Pattern.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", Pattern.DOTALL);

    private final TrustManager[] managers;

    private AuthorityBundle(TrustManager[] managers) {
        this.managers = managers;
    }

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException when it cannot be read, or has no certificate, or one that is damaged
     */
    static AuthorityBundle of(Path file) {
        List<Certificate> authorities = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            Matcher blocks = CERTIFICATE.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
            while (blocks.find()) {
                authorities.add(factory.generateCertificate(
                        new ByteArrayInputStream(blocks.group().getBytes(StandardCharsets.ISO_8859_1))));
            }
        } catch (IOException e) {
            throw refused(file, IoReason.alone(e), e);
        } catch (CertificateException e) {
            throw refused(file, String.valueOf(e.getMessage()), e);
        }
        if (authorities.isEmpty()) {
            throw refused(file, "no certificate in PEM format is in it", null);
        }
        try {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            for (Certificate authority : authorities) {
                trusted.setCertificateEntry(Integer.toString(trusted.size()), authority);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trusted);
            return new AuthorityBundle(factory.getTrustManagers());
        } catch (IOException | GeneralSecurityException e) {
            throw refused(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static IllegalArgumentException refused(Path file, String reason, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "cannot read the certificates in " + file + " (" + VARIABLE + " or ca_bundle): " + reason, cause);
    }

    @Override
    public TrustManager[] trustManagers() {
        return managers.clone();
    }
}
