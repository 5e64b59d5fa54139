// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectNotFoundException;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of calls when Google's store, or the way to it, fails. */
class GcsFaultsTest extends ScriptedStoreTestBase {
    private static final ObjectKey KEY = ObjectKey.of("main/wals/a b");
    private static final int UNIT = 256 * 1024;
    private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");

    private final GoogleStorageFake fake = new GoogleStorageFake();

    @BeforeEach
    void makeBucket() {
        fake.makeBucket("bucket");
    }

    @Override
    protected GcsObjectStore open(URI endpoint, Duration readTimeout) throws StorageException {
        return GcsObjectStore.open("bucket", new GcsSettings(endpoint, null, readTimeout), Map.of());
    }

    private static void error(Exchange exchange, int status, String reason, String message) throws IOException {
        exchange.answer(
                status,
                JSON,
                ("{\"error\":{\"code\":" + status + ",\"message\":\"" + message + "\",\"errors\":[{\"reason\":\""
                                + reason + "\"}]}}")
                        .getBytes(StandardCharsets.UTF_8));
    }

    private void stored(byte[] content) throws IOException {
        try (InputStream in = store.open(KEY)) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
        assertThat(fake.openUploads()).isZero();
    }

    @Test
    void deadEndpointIsUnreachable() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        store = open(URI.create("http://127.0.0.1:" + port), Duration.ofSeconds(1));

        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> retrying(3).put(KEY, ObjectContent.of(random(1000)), PutOptions.CREATE_ONLY),
                () -> store.startUpload(KEY, PutOptions.OVERWRITE),
                () -> store.delete(List.of(KEY)),
                () -> store.containerExists())) {
            assertThatThrownBy(call)
                    .isInstanceOfSatisfying(
                            StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE));
        }
        assertThat(pauses).hasSize(2);
    }

    @Test
    void endpointThatNeverAnswersIsGivenUpAfterTheReadTimeout() throws Exception {
        server = ScriptedHttpServer.start(Exchange::body);
        store = open(server.endpoint(), Duration.ofMillis(500));
        long start = System.nanoTime();

        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> store.put(KEY, ObjectContent.of(random(1000)), PutOptions.CREATE_ONLY),
                () -> store.open(KEY),
                () -> store.stat(KEY))) {
            assertThatThrownBy(call).isInstanceOfSatisfying(StorageException.class, e -> {
                assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE);
                assertThat(e.retryable()).isTrue();
            });
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void endpointThatStopsReadingIsGivenUp() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        server = ScriptedHttpServer.start(exchange -> {
            end.await();
            exchange.cut();
        });
        store = GcsObjectStore.open(
                "bucket", new GcsSettings(server.endpoint(), null, Duration.ofMillis(500)), Map.of(), 20_000_000);
        // More than the buffers of both ends hold.
        ObjectContent large = ObjectContent.of(new byte[20_000_000]);
        long start = System.nanoTime();

        assertThatThrownBy(() -> store.put(KEY, large, PutOptions.CREATE_ONLY))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.retryable()).isTrue());
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(25));
        end.countDown();
    }

    @Test
    void busyStoreIsTriedAgainByOneLayerOnly() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        serve(exchange -> {
            switch (calls.incrementAndGet()) {
                case 1 -> error(exchange, 503, "backendError", "Backend Error");
                case 2 -> error(exchange, 429, "rateLimitExceeded", "slower");
                case 3 -> error(exchange, 403, "userRateLimitExceeded", "slower");
                case 4 -> exchange.answer(500, "<html>no JSON</html>");
                default -> fake.handle(exchange);
            }
        });
        byte[] content = random(300_000);

        assertThat(retrying(5).put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY))
                .isTrue();

        assertThat(server.requests())
                .hasSize(5)
                .containsOnly("POST /upload/storage/v1/b/bucket/o?uploadType=multipart&ifGenerationMatch=0");
        assertThat(pauses).hasSize(4);
        stored(content);
    }

    @Test
    void stormWithoutEndIsReportedAfterTheLastAttempt() throws Exception {
        serve(exchange -> error(exchange, 503, "backendError", "Backend Error"));

        assertThatThrownBy(() -> retrying(4).open(KEY)).isInstanceOfSatisfying(StorageException.class, e -> {
            assertThat(e.retryable()).isTrue();
            assertThat(e).hasMessageContaining("503 backendError: Backend Error");
        });
        assertThat(server.requests()).hasSize(4);
    }

    @Test
    void connectionCutInTheMiddleOfAnUploadIsRepeatedFromItsBeginning() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        byte[] content = random(5_000_000);
        serve(exchange -> {
            if (calls.incrementAndGet() == 1) {
                exchange.cutAfterReading(100_000);
            } else {
                fake.handle(exchange);
            }
        });

        assertThat(retrying(3).put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY))
                .isTrue();

        stored(content);
        assertThat(pauses).hasSize(1);
    }

    /** The store has kept the beginning of the part; only the rest may be sent again. */
    @Test
    void partThatIsCutGoesOnWhereTheStoreHasIt() throws Exception {
        AtomicInteger puts = new AtomicInteger();
        List<String> sent = new ArrayList<>();
        byte[] content = random(7 * UNIT + 5);
        serve(exchange -> {
            if (exchange.method().equals("PUT")) {
                sent.add(exchange.header("content-range"));
                if (puts.incrementAndGet() == 2) {
                    fake.takeBeginning(exchange.target(), java.util.Arrays.copyOfRange(content, 3 * UNIT, 5 * UNIT));
                    exchange.cutAfterReading(2 * UNIT);
                    return;
                }
            }
            fake.handle(exchange);
        });

        try (ObjectUpload upload = retrying(3).startUpload(KEY, PutOptions.CREATE_ONLY)) {
            upload.part(1, content, 0, 3 * UNIT + 7);
            upload.part(2, content, 3 * UNIT + 7, 4 * UNIT - 2);
            assertThat(upload.complete()).isTrue();
        }

        stored(content);
        assertThat(sent)
                .containsExactly(
                        "bytes 0-" + (3 * UNIT - 1) + "/*",
                        "bytes " + 3 * UNIT + "-" + (7 * UNIT - 1) + "/*",
                        "bytes */*",
                        "bytes " + 5 * UNIT + "-" + (7 * UNIT - 1) + "/*",
                        "bytes " + 7 * UNIT + "-" + (7 * UNIT + 4) + "/" + (7 * UNIT + 5));
    }

    /** The object is there, and whoever asks again is told so; it must not be taken for somebody else's. */
    @Test
    void lostAnswerToTheLastRequestIsAskedFor() throws Exception {
        AtomicInteger lasts = new AtomicInteger();
        byte[] content = random(UNIT + 100);
        serve(exchange -> {
            if (exchange.header("content-range").endsWith("/" + content.length) && lasts.incrementAndGet() == 1) {
                fake.handleUnanswered(exchange);
                exchange.cut();
            } else {
                fake.handle(exchange);
            }
        });

        try (ObjectUpload upload = retrying(3).startUpload(KEY, PutOptions.CREATE_ONLY)) {
            upload.part(1, content, 0, content.length);
            assertThat(upload.complete()).isTrue();
        }
        stored(content);
        assertThat(lasts).hasValue(1);
    }

    @Test
    void whetherAnUploadWasStoredCanBeAskedAfterItsEnd() throws Exception {
        byte[] content = random(UNIT + 100);
        for (boolean effect : new boolean[] {false, true}) {
            serve(exchange -> {
                if (exchange.header("content-range").endsWith("/" + content.length)) {
                    if (effect) {
                        fake.handleUnanswered(exchange);
                    }
                    exchange.cut();
                } else {
                    fake.handle(exchange);
                }
            });
            ObjectUpload upload = store.startUpload(KEY, PutOptions.CREATE_ONLY);
            upload.part(1, content, 0, content.length);
            assertThatThrownBy(upload::complete).isInstanceOf(StorageException.class);
            upload.close();
            assertThat(upload.wasStored()).isEqualTo(effect);
            server.close();
        }
    }

    /** Two backups may choose the same id in the same second, and an unchanged tablespace has the same archive in both. */
    @Test
    void theSameContentOfAnotherUploadIsNotTakenForOurs() throws Exception {
        byte[] content = random(UNIT + 100);
        boolean[] cuts = {false};
        serve(exchange -> {
            if (cuts[0] && exchange.header("content-range").endsWith("/" + content.length)) {
                exchange.cut();
            } else {
                fake.handle(exchange);
            }
        });
        ObjectUpload ours = store.startUpload(KEY, PutOptions.CREATE_ONLY);
        ours.part(1, content, 0, content.length);
        try (ObjectUpload other = store.startUpload(KEY, PutOptions.CREATE_ONLY)) {
            other.part(1, content, 0, content.length);
            assertThat(other.complete()).isTrue();
            assertThat(other.wasStored()).isTrue();
        }
        cuts[0] = true;

        assertThatThrownBy(ours::complete).isInstanceOf(StorageException.class);
        ours.close();

        assertThat(ours.wasStored()).isFalse();
        stored(content);
    }

    @Test
    void batchesOfDeletionsHaveTheTimeoutsOfAllRequests() throws Exception {
        server = ScriptedHttpServer.start(Exchange::body);
        store = open(server.endpoint(), Duration.ofMillis(500));
        long start = System.nanoTime();

        assertThatThrownBy(() -> store.delete(List.of(KEY)))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void uploadThatTheStoreForgotIsNotTriedAgain() throws Exception {
        serve(exchange -> {
            if (exchange.method().equals("PUT")) {
                error(exchange, 410, "gone", "expired");
            } else {
                fake.handle(exchange);
            }
        });

        try (ObjectUpload upload = retrying(3).startUpload(KEY, PutOptions.OVERWRITE)) {
            assertThatThrownBy(() -> upload.part(1, random(UNIT), 0, UNIT))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("does not know this upload any more")
                    .hasMessageNotContaining("upload-1");
        }
        assertThat(pauses).isEmpty();
        assertThat(fake.openUploads()).isZero();
    }

    @Test
    void partBehindOneThatFailedDoesNotWaitForEver() throws Exception {
        serve(exchange -> {
            if (exchange.method().equals("PUT")) {
                error(exchange, 400, "invalid", "no");
            } else {
                fake.handle(exchange);
            }
        });
        ObjectUpload upload = store.startUpload(KEY, PutOptions.OVERWRITE);
        List<Throwable> failures = new ArrayList<>();
        Thread second = new Thread(() -> {
            try {
                upload.part(2, random(UNIT), 0, UNIT);
            } catch (StorageException e) {
                failures.add(e);
            }
        });
        second.start();
        assertThatThrownBy(() -> upload.part(1, random(UNIT), 0, UNIT)).isInstanceOf(StorageException.class);
        upload.close();
        second.join(10_000);

        assertThat(failures).singleElement().satisfies(e -> assertThat(e).hasMessageContaining("was given up"));
        assertThat(fake.openUploads()).isZero();
    }

    @Test
    void partsAreAcceptedOnce() throws Exception {
        serve(fake::handle);
        try (ObjectUpload upload = store.startUpload(KEY, PutOptions.OVERWRITE)) {
            upload.part(1, random(100), 0, 100);
            assertThatThrownBy(() -> upload.part(1, random(100), 0, 100)).hasMessageContaining("takes a part once");
        }
    }

    @Test
    void storeThatReceivedSomethingElseIsSentItAgain() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        serve(exchange -> {
            if (calls.incrementAndGet() == 1) {
                error(
                        exchange,
                        400,
                        "invalid",
                        "Provided CRC32C 'AAAAAA==' doesn't match calculated CRC32C 'BBBBBB=='.");
            } else {
                fake.handle(exchange);
            }
        });
        byte[] content = random(1000);
        assertThat(retrying(2).put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY))
                .isTrue();
        stored(content);
    }

    @Test
    void storeWithAnotherChecksumIsNotBelieved() throws Exception {
        serve(exchange -> exchange.answer(
                200,
                JSON,
                "{\"name\":\"x\",\"size\":\"1000\",\"crc32c\":\"AAAAAA==\"}".getBytes(StandardCharsets.UTF_8)));

        assertThatThrownBy(() -> store.put(KEY, ObjectContent.of(random(1000)), PutOptions.CREATE_ONLY))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("checksum");
    }

    @Test
    void damagedUploadInPartsIsDeletedAndReported() throws Exception {
        serve(exchange -> {
            if (exchange.header("x-goog-hash").isEmpty()) {
                fake.handle(exchange);
            } else {
                exchange.answer(
                        200,
                        JSON,
                        "{\"name\":\"main/wals/a b\",\"generation\":\"7\",\"size\":\"100\",\"crc32c\":\"AAAAAA==\"}"
                                .getBytes(StandardCharsets.UTF_8));
            }
        });
        try (ObjectUpload upload = store.startUpload(KEY, PutOptions.OVERWRITE)) {
            upload.part(1, random(100), 0, 100);
            assertThatThrownBy(upload::complete)
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("another checksum");
        }
        assertThat(server.requests()).contains("DELETE /storage/v1/b/bucket/o/main%2Fwals%2Fa%20b?generation=7");
    }

    @Test
    void corruptedDownloadIsNoticedBeforeItsEnd() throws Exception {
        byte[] content = random(200_000);
        serve(fake::handle);
        store.put(KEY, ObjectContent.of(content), PutOptions.OVERWRITE);
        String sum = fake.metadata("bucket", KEY.value()).getCrc32c();
        byte[] damaged = content.clone();
        damaged[123_456] ^= 1;
        server.close();
        serve(exchange -> exchange.answer(200, Map.of("x-goog-hash", "crc32c=" + sum), damaged));

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
        serve(exchange -> exchange.answerAndCut(200, Map.of(), 200_000, random(100_000)));

        assertThatThrownBy(() -> {
                    try (InputStream in = store.open(KEY)) {
                        in.readAllBytes();
                    }
                })
                .isInstanceOf(IOException.class);
    }

    @Test
    void answerThatStopsInTheMiddleFailsTheReader() throws Exception {
        server = ScriptedHttpServer.start(exchange -> {
            exchange.answer(200, Map.of("Content-Length", "200000"), random(100_000));
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

    /** "Absent" is said only of what is proven absent: a server may then take it for the end of its WAL. */
    @Test
    void answerNotFoundThatSaysNothingIsLookedInto() throws Exception {
        serve(exchange -> {
            if (exchange.target().startsWith("/download/")) {
                exchange.answer(404, "Not Found");
            } else {
                fake.handle(exchange);
            }
        });
        assertThatThrownBy(() -> store.open(KEY)).isInstanceOf(ObjectNotFoundException.class);
        server.close();

        serve(exchange -> {
            if (exchange.target().startsWith("/download/")) {
                exchange.answer(404, "Not Found");
            } else {
                error(exchange, 404, "notFound", "The specified bucket does not exist.");
            }
        });
        assertThatThrownBy(() -> store.open(KEY))
                .isInstanceOf(StorageException.class)
                .isNotInstanceOf(ObjectNotFoundException.class);
    }

    @Test
    void deletionsThatFailAreReportedOneByOne() throws Exception {
        serve(exchange -> {
            if (exchange.target().startsWith("/batch/")) {
                exchange.answer(
                        200,
                        Map.of("Content-Type", "multipart/mixed; boundary=b"),
                        ("--b\r\nContent-Type: application/http\r\nContent-ID: <response-1>\r\n\r\nHTTP/1.1 204 No Content\r\n"
                                        + "Content-Length: 0\r\n\r\n\r\n--b\r\nContent-Type: application/http\r\n"
                                        + "Content-ID: <response-2>\r\n\r\nHTTP/1.1 403 Forbidden\r\n"
                                        + "Content-Type: application/json\r\n\r\n"
                                        + "{\"error\":{\"code\":403,\"message\":\"held\",\"errors\":[{\"reason\":\"retentionPolicyNotMet\"}]}}"
                                        + "\r\n--b--\r\n")
                                .getBytes(StandardCharsets.UTF_8));
            } else {
                fake.handle(exchange);
            }
        });

        Map<ObjectKey, StorageException> failures = store.delete(List.of(KEY, ObjectKey.of("held")));
        assertThat(failures).containsOnlyKeys(ObjectKey.of("held"));
        assertThat(failures.get(ObjectKey.of("held")))
                .hasMessageContaining("retentionPolicyNotMet")
                .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.DENIED));
    }

    @Test
    void withoutCredentialsNothingIsSent(@TempDir Path directory) throws Exception {
        assertThatThrownBy(() -> GcsObjectStore.open("bucket", GcsSettings.DEFAULT, Map.of()))
                .isInstanceOfSatisfying(StorageException.class, e -> {
                    assertThat(e.reason()).isEqualTo(Reason.DENIED);
                    assertThat(e).hasMessageContaining("GOOGLE_APPLICATION_CREDENTIALS");
                });
        Path file = Files.writeString(directory.resolve("key.json"), "{\"private_key\": \"s3cret\", oops");
        assertThatThrownBy(() -> GcsObjectStore.open(
                        "bucket", GcsSettings.DEFAULT, Map.of("GOOGLE_APPLICATION_CREDENTIALS", file.toString())))
                .hasMessageContaining(file.toString())
                .hasMessageNotContaining("s3cret")
                .hasNoCause();
    }

    @Test
    void emulatorOfTheEnvironmentIsUsed() throws Exception {
        serve(fake::handle);
        String host = server.endpoint().getAuthority();
        for (String value : List.of(host, "http://" + host, "http://" + host + "/")) {
            try (GcsObjectStore found =
                    GcsObjectStore.open("bucket", GcsSettings.DEFAULT, Map.of("STORAGE_EMULATOR_HOST", value))) {
                assertThat(found.containerExists()).isTrue();
            }
        }
    }
}
