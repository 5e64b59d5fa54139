// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;
import dev.barman.object.UnfinishedUpload;
import dev.barman.storage.cloud.testing.ScriptedHttpServer;
import dev.barman.storage.cloud.testing.ScriptedHttpServer.Exchange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What becomes of multipart uploads when the store, or the way to it, fails. */
class S3UploadFaultsTest extends S3ScriptedTestBase {
    private static final ObjectKey KEY = ObjectKey.of("main/wals/a b");

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
}
