// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthorityBundleTest {
    @TempDir
    Path directory;

    private static HttpsServer serve(TestCertificate certificate) throws Exception {
        char[] password = TestCertificate.PASSWORD.toCharArray();
        KeyStore keys = KeyStore.getInstance(certificate.keyStore().toFile(), password);
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static int ask(HttpsServer server, AuthorityBundle authorities) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, authorities.trustManagers(), null);
        URI address = URI.create("https://127.0.0.1:" + server.getAddress().getPort() + "/");
        HttpsURLConnection connection = (HttpsURLConnection) address.toURL().openConnection();
        connection.setSSLSocketFactory(context.getSocketFactory());
        return connection.getResponseCode();
    }

    @Test
    void everyCertificateOfTheFileIsTrusted_noOther() throws Exception {
        TestCertificate ours = TestCertificate.create(directory, "ours");
        Path other = TestCertificate.create(directory, "other").pem();
        Path both = Files.writeString(
                directory.resolve("both.pem"),
                "# of another store -----\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
                        + Files.readString(other) + "\n# ours\n" + Files.readString(ours.pem()));
        HttpsServer server = serve(ours);
        try {
            assertThat(ask(server, AuthorityBundle.of(both))).isEqualTo(204);
            assertThatThrownBy(() -> ask(server, AuthorityBundle.of(other))).isInstanceOf(SSLHandshakeException.class);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void whatIsNoCertificateIsRefusedWithTheFileAndTheReason() throws IOException {
        Path missing = directory.resolve("missing.pem");
        assertThatThrownBy(() -> AuthorityBundle.of(missing))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cannot read the certificates in " + missing
                        + " (AWS_CA_BUNDLE or ca_bundle): No such file or directory");
        Path empty = Files.createFile(directory.resolve("empty.pem"));
        assertThatThrownBy(() -> AuthorityBundle.of(empty))
                .hasMessage("cannot read the certificates in " + empty
                        + " (AWS_CA_BUNDLE or ca_bundle): no certificate in PEM format is in it");
        assertThatThrownBy(() -> AuthorityBundle.of(directory))
                .hasMessage("cannot read the certificates in " + directory
                        + " (AWS_CA_BUNDLE or ca_bundle): Is a directory");
        Path damaged = Files.writeString(
                directory.resolve("damaged.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assertThatThrownBy(() -> AuthorityBundle.of(damaged))
                .hasMessageContaining(damaged + " (AWS_CA_BUNDLE or ca_bundle): ");
    }
}
