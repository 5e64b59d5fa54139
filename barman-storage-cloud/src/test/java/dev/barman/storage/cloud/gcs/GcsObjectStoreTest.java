// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.services.storage.model.StorageObject;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectNotFoundException;
import dev.barman.object.ObjectStore;
import dev.barman.object.ObjectStoreContract;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.testing.ScriptedHttpServer;
import dev.barman.storage.cloud.transfer.UploadMark;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The contract and what is Google's own, over HTTP against a fake of its interface. */
@Timeout(120)
class GcsObjectStoreTest extends ObjectStoreContract {
    private static final int UNIT = 256 * 1024;

    private final GoogleStorageFake fake = new GoogleStorageFake();
    private ScriptedHttpServer server;

    private GcsObjectStore open(String bucket) throws StorageException {
        return GcsObjectStore.open(
                bucket,
                new GcsSettings(server.endpoint(), "projects/p/locations/l/keyRings/r/cryptoKeys/k", null),
                Map.of("GOOGLE_CLOUD_PROJECT", "p"));
    }

    @Override
    protected ObjectStore openEmptyStore() throws Exception {
        server = ScriptedHttpServer.start(fake::handle);
        GcsObjectStore gcs = open("bucket");
        assertThat(gcs.containerExists()).isFalse();
        gcs.createContainer();
        return gcs;
    }

    @AfterEach
    void stopServer() throws IOException {
        server.close();
        assertThat(server.failures()).isEmpty();
        assertThat(fake.openUploads()).isZero();
    }

    @Override
    protected Optional<Map<String, String>> tagsOf(ObjectKey key) {
        StorageObject metadata = fake.metadata("bucket", key.value());
        Map<String, String> tags = new HashMap<>(metadata.getMetadata() == null ? Map.of() : metadata.getMetadata());
        tags.remove(UploadMark.GOOGLE_NAME);
        return Optional.of(tags);
    }

    @Override
    protected List<String> furtherKeys() {
        return List.of("double//slash");
    }

    /** Parts that are no multiples of what Google takes. */
    @Override
    protected int partBytes() {
        return 3 * UNIT + 12_345;
    }

    @Test
    void objectIsOneRequestAndSoIsItsContent() throws Exception {
        int before = server.requests().size();
        store.put(ObjectKey.of("a/b"), ObjectContent.of(new byte[1000]), PutOptions.CREATE_ONLY);
        store.open(ObjectKey.of("a/b")).readAllBytes();

        assertThat(server.requests().subList(before, server.requests().size()))
                .hasSize(2)
                .satisfiesExactly(
                        put -> assertThat(put).startsWith("POST /upload/storage/v1/b/bucket/o?"),
                        get -> assertThat(get).startsWith("GET /download/storage/v1/b/bucket/o/a%2Fb?"));
        assertThat(fake.kmsKeys()).containsExactly("projects/p/locations/l/keyRings/r/cryptoKeys/k");
        assertThat(fake.metadata("bucket", "a/b").getContentType()).isEqualTo("application/octet-stream");
    }

    @Test
    void partsSmallerThanAUnitAreCollected() throws Exception {
        byte[] content = new byte[10 * 100_000];
        new java.util.Random(3).nextBytes(content);
        try (ObjectUpload upload = store.startUpload(ObjectKey.of("a"), PutOptions.OVERWRITE)) {
            for (int i = 0; i < 10; i++) {
                upload.part(i + 1, content, i * 100_000, 100_000);
            }
            assertThat(upload.complete()).isTrue();
        }
        assertThat(store.open(ObjectKey.of("a")).readAllBytes()).isEqualTo(content);
    }

    @Test
    void uploadWithoutPartsIsAnEmptyObject() throws Exception {
        try (ObjectUpload upload = store.startUpload(ObjectKey.of("a"), PutOptions.CREATE_ONLY)) {
            assertThat(upload.complete()).isTrue();
        }
        assertThat(store.stat(ObjectKey.of("a")).orElseThrow().sizeBytes()).isZero();
    }

    @Test
    void keyThatIsTakenDuringTheUploadIsNotReplaced() throws Exception {
        try (ObjectUpload upload = store.startUpload(ObjectKey.of("a"), PutOptions.CREATE_ONLY)) {
            upload.part(1, new byte[UNIT + 1], 0, UNIT + 1);
            store.put(ObjectKey.of("a"), ObjectContent.of(new byte[] {1}), PutOptions.CREATE_ONLY);
            assertThat(upload.complete()).isFalse();
        }
        assertThat(store.open(ObjectKey.of("a")).readAllBytes()).containsExactly(1);
    }

    @Test
    void missingBucketIsNotAMissingObject() throws Exception {
        try (GcsObjectStore none = open("no-such-bucket")) {
            assertThat(none.containerExists()).isFalse();
            ObjectKey key = ObjectKey.of("a");
            for (org.assertj.core.api.ThrowableAssert.ThrowingCallable call :
                    List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
                            () -> none.open(key),
                            () -> none.stat(key),
                            () -> none.list("", Optional.empty(), 1),
                            () -> none.put(key, ObjectContent.of(new byte[1]), PutOptions.CREATE_ONLY),
                            () -> none.startUpload(key, PutOptions.OVERWRITE))) {
                assertThatThrownBy(call)
                        .isNotInstanceOf(ObjectNotFoundException.class)
                        .isInstanceOfSatisfying(StorageException.class, e -> {
                            assertThat(e.reason()).isEqualTo(StorageException.Reason.NOT_FOUND);
                            assertThat(e.retryable()).isFalse();
                            assertThat(e).hasMessageContaining("no-such-bucket");
                        });
            }
            assertThat(none.delete(List.of(key)).get(key).reason()).isEqualTo(StorageException.Reason.NOT_FOUND);
        }
    }
}
