// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BufferedBodyConnectionTest {
    private HttpServer server;
    private final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();

    /** The JDK's connection, as far as a request with a body needs it, which notes the writes that reach it. */
    private static final class Recorded extends HttpURLConnection {
        private final List<Integer> writes = new ArrayList<>();
        private final ByteArrayOutputStream content = new ByteArrayOutputStream();

        Recorded(URL url) {
            super(url);
        }

        @Override
        public OutputStream getOutputStream() {
            return new OutputStream() {
                @Override
                public void write(int b) {
                    throw new AssertionError("a single byte");
                }

                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    if (content.size() > 500_000) {
                        throw new IOException("broken");
                    }
                    writes.add(length);
                    content.write(bytes, offset, length);
                }
            };
        }

        @Override
        public int getResponseCode() {
            return 200;
        }

        @Override
        public void disconnect() {
            // nothing to end
        }

        @Override
        public boolean usingProxy() {
            return false;
        }

        @Override
        public void connect() {
            // nothing to begin
        }
    }

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            received.add(exchange.getRequestBody().readAllBytes());
            exchange.getResponseHeaders().add("ETag", "abc");
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop(0);
    }

    private URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/key");
    }

    private static byte[] random(int length) {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        return content;
    }

    private static void copyAsTheSdk(byte[] content, OutputStream out) throws IOException {
        for (int from = 0; from < content.length; from += 4096) {
            out.write(content, from, Math.min(4096, content.length - from));
        }
    }

    @Test
    void bodyArrivesWholeBeforeTheAnswerIsAskedFor() throws Exception {
        for (int length : new int[] {0, 1, 4096, 131_072, 131_073, 1_000_003}) {
            byte[] content = random(length);
            HttpURLConnection connection =
                    new PlainConnections(Duration.ofSeconds(5), Duration.ofSeconds(5)).createConnection(uri());
            connection.setRequestMethod("PUT");
            connection.setDoOutput(true);
            connection.setFixedLengthStreamingMode((long) length);
            connection.connect();
            copyAsTheSdk(content, connection.getOutputStream());
            assertThat(connection.getResponseCode()).isEqualTo(200);
            assertThat(connection.getHeaderField("ETag")).isEqualTo("abc");
            assertThat(received.poll(5, TimeUnit.SECONDS)).isEqualTo(content);
        }
    }

    @Test
    void smallWritesBecomeLargeOnes() throws Exception {
        Recorded recorded = new Recorded(uri().toURL());
        BufferedBodyConnection connection = new BufferedBodyConnection(recorded);
        byte[] content = random(400_000);
        copyAsTheSdk(content, connection.getOutputStream());
        assertThat(connection.getResponseCode()).isEqualTo(200);
        assertThat(recorded.writes).containsExactly(131_072, 131_072, 131_072, 6_784);
        assertThat(recorded.content.toByteArray()).isEqualTo(content);
    }

    @Test
    void failureOfTheLastWriteIsNotTakenForAnAnswer() throws Exception {
        BufferedBodyConnection connection = new BufferedBodyConnection(new Recorded(uri().toURL()));
        copyAsTheSdk(random(600_000), connection.getOutputStream());
        assertThatThrownBy(connection::getResponseCode)
                .isInstanceOf(IOException.class)
                .hasMessage("broken");
    }
}
