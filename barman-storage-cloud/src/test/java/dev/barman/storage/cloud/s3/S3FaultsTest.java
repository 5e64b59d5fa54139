// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.RetryPolicy;
import dev.barman.object.RetryingObjectStore;
import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;
import dev.barman.object.UnfinishedUpload;
import dev.barman.storage.cloud.testing.ScriptedHttpServer;
import dev.barman.storage.cloud.testing.ScriptedHttpServer.Exchange;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of calls when the store, or the way to it, fails in one of the ways that clouds and networks have. */
@Timeout(60)
class S3FaultsTest {
    private static final int MIB = 1024 * 1024;
    private static final ObjectKey KEY = ObjectKey.of("main/wals/a b");
    private static final String SLOW_DOWN =
            "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Please reduce your"
                    + " request rate.</Message></Error>";

    private final List<Duration> pauses = new ArrayList<>();
    private ScriptedHttpServer server;
    private ObjectStore store;

    @BeforeAll
    static void credentials() {
        System.setProperty("aws.accessKeyId", "test-identity");
        System.setProperty("aws.secretAccessKey", "test-credential");
    }

    @AfterAll
    static void noCredentials() {
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
    }

    @AfterEach
    void stop() throws IOException {
        if (store != null) {
            store.close();
        }
        if (server != null) {
            server.close();
            assertThat(server.failures()).isEmpty();
        }
    }

    private void serve(ScriptedHttpServer.Script script) throws IOException {
        server = ScriptedHttpServer.start(script);
        store = open(server.endpoint(), Duration.ofSeconds(20), null, null);
    }

    private static S3ObjectStore open(URI endpoint, Duration readTimeout, String encryption, String key)
            throws StorageException {
        return S3ObjectStore.open("b", new S3Settings(endpoint, null, readTimeout, encryption, key), 9L * MIB);
    }

    private ObjectStore retrying(int attempts) {
        return new RetryingObjectStore(
                store, new RetryPolicy(attempts, Duration.ofMillis(100), Duration.ofSeconds(1)), pauses::add, () -> 0);
    }

    private static byte[] random(int size) {
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        return content;
    }

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
        store = open(URI.create("http://127.0.0.1:" + port), Duration.ofSeconds(1), null, null);

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
        store = open(server.endpoint(), Duration.ofMillis(500), null, null);
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
        store = open(server.endpoint(), Duration.ofMillis(500), null, null);

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

    /** Takes part uploads. */
    private final class PartServer implements ScriptedHttpServer.Script {
        final Map<Integer, byte[]> parts = new ConcurrentHashMap<>();
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger mostRunning = new AtomicInteger();
        volatile int cutPart = -1;
        volatile int cuts = Integer.MAX_VALUE;
        volatile String completion = "";
        volatile boolean aborted;

        @Override
        public void handle(Exchange exchange) throws Exception {
            String target = exchange.target();
            if (exchange.method().equals("HEAD")) {
                exchange.answer(404, "");
            } else if (exchange.method().equals("POST") && target.endsWith("?uploads")) {
                exchange.answer(
                        200,
                        "<?xml version=\"1.0\"?><InitiateMultipartUploadResult><UploadId>u1</UploadId>"
                                + "</InitiateMultipartUploadResult>");
            } else if (exchange.method().equals("PUT")) {
                part(exchange, Integer.parseInt(target.replaceAll(".*partNumber=(\\d+).*", "$1")));
            } else if (exchange.method().equals("POST")) {
                completion = new String(exchange.body());
                exchange.answer(
                        200,
                        "<?xml version=\"1.0\"?><CompleteMultipartUploadResult><ETag>\"x-3\"</ETag>"
                                + "</CompleteMultipartUploadResult>");
            } else if (exchange.method().equals("DELETE")) {
                aborted = true;
                exchange.answer(204, "");
            }
        }

        private void part(Exchange exchange, int number) throws Exception {
            if (number == cutPart && cuts-- > 0) {
                exchange.cutAfterReading(MIB);
                return;
            }
            mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
            byte[] body = exchange.body();
            Thread.sleep(100);
            parts.put(number, body);
            running.decrementAndGet();
            exchange.answer(200, Map.of("ETag", "\"part" + number + "\""), new byte[0]);
        }
    }

    /** Completions of which the answer, or the request already, gets lost, in a store that has the object then, or somebody else's. */
    private final class LossyServer implements ScriptedHttpServer.Script {
        private final PartServer parts = new PartServer();
        private final boolean effect;
        private final String secondAnswer;
        private final AtomicInteger completions = new AtomicInteger();
        private volatile String mark = "";
        private volatile boolean foreign;

        LossyServer(boolean effect, String secondAnswer) {
            this.effect = effect;
            this.secondAnswer = secondAnswer;
        }

