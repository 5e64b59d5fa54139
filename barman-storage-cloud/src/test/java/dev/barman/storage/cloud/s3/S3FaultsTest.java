// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;
import dev.barman.storage.cloud.testing.ScriptedHttpServer;
import dev.barman.storage.cloud.testing.ScriptedHttpServer.Exchange;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What becomes of calls when the store, or the way to it, fails in one of the ways that clouds and networks have. */
class S3FaultsTest extends S3ScriptedTestBase {
    private static final ObjectKey KEY = ObjectKey.of("main/wals/a b");
    private static final String SLOW_DOWN =
            "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Please reduce your"
                    + " request rate.</Message></Error>";

    private static String md5(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content));
    }

    private static String sha256(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    private static void stored(Exchange exchange) throws Exception {
        exchange.answer(200, Map.of("ETag", '"' + md5(exchange.body()) + '"'), new byte[0]);
    }

    @Test
    void deadEndpointIsTriedAgainAndThenUnreachable() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        store = open(URI.create("http://127.0.0.1:" + port), Duration.ofSeconds(1));

        assertThatThrownBy(() -> retrying(3).put(KEY, ObjectContent.of(random(1000)), PutOptions.CREATE_ONLY))
                .isInstanceOfSatisfying(StorageException.class, e -> {
                    assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE);
                    assertThat(e).hasMessageContaining("s3://b/main/wals/a b");
                });
        assertThat(pauses).hasSize(2);
    }

    @Test
    void endpointThatNeverAnswersIsGivenUpAfterTheReadTimeout() throws Exception {
        server = ScriptedHttpServer.start(Exchange::body);
        store = open(server.endpoint(), Duration.ofMillis(500));
        long start = System.nanoTime();

        for (StorageCall call : List.<StorageCall>of(
                () -> store.put(KEY, ObjectContent.of(random(1000)), PutOptions.CREATE_ONLY),
                () -> store.open(KEY),
                () -> store.stat(KEY),
                store::containerExists)) {
            assertThatThrownBy(call::run).isInstanceOfSatisfying(StorageException.class, e -> {
                assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE);
                assertThat(e.retryable()).isTrue();
            });
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    }

    @FunctionalInterface
    private interface StorageCall {
        void run() throws IOException;
    }

    @Test
    void answerThatStopsInTheMiddleFailsTheReader() throws Exception {
        byte[] content = random(100_000);
        server = ScriptedHttpServer.start(exchange -> {
            // The rest never comes.
            exchange.answer(200, Map.of("Content-Length", "200000", "ETag", "\"x-1\""), content);
            Thread.sleep(10_000);
        });
        store = open(server.endpoint(), Duration.ofMillis(500));

        assertThatThrownBy(() -> {
                    try (InputStream in = store.open(KEY)) {
                        in.readAllBytes();
                    }
                })
                .isInstanceOf(IOException.class);
    }

    @Test
    void storeThatAsksToSlowDownIsTriedAgain() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        byte[] content = random(300_000);
        List<String> bodies = new ArrayList<>();
        serve(exchange -> {
            if (calls.incrementAndGet() <= 3) {
                exchange.answer(503, SLOW_DOWN);
            } else {
                bodies.add(sha256(exchange.body()));
                stored(exchange);
            }
        });

        assertThat(retrying(5).put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY))
                .isTrue();

        assertThat(server.requests()).hasSize(4).containsOnly("PUT /b/main/wals/a%20b");
        assertThat(bodies).containsExactly(sha256(content));
        assertThat(pauses).containsExactly(Duration.ofMillis(100), Duration.ofMillis(200), Duration.ofMillis(400));
    }

    @Test
    void stormWithoutEndIsReportedAfterTheLastAttempt() throws Exception {
        serve(exchange -> exchange.answer(503, SLOW_DOWN));

        assertThatThrownBy(() -> retrying(4).put(KEY, ObjectContent.of(random(10)), PutOptions.CREATE_ONLY))
                .isInstanceOfSatisfying(StorageException.class, e -> {
                    assertThat(e.retryable()).isTrue();
                    assertThat(e).hasMessageContaining("503 SlowDown");
                });
        // One layer retries: the SDK below adds nothing.
        assertThat(server.requests()).hasSize(4);
    }

    @Test
    void connectionCutInTheMiddleOfAnUploadIsRepeatedFromItsBeginning() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        byte[] content = random(5 * MIB);
        List<String> bodies = new ArrayList<>();
        serve(exchange -> {
            if (calls.incrementAndGet() == 1) {
                exchange.cutAfterReading(100_000);
            } else {
                bodies.add(sha256(exchange.body()));
                stored(exchange);
            }
        });

        assertThat(retrying(3).put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY))
                .isTrue();

        assertThat(bodies).containsExactly(sha256(content));
    }

    @Test
    void objectThatIsThereAfterALostAnswerIsOnesOwnWhenItHasTheContent() throws Exception {
        byte[] content = random(1000);
        for (boolean same : new boolean[] {true, false}) {
            byte[] there = same ? content : random(1001);
            AtomicInteger calls = new AtomicInteger();
            serve(exchange -> {
                exchange.body();
                if (!exchange.method().equals("PUT")) {
                    exchange.answer(200, Map.of("Content-Length", Integer.toString(there.length)), there);
                } else if (calls.incrementAndGet() == 1) {
                    exchange.cut();
                } else {
                    exchange.answer(
                            412,
                            "<?xml version=\"1.0\"?><Error><Code>PreconditionFailed</Code><Message>x</Message></Error>");
                }
            });

            assertThat(retrying(3).put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY))
                    .isEqualTo(same);
            store.close();
            server.close();
        }
    }

    @Test
    void corruptedDownloadIsNoticedBeforeItsEnd() throws Exception {
        byte[] content = random(200_000);
        byte[] damaged = content.clone();
        damaged[123_456] ^= 1;
        serve(exchange -> exchange.answer(200, Map.of("ETag", '"' + md5(content) + '"'), damaged));

        assertThatThrownBy(() -> {
                    try (InputStream in = store.open(KEY)) {
                        // Not even a reader that knows the length gets it all.
                        in.readNBytes(content.length);
                    }
                })
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("checksum");
    }

    @Test
    void etagThatIsNoChecksumProvesNothingAndHindersNothing() throws Exception {
        byte[] content = random(1000);
        serve(exchange -> exchange.answer(
                200,
                exchange.target().contains("kms")
                        ? Map.of("ETag", '"' + md5(new byte[1]) + '"', "x-amz-server-side-encryption", "aws:kms")
                        : Map.of("ETag", '"' + md5(new byte[1]) + "-3\""),
                content));

        assertThat(store.open(KEY).readAllBytes()).isEqualTo(content);
        assertThat(store.open(ObjectKey.of("kms")).readAllBytes()).isEqualTo(content);
    }

    @Test
    void downloadThatIsCutFails() throws Exception {
        byte[] content = random(200_000);
        serve(exchange ->
                exchange.answerAndCut(200, Map.of("ETag", '"' + md5(content) + '"'), content.length, random(100_000)));

        assertThatThrownBy(() -> {
                    try (InputStream in = store.open(KEY)) {
                        in.readAllBytes();
                    }
                })
                .isInstanceOf(IOException.class);
    }

    /** By a checksum that the signature covers. */
    private static boolean provesItsContent(Exchange exchange) throws Exception {
        byte[] sum = HexFormat.of().parseHex(md5(exchange.body()));
        return exchange.header("content-md5").equals(Base64.getEncoder().encodeToString(sum))
                && exchange.header("authorization").matches("AWS4-HMAC-SHA256 .*SignedHeaders=[^,]*content-md5;.*")
                && exchange.header("x-amz-content-sha256").equals("UNSIGNED-PAYLOAD");
    }

    @Test
    void requestsCarryChecksumTagsAndEncryption() throws Exception {
        List<String> heads = new ArrayList<>();
        server = ScriptedHttpServer.start(exchange -> {
            heads.add(String.join(
                    " ",
                    exchange.header("x-amz-server-side-encryption"),
                    exchange.header("x-amz-server-side-encryption-aws-kms-key-id"),
                    exchange.header("x-amz-tagging"),
                    exchange.header("if-none-match"),
                    provesItsContent(exchange) ? "proven" : "unproven"));
            stored(exchange);
        });
        store = open(server.endpoint(), Duration.ofSeconds(20), "aws:kms", "the/key");

        store.put(KEY, ObjectContent.of(random(1000)), PutOptions.CREATE_ONLY.withTags(Map.of("a key", "v+w=x")));
        store.put(KEY, ObjectContent.of(new byte[0]), PutOptions.OVERWRITE);

        assertThat(heads).containsExactly("aws:kms the/key a%20key=v%2Bw%3Dx * proven", "aws:kms the/key   proven");
    }

    @Test
    void addressingIsAsAskedFor() throws Exception {
        List<String> hosts = new ArrayList<>();
        server = ScriptedHttpServer.start(exchange -> {
            hosts.add(exchange.header("host") + " " + exchange.target());
            exchange.answer(404, "");
        });
        URI byName = URI.create("http://localhost:" + server.endpoint().getPort());
        for (S3Settings.Addressing addressing : new S3Settings.Addressing[] {null, S3Settings.Addressing.PATH}) {
            try (S3ObjectStore s3 =
                    S3ObjectStore.open("buck", new S3Settings(byName, null, null, null, null, addressing, 1))) {
                assertThat(s3.stat(ObjectKey.of("k"))).isEmpty();
            }
        }
        assertThat(hosts).containsExactly(byName.getAuthority() + " /buck/k", byName.getAuthority() + " /buck/k");

        try (S3ObjectStore s3 = S3ObjectStore.open(
                "buck", new S3Settings(byName, null, null, null, null, S3Settings.Addressing.VIRTUAL, 1))) {
            // Whether the name buck.localhost resolves depends on the machine; it must be what is asked for.
            try {
                s3.stat(ObjectKey.of("k"));
                assertThat(hosts.get(2)).isEqualTo("buck." + byName.getAuthority() + " /k");
            } catch (StorageException e) {
                assertThat(e).hasMessageContaining("buck.localhost");
            }
        }
    }
}
