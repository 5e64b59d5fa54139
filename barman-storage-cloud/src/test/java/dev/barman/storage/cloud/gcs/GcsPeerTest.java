// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.cloud.NoCredentials;
import com.google.cloud.WriteChannel;
import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageException;
import com.google.cloud.storage.StorageOptions;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.storage.cloud.testing.ScriptedHttpServer;
import dev.barman.storage.cloud.transfer.UploadMark;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Google's own client on the same bucket. It shows that what is stored is stored as Google's client expects it, and that the fake
 * behaves so that Google's client, which checks more than it needs, takes it for the real thing.
 */
@Timeout(120)
class GcsPeerTest {
    private static final int SIZE = 3 * 1024 * 1024 + 17;
    private static final ObjectKey KEY = ObjectKey.of("main/wals/a b+c");

    private final GoogleStorageFake fake = new GoogleStorageFake();
    private final byte[] content = new byte[SIZE];
    private ScriptedHttpServer server;
    private GcsObjectStore ours;
    private Storage peer;

    @BeforeEach
    void start() throws Exception {
        new Random(5).nextBytes(content);
        fake.makeBucket("bucket");
        server = ScriptedHttpServer.start(fake::handle);
        ours = GcsObjectStore.open("bucket", new GcsSettings(server.endpoint(), null, null), Map.of());
        peer = StorageOptions.http()
                .setHost(server.endpoint().toString())
                .setProjectId("p")
                .setCredentials(NoCredentials.getInstance())
                .build()
                .getService();
    }

    @AfterEach
    void stop() throws Exception {
        ours.close();
        peer.close();
        server.close();
        assertThat(server.failures()).isEmpty();
    }

    @Test
    void googlesClientReadsWhatWeStore() throws Exception {
        ours.put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY.withTags(Map.of("purpose", "wal")));
        ObjectKey large = ObjectKey.of("main/base/data.tar");
        try (ObjectUpload upload = ours.startUpload(large, PutOptions.OVERWRITE.withTags(Map.of("a", "b")))) {
            upload.part(1, content, 0, 1_000_000);
            upload.part(2, content, 1_000_000, SIZE - 1_000_000);
            upload.complete();
        }

        assertThat(peer.readAllBytes("bucket", KEY.value())).isEqualTo(content);
        assertThat(peer.get("bucket", KEY.value()).getMetadata()).isEqualTo(Map.of("purpose", "wal"));
        assertThat(peer.readAllBytes("bucket", large.value())).isEqualTo(content);
        Blob blob = peer.get("bucket", large.value());
        assertThat(blob.getMetadata())
                .containsOnlyKeys("a", UploadMark.GOOGLE_NAME)
                .containsEntry("a", "b");
        assertThat(blob.getContentType()).isEqualTo("application/octet-stream");
        assertThat(peer.list("bucket", Storage.BlobListOption.prefix("main/"), Storage.BlobListOption.pageSize(1))
                        .iterateAll())
                .extracting(Blob::getName)
                .containsExactly(large.value(), KEY.value());
    }

    @Test
    void weReadWhatGooglesClientStores() throws Exception {
        BlobInfo info = BlobInfo.newBuilder("bucket", KEY.value()).build();
        peer.create(info, content, Storage.BlobTargetOption.doesNotExist());
        try (WriteChannel channel =
                peer.writer(BlobInfo.newBuilder("bucket", "other/large").build())) {
            channel.setChunkSize(1024 * 1024);
            channel.write(ByteBuffer.wrap(content));
        }

        assertThat(ours.open(KEY).readAllBytes()).isEqualTo(content);
        assertThat(ours.open(ObjectKey.of("other/large")).readAllBytes()).isEqualTo(content);
        assertThat(ours.listAll("")).extracting(ObjectInfo::sizeBytes).containsExactly((long) SIZE, (long) SIZE);
        assertThat(ours.put(KEY, ObjectContent.of(new byte[1]), PutOptions.CREATE_ONLY))
                .isFalse();
        assertThatThrownBy(() -> peer.create(info, new byte[1], Storage.BlobTargetOption.doesNotExist()))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.getCode()).isEqualTo(412));
    }

    @Test
    void batchesOfDeletionsAreAnsweredAlike() throws Exception {
        ours.put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY);
        ours.put(ObjectKey.of("b"), ObjectContent.of(content), PutOptions.CREATE_ONLY);

        assertThat(peer.delete(List.of(BlobId.of("bucket", KEY.value()), BlobId.of("bucket", "absent"))))
                .containsExactly(true, false);
        assertThat(ours.delete(List.of(ObjectKey.of("b"), ObjectKey.of("absent"))))
                .isEmpty();
        assertThat(peer.get("bucket", "b")).isNull();
    }
}