        @Override
        public void handle(Exchange exchange) throws Exception {
            String target = exchange.target();
            boolean completion = exchange.method().equals("POST") && target.contains("uploadId=");
            if (target.endsWith("?uploads")) {
                mark = exchange.header("x-amz-meta-barman-upload");
            }
            if (completion && completions.incrementAndGet() == 1) {
                exchange.body();
                exchange.cut();
            } else if (completion && (effect || foreign)) {
                exchange.answer(
                        secondAnswer.equals("NoSuchUpload") ? 404 : 412,
                        "<?xml version=\"1.0\"?><Error><Code>" + secondAnswer + "</Code><Message>x</Message></Error>");
            } else if (exchange.method().equals("HEAD") && completions.get() > 0 && (effect || foreign)) {
                exchange.answer(
                        200,
                        Map.of(
                                "Content-Length",
                                Integer.toString(joined(parts.parts).length),
                                "x-amz-meta-barman-upload",
                                foreign ? "of another upload" : mark),
                        new byte[0]);
            } else {
                parts.handle(exchange);
            }
        }
    }

    private boolean completeWith(LossyServer script) throws Exception {
        serve(script);
        try (ObjectUpload upload = retrying(3).startUpload(KEY, PutOptions.CREATE_ONLY)) {
            byte[] content = random(1000);
            upload.part(1, content, 0, content.length);
            boolean stored = upload.complete();
            assertThat(script.completions).hasValue(2);
            return stored;
        }
    }

    @Test
    void completionWhoseAnswerGotLostIsFoundByItsMark() throws Exception {
        for (String answer : new String[] {"PreconditionFailed", "NoSuchUpload"}) {
            LossyServer script = new LossyServer(true, answer);
            assertThat(completeWith(script)).as(answer).isTrue();
            assertThat(script.mark).isNotEmpty();
            assertThat(script.parts.aborted).isFalse();
            store.close();
            server.close();
        }
    }

    @Test
    void completionThatGotLostItselfIsRepeated() throws Exception {
        LossyServer script = new LossyServer(false, "");
        assertThat(completeWith(script)).isTrue();
        assertThat(script.parts.completion).contains("part1");
    }

    @Test
    void anotherUploadsObjectIsNotTakenForOnesOwn() throws Exception {
        LossyServer script = new LossyServer(false, "PreconditionFailed");
        script.foreign = true;
        assertThat(completeWith(script)).isFalse();
        assertThat(script.parts.aborted).isTrue();
    }

    @Test
    void whetherAnUploadWasStoredCanBeAskedAfterItsEnd() throws Exception {
        for (boolean effect : new boolean[] {true, false}) {
            serve(new LossyServer(effect, "PreconditionFailed"));
            ObjectUpload upload = store.startUpload(KEY, PutOptions.CREATE_ONLY);
            upload.part(1, random(1000), 0, 1000);
            assertThatThrownBy(upload::complete).isInstanceOf(StorageException.class);
            upload.close();
            assertThat(upload.wasStored()).isEqualTo(effect);
            store.close();
            server.close();
        }
    }

    @Test
    void unfinishedUploadsAreListedPageByPageAndGivenUp() throws Exception {
        List<String> aborted = new ArrayList<>();
        serve(exchange -> {
            String target = exchange.target();
            if (target.contains("uploads") && !target.contains("key-marker")) {
                exchange.answer(
                        200,
                        uploads(true, "p/a", "u1") + "<NextKeyMarker>p/a</NextKeyMarker>"
                                + "<NextUploadIdMarker>u1</NextUploadIdMarker></ListMultipartUploadsResult>");
            } else if (target.contains("uploads")) {
                assertThat(target)
                        .contains("key-marker=p%2Fa")
                        .contains("upload-id-marker=u1")
                        .contains("prefix=p%2F");
                exchange.answer(200, uploads(false, "p/b", "u2") + "</ListMultipartUploadsResult>");
            } else if (exchange.method().equals("GET")) {
                exchange.answer(
                        target.contains("u1") ? 200 : 404,
                        target.contains("u1")
                                ? "<?xml version=\"1.0\"?><ListPartsResult><Part><PartNumber>1</PartNumber>"
                                        + "<LastModified>2026-11-03T00:00:00.000Z</LastModified></Part></ListPartsResult>"
                                : "<?xml version=\"1.0\"?><Error><Code>NoSuchUpload</Code></Error>");
            } else {
                aborted.add(exchange.method() + " " + target);
                exchange.answer(204, "");
            }
        });

        List<UnfinishedUpload> uploads = store.unfinishedUploads("p/");
        assertThat(uploads)
                .containsExactly(
                        new UnfinishedUpload(ObjectKey.of("p/a"), "u1", Instant.parse("2026-11-02T00:00:00Z")),
                        new UnfinishedUpload(ObjectKey.of("p/b"), "u2", Instant.parse("2026-11-02T00:00:00Z")));
        assertThat(store.lastSent(uploads.get(0))).contains(Instant.parse("2026-11-03T00:00:00Z"));
        assertThat(store.lastSent(uploads.get(1))).isEmpty();
        store.giveUp(uploads.get(0));
        assertThat(aborted).containsExactly("DELETE /b/p/a?uploadId=u1");
    }

