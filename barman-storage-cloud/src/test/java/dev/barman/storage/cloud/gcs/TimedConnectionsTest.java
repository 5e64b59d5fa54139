// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.client.http.ByteArrayContent;
import com.google.api.client.http.GenericUrl;
import com.google.api.client.http.HttpRequest;
import com.google.api.client.http.javanet.NetHttpTransport;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TimedConnectionsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    Path directory;

    /** Knows itself, and nobody else. */
    private SSLContext selfSigned() throws Exception {
        Path file = directory.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "k",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=127.0.0.1",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor())
                .as(Files.readString(directory.resolve("keytool.log")))
                .isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, PASSWORD);
        }
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("k", keys.getCertificate("k"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void aRequestOverTlsWhosePeerStopsReadingIsCut() throws Exception {
        SSLContext context = selfSigned();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        try (SSLServerSocket listener = (SSLServerSocket)
                        context.getServerSocketFactory().createServerSocket(0, 1, InetAddress.getLoopbackAddress());
                TimedConnections connections = new TimedConnections(context.getSocketFactory())) {
            Thread server = new Thread(
                    () -> {
                        try (Socket socket = listener.accept()) {
                            // The handshake comes with the first byte; after that nothing is taken any more.
                            socket.getInputStream().read();
                            begun.countDown();
                            end.await(50, TimeUnit.SECONDS);
                        } catch (IOException | InterruptedException e) {
                            // The client has gone.
                        }
                    },
                    "stalled");
            server.setDaemon(true);
            server.start();
            HttpRequest request = new NetHttpTransport.Builder()
                    .setConnectionFactory(connections)
                    .build()
                    .createRequestFactory()
                    .buildPutRequest(
                            new GenericUrl("https://127.0.0.1:" + listener.getLocalPort() + "/"),
                            // More than the buffers of both ends hold.
                            new ByteArrayContent("application/octet-stream", new byte[32_000_000]));
            request.setReadTimeout(60_000);
            // Google's own limit for writing waits for the writer.
            request.setWriteTimeout(0);
            long start = System.nanoTime();

            assertThatThrownBy(() -> connections.execute(request, 4000)).isInstanceOf(IOException.class);

            assertThat(begun.getCount()).as("the handshake was over").isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofSeconds(3), Duration.ofSeconds(30));
        } finally {
            end.countDown();
        }
    }
}
