// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.testing.ScriptedHttpServer;
import dev.barman.storage.cloud.testing.ScriptedHttpServer.Exchange;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** By which checksums parts are verified, with stores of different abilities. */
class PartChecksumsTest extends S3ScriptedTestBase {
    private static final ObjectKey KEY = ObjectKey.of("base/data.tar");

    private final Store script = new Store();
    /** What is asked and sent, and what a store makes of it. */
    private static final class Store implements ScriptedHttpServer.Script {
        /** The answer to an upload that is to have CRC32C sums. */
        int refusal;

        String refusalCode = "InvalidArgument";
        int refusals = Integer.MAX_VALUE;

        boolean knows = true;
        /** Whether it does not give the sums of parts back. */
        boolean silent;
        /** So many parts are changed before they arrive. */
        int damaged;
        /** By which they are refused then, or stored all the same when it is empty. */
        String refusesDamaged = "";

        /** Of the beginnings of uploads: the sum asked for. */
        final List<String> begun = new ArrayList<>();
        /** Of parts, in order: the headers with sums, for each that is right. */
        final List<String> proofs = new ArrayList<>();

        String completion = "";

        @Override
        public synchronized void handle(Exchange exchange) throws Exception {
            String target = exchange.target();
            if (target.endsWith("?uploads")) {
                begin(exchange);
            } else if (exchange.method().equals("PUT")) {
                part(exchange);
            } else if (exchange.method().equals("POST")) {
                completion = new String(exchange.body(), StandardCharsets.UTF_8);
                exchange.answer(
                        200,
                        "<?xml version=\"1.0\"?><CompleteMultipartUploadResult><ETag>\"x-1\"</ETag>"
                                + "</CompleteMultipartUploadResult>");
            } else {
                exchange.answer(204, "");
            }
        }

        private void begin(Exchange exchange) throws IOException {
            String asked = exchange.header("x-amz-checksum-algorithm");
            begun.add(asked);
            if (refusal != 0 && !asked.isEmpty() && refusals-- > 0) {
                exchange.answer(refusal, error(refusalCode));
                return;
            }
            byte[] answer = ("<?xml version=\"1.0\"?><InitiateMultipartUploadResult><UploadId>u1</UploadId>"
                            + "</InitiateMultipartUploadResult>")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.answer(200, knows ? Map.of("x-amz-checksum-algorithm", asked) : Map.of(), answer);
        }

