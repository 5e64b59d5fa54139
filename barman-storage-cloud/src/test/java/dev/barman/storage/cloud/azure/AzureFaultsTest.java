// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;
import dev.barman.storage.cloud.testing.ScriptedHttpServer;
import dev.barman.storage.cloud.testing.ScriptedHttpServer.Exchange;
import dev.barman.storage.cloud.testing.ScriptedStoreTestBase;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What becomes of calls when Azure, or the way to it, fails. */
class AzureFaultsTest extends ScriptedStoreTestBase {
    private static final ObjectKey KEY = ObjectKey.of("main/wals/a b");

    @Override
    protected AzureObjectStore open(URI endpoint, Duration readTimeout) throws StorageException {
        String account = endpoint + "/acc";
        return AzureObjectStore.open(
                account,
                "cont",
                new AzureSettings(null, "scope", 10_000_000, 1_000_000, 2, readTimeout),
                Map.of(
                        "AZURE_STORAGE_CONNECTION_STRING",
                        "DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=a2V5;BlobEndpoint=" + account));
    }

    private static String md5(byte[] content) throws Exception {
        return Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("MD5").digest(content));
    }

    private static void stored(Exchange exchange) throws Exception {
        exchange.answer(
                201,
                Map.of(
                        "ETag",
                        "\"0x1\"",
                        "Last-Modified",
                        "Fri, 20 Nov 2026 11:00:00 GMT",
                        "Content-MD5",
                        md5(exchange.body())),
                new byte[0]);
    }

    private static void busy(Exchange exchange) throws IOException {
        exchange.answer(
                503,
                Map.of("x-ms-error-code", "ServerBusy"),
                "<?xml version=\"1.0\"?><Error><Code>ServerBusy</Code><Message>x</Message></Error>".getBytes());
    }

    @Test
    void deadEndpointIsUnreachable() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        store = open(URI.create("http://127.0.0.1:" + port), Duration.ofSeconds(1));

        assertThatThrownBy(() -> retrying(3).put(KEY, ObjectContent.of(random(1000)), PutOptions.CREATE_ONLY))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE));
        assertThat(pauses).hasSize(2);
        assertThatThrownBy(() -> store.containerExists())
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE));
    }

    @Test
    void endpointThatNeverAnswersIsGivenUpAfterTheReadTimeout() throws Exception {
        server = ScriptedHttpServer.start(Exchange::body);
        store = open(server.endpoint(), Duration.ofMillis(500));
        long start = System.nanoTime();

        for (StorageCall call : List.<StorageCall>of(
                () -> store.put(KEY, ObjectContent.of(random(1000)), PutOptions.CREATE_ONLY),
                () -> store.open(KEY),
                () -> store.stat(KEY))) {
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
            exchange.answer(200, Map.of("Content-Length", "200000", "ETag", "\"0x1\""), content);
            // The rest never comes.
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
    void busyStoreIsTriedAgainByOneLayerOnly() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        List<String> heads = new ArrayList<>();
        serve(exchange -> {
            if (calls.incrementAndGet() <= 2) {
                busy(exchange);
            } else {
                heads.add(String.join(
                        " ",
                        exchange.header("if-none-match"),
                        exchange.header("x-ms-encryption-scope"),
                        exchange.header("content-md5").equals(md5(exchange.body())) ? "proven" : "unproven"));
                stored(exchange);
            }
        });

        assertThat(retrying(5).put(KEY, ObjectContent.of(random(300_000)), PutOptions.CREATE_ONLY))
                .isTrue();

        assertThat(server.requests()).hasSize(3).containsOnly("PUT /acc/cont/main%2Fwals%2Fa%20b");
        assertThat(heads).containsExactly("* scope proven");
        assertThat(pauses).containsExactly(Duration.ofMillis(100), Duration.ofMillis(200));
    }

    @Test
    void stormWithoutEndIsReportedAfterTheLastAttempt() throws Exception {
        serve(AzureFaultsTest::busy);

        assertThatThrownBy(() -> retrying(4).open(KEY)).isInstanceOfSatisfying(StorageException.class, e -> {
            assertThat(e.retryable()).isTrue();
            assertThat(e).hasMessageContaining("503 ServerBusy");
        });
        assertThat(server.requests()).hasSize(4);
    }

    @Test
    void connectionCutInTheMiddleOfAnUploadIsRepeatedFromItsBeginning() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        byte[] content = random(5_000_000);
        List<String> bodies = new ArrayList<>();
        serve(exchange -> {
            if (calls.incrementAndGet() == 1) {
                exchange.cutAfterReading(100_000);
            } else {
                bodies.add(md5(exchange.body()));
                stored(exchange);
            }
        });

        assertThat(retrying(3).put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY))
                .isTrue();

        assertThat(bodies).containsExactly(md5(content));
    }

    /** Commits of which the answer, or the request already, gets lost. */
    private boolean commitWith(boolean effect, boolean foreign) throws Exception {
        AtomicInteger commits = new AtomicInteger();
        List<String> marks = new ArrayList<>();
        serve(exchange -> {
            boolean commit = exchange.target().contains("comp=blocklist");
            if (commit && commits.incrementAndGet() == 1) {
                exchange.body();
                marks.add(exchange.header("x-ms-meta-barman_upload"));
                exchange.cut();
            } else if (commit && (effect || foreign)) {
                exchange.answer(
                        409,
                        Map.of("x-ms-error-code", "BlobAlreadyExists", "Content-Type", "application/xml"),
                        "<?xml version=\"1.0\"?><Error><Code>BlobAlreadyExists</Code><Message>x</Message></Error>"
                                .getBytes());
            } else if (exchange.method().equals("HEAD")) {
                exchange.answer(
                        200,
                        Map.of(
                                "ETag",
                                "\"0x1\"",
                                "Last-Modified",
                                "Fri, 20 Nov 2026 11:00:00 GMT",
                                "Content-Length",
                                "1000",
                                "x-ms-blob-type",
                                "BlockBlob",
                                "x-ms-meta-barman_upload",
                                foreign ? "of another upload" : marks.get(0)),
                        new byte[0]);
            } else {
                stored(exchange);
            }
        });
        try (ObjectUpload upload = retrying(3).startUpload(KEY, PutOptions.CREATE_ONLY)) {
            upload.part(1, random(1000), 0, 1000);
            boolean stored = upload.complete();
            assertThat(marks.get(0)).isNotEmpty();
            assertThat(commits).hasValue(2);
            return stored;
        }
    }

    @Test
    void commitWhoseAnswerGotLostIsFoundByItsMark() throws Exception {
        assertThat(commitWith(true, false)).isTrue();
    }

    @Test
    void commitThatGotLostItselfIsRepeated() throws Exception {
        assertThat(commitWith(false, false)).isTrue();
    }

    @Test
    void anotherUploadsBlobIsNotTakenForOnesOwn() throws Exception {
        assertThat(commitWith(false, true)).isFalse();
    }

    @Test
    void storeWithAnotherChecksumIsNotBelieved() throws Exception {
        serve(exchange -> exchange.answer(
                201,
                Map.of(
                        "ETag",
                        "\"0x1\"",
                        "Last-Modified",
                        "Fri, 20 Nov 2026 11:00:00 GMT",
                        "Content-MD5",
                        md5(new byte[1])),
                new byte[0]));

        assertThatThrownBy(() -> store.put(KEY, ObjectContent.of(random(1000)), PutOptions.CREATE_ONLY))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("checksum");
    }

    @Test
    void corruptedDownloadIsNoticedBeforeItsEnd() throws Exception {
        byte[] content = random(200_000);
        byte[] damaged = content.clone();
        damaged[123_456] ^= 1;
        serve(exchange -> exchange.answer(200, Map.of("ETag", "\"0x1\"", "Content-MD5", md5(content)), damaged));

        assertThatThrownBy(() -> {
                    try (InputStream in = store.open(KEY)) {
                        in.readNBytes(content.length);
                    }
                })
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("checksum");
    }

    @Test
    void downloadThatIsCutFails() throws Exception {
        byte[] content = random(200_000);
        serve(exchange -> exchange.answerAndCut(
                200, Map.of("ETag", "\"0x1\"", "Content-MD5", md5(content)), content.length, random(100_000)));

        assertThatThrownBy(() -> {
                    try (InputStream in = store.open(KEY)) {
                        in.readAllBytes();
                    }
                })
                .isInstanceOf(IOException.class);
    }
}