    /** What a store does not tell must not make an upload look abandoned. */
    @Test
    void unfinishedUploadsOfWhichTooLittleIsKnownAreProtected() throws Exception {
        serve(exchange -> {
            String target = exchange.target();
            if (target.contains("prefix=cut")) {
                exchange.answer(200, uploads(true, "cut/a", "u1") + "</ListMultipartUploadsResult>");
            } else if (target.contains("uploads")) {
                exchange.answer(
                        200, uploads(false, "p/../a", "u0") + upload("p/b", "u1") + "</ListMultipartUploadsResult>");
            } else {
                exchange.answer(
                        200,
                        "<?xml version=\"1.0\"?><ListPartsResult>"
                                + (target.contains("u1")
                                        ? "<Part><PartNumber>1</PartNumber></Part>"
                                        : "<IsTruncated>true</IsTruncated>")
                                + "</ListPartsResult>");
            }
        });

        assertThatThrownBy(() -> store.unfinishedUploads("cut/")).hasMessageContaining("does not list all");
        List<UnfinishedUpload> uploads = store.unfinishedUploads("p/");
        assertThat(uploads).extracting(UnfinishedUpload::id).containsExactly("u1");
        assertThat(store.lastSent(uploads.get(0))).isEmpty();
        assertThat(store.lastSent(new UnfinishedUpload(
                        ObjectKey.of("p/c"), "u2", uploads.get(0).begun())))
                .isEmpty();
    }

    private static String upload(String key, String id) {
        return "<Upload><Key>" + key + "</Key><UploadId>" + id
                + "</UploadId><Initiated>2026-11-02T00:00:00.000Z</Initiated></Upload>";
    }

    private static String uploads(boolean truncated, String key, String id) {
        return "<?xml version=\"1.0\"?><ListMultipartUploadsResult><IsTruncated>" + truncated + "</IsTruncated>"
                + upload(key, id);
    }

    private static byte[] joined(Map<Integer, byte[]> parts) {
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        for (int i = 1; i <= parts.size(); i++) {
            all.writeBytes(parts.get(i));
        }
        return all.toByteArray();
    }

    @Test
    void partsAreSentAtTheSameTimeButNoMoreThanTheBoundSays() throws Exception {
        PartServer script = new PartServer();
        serve(script);
        byte[] content = random(8 * 8 * MIB - 5);

        assertThat(store.put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY))
                .isTrue();

        assertThat(joined(script.parts)).isEqualTo(content);
        assertThat(script.parts).hasSize(8);
        assertThat(script.mostRunning.get()).isBetween(2, S3Settings.PARALLEL_PARTS);
        assertThat(script.completion).containsSubsequence("\"part1\"".replace("\"", ""), "part2", "part8");
        assertThat(script.aborted).isFalse();
    }

    @Test
    void connectionCutInTheMiddleOfAPartEndsTheUploadAndRemovesItsParts() throws Exception {
        PartServer script = new PartServer();
        script.cutPart = 2;
        serve(script);

        assertThatThrownBy(() -> store.put(KEY, ObjectContent.of(random(20 * MIB)), PutOptions.CREATE_ONLY))
                .isInstanceOfSatisfying(StorageException.class, e -> {
                    assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE);
                    assertThat(e.retryable()).isTrue();
                });
        assertThat(script.completion).isEmpty();
        assertThat(script.aborted).isTrue();
    }

    @Test
    void partOfAnUploadIsRepeatedByItself() throws Exception {
        PartServer script = new PartServer();
        script.cutPart = 2;
        script.cuts = 1;
        serve(script);
        byte[] content = random(3 * 5 * MIB);

        try (ObjectUpload upload = retrying(3).startUpload(KEY, PutOptions.OVERWRITE)) {
            for (int i = 0; i < 3; i++) {
                upload.part(i + 1, content, i * 5 * MIB, 5 * MIB);
            }
            assertThat(upload.complete()).isTrue();
        }

        assertThat(joined(script.parts)).isEqualTo(content);
        assertThat(server.requests().stream().filter(r -> r.startsWith("PUT"))).hasSize(4);
        assertThat(script.aborted).isFalse();
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