        private void part(Exchange exchange) throws Exception {
            byte[] body = exchange.body();
            String md5 = Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("MD5").digest(body));
            String proof = "";
            if (exchange.header("x-amz-checksum-crc32c").equals(crc32c(body))) {
                proof += "crc32c ";
            }
            if (exchange.header("content-md5").equals(md5)) {
                proof += "md5 ";
            }
            if (exchange.header("x-amz-content-sha256").equals("UNSIGNED-PAYLOAD")
                    && exchange.header("authorization")
                            .matches("(?s).*SignedHeaders=.*(content-md5|x-amz-checksum).*")) {
                proof += "signed";
            }
            proofs.add(proof);
            if (damaged > 0) {
                damaged--;
                body[0]++;
                if (!refusesDamaged.isEmpty()) {
                    exchange.answer(400, error(refusesDamaged));
                    return;
                }
            }
            Map<String, String> headers = new HashMap<>(Map.of("ETag", "\"part\""));
            if (knows && !silent && !exchange.header("x-amz-checksum-crc32c").isEmpty()) {
                headers.put("x-amz-checksum-crc32c", crc32c(body));
            }
            exchange.answer(200, headers, new byte[0]);
        }
    }

    private static String error(String code) {
        return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>x</Message></Error>";
    }

    private static String crc32c(byte[] content) {
        CRC32C sum = new CRC32C();
        sum.update(content);
        return Base64.getEncoder()
                .encodeToString(
                        ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
    }

    private void upload(byte[]... parts) throws IOException {
        uploadTo("127.0.0.1", parts);
    }

    private void uploadTo(String host, byte[]... parts) throws IOException {
        if (server == null) {
            server = ScriptedHttpServer.start(script);
            URI endpoint = URI.create("http://" + host + ":" + server.endpoint().getPort());
            store = open(endpoint, Duration.ofSeconds(20));
        }
        try (ObjectUpload upload = retrying(3).startUpload(KEY, PutOptions.OVERWRITE)) {
            for (int i = 0; i < parts.length; i++) {
                upload.part(i + 1, parts[i], 0, parts[i].length);
            }
            assertThat(upload.complete()).isTrue();
        }
    }

    @Test
    void aStoreThatKnowsThemGetsCrc32cSumsAlone() throws Exception {
        byte[] first = random(70_000);
        byte[] second = random(9);
        upload(first, second);

        assertThat(script.begun).containsExactly("CRC32C");
        assertThat(script.proofs).containsExactly("crc32c signed", "crc32c signed");
        assertThat(script.completion)
                .containsSubsequence(
                        "<ChecksumCRC32C>" + crc32c(first) + "</ChecksumCRC32C>",
                        "<ChecksumCRC32C>" + crc32c(second) + "</ChecksumCRC32C>");
    }

    @Test
    void aStoreThatDoesNotKnowThemGetsMd5Sums() throws Exception {
        script.knows = false;
        upload(random(1000));

        assertThat(script.begun).containsExactly("CRC32C");
        assertThat(script.proofs).containsExactly("md5 signed");
        assertThat(script.completion).doesNotContain("Checksum");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 501})
    void aStoreThatRefusesToBeAskedIsAskedOnce(int status) throws Exception {
        script.refusal = status;
        upload(random(1000));
        upload(random(1001));

        assertThat(script.begun).containsExactly("CRC32C", "", "");
        assertThat(script.proofs).containsExactly("md5 signed", "md5 signed");
    }

    /** Not by anything else that may end a request, which has its own rules for being repeated. */
    @Test
    void anAnswerThatMayChangeIsNotTakenForARefusal() throws Exception {
        script.refusal = 400;
        script.refusalCode = "RequestTimeout";
        script.refusals = 1;
        upload(random(1000));

        assertThat(script.begun).containsExactly("CRC32C", "CRC32C");
        assertThat(script.proofs).containsExactly("crc32c signed");
    }

    @Test
    void aFailureForAnotherReasonIsReported() {
        script.refusal = 403;
        script.refusalCode = "AccessDenied";

        assertThatThrownBy(() -> upload(random(1000)))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.reason()).isEqualTo(StorageException.Reason.DENIED));
        assertThat(script.begun).containsExactly("CRC32C");
    }

    /** The address reaches this machine, and looks like any other. */
    @Test
    void overPlainHttpToAnotherMachineOnlyMd5IsUsed() throws Exception {
        uploadTo("0.0.0.0", random(1000));

        assertThat(script.begun).containsExactly("");
        assertThat(script.proofs).containsExactly("md5 signed");
    }

    @Test
    void amazonsSettingForOtherStoresIsHeeded() throws Exception {
        System.setProperty("aws.requestChecksumCalculation", "WHEN_REQUIRED");
        try {
            upload(random(1000));
        } finally {
            System.clearProperty("aws.requestChecksumCalculation");
        }
        assertThat(script.begun).containsExactly("");
        assertThat(script.proofs).containsExactly("md5 signed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"BadDigest", "XAmzContentChecksumMismatch"})
    void aPartThatTheStoreRefusesAsDamagedIsSentAgain(String code) throws Exception {
        script.damaged = 2;
        script.refusesDamaged = code;
        upload(random(1000));

        assertThat(script.proofs).hasSize(3).containsOnly("crc32c signed");
    }

    @Test
    void aStoreThatGivesNoSumsBackHasProvenNothing() throws Exception {
        script.silent = true;
        byte[] last = random(1001);
        upload(random(1000), last);

        assertThat(script.proofs).containsExactly("crc32c signed", "crc32c md5 signed", "crc32c md5 signed");
        // It was told that the parts have sums.
        assertThat(script.completion).contains("<ChecksumCRC32C>" + crc32c(last) + "</ChecksumCRC32C>");

        // Once is enough.
        upload(random(1002));
        assertThat(script.begun).containsExactly("CRC32C", "");
        assertThat(script.proofs).endsWith("md5 signed").hasSize(4);
    }

    @Test
    void aPartThatArrivedChangedIsSentAgain() throws Exception {
        script.damaged = 2;
        upload(random(1000), random(1001));
        assertThat(script.proofs).hasSize(4).containsOnly("crc32c signed");

        script.damaged = 3;
        script.completion = "";
        assertThatThrownBy(() -> upload(random(1000)))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("Cannot store part 1 of s3://b/" + KEY + ": it arrived changed");
        assertThat(script.completion).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        ", false",
        "https://store.example, false",
        "http://127.0.0.1:9000, false",
        "http://127.1.2.3, false",
        "http://[::1]:9000, false",
        "http://LocalHost:9000, false",
        "http://store.example, true",
        "http://10.0.0.1:9000, true",
        "http://127.0.0.1.example, true",
        "http://localhost.example, true",
        "http://[fe80::1]:9000, true"
    })
    void onlyMd5SumsGoWhereContentCouldBeChangedOnTheWay(String endpoint, boolean expected) {
        S3Settings settings = new S3Settings(endpoint == null ? null : URI.create(endpoint), null, null, null, null);
        assertThat(PartChecksums.canBeChangedOnTheWay(settings)).isEqualTo(expected);
    }
}
