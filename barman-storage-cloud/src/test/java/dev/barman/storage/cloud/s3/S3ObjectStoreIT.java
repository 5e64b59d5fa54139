// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.ObjectStoreContract;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.object.UnfinishedUpload;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract and what is S3's own, against a real S3 server. */
class S3ObjectStoreIT extends ObjectStoreContract {
    private static final int MIB = 1024 * 1024;

    @TempDir
    static Path directory;

    private static S3TestServer server;
    private static int buckets;

    @BeforeAll
    static void startServer() throws Exception {
        server = S3TestServer.start(Path.of(System.getProperty("s3proxy.jar")), directory);
    }

    @AfterAll
    static void stopServer() throws Exception {
        if (server != null) {
            server.close();
        }
    }

    private static S3Settings settings(URI endpoint) {
        return new S3Settings(endpoint, null, null, null, null);
    }

    /** Objects of the contract's large size go in parts; the default threshold has a test of its own. */
    @Override
    protected ObjectStore openEmptyStore() throws Exception {
        ObjectStore s3 = S3ObjectStore.open("bucket-" + ++buckets, settings(server.endpoint()), 9L * MIB);
        assertThat(s3.containerExists()).isFalse();
        s3.createContainer();
        return s3;
    }

    /** S3Proxy answers 501 to tags; that the request has them is a test with a scripted server. */
    @Override
    protected boolean acceptsTags() {
        return false;
    }

    /** Every byte is its position, so that a part out of order shows. */
    private static ObjectContent large(long size) {
        return new ObjectContent() {
            @Override
            public long sizeBytes() {
                return size;
            }

            @Override
            public InputStream open() {
                return new InputStream() {
                    private long at;

                    @Override
                    public int read() {
                        return at >= size ? -1 : byteAt(at++);
                    }

                    @Override
                    public int read(byte[] buffer, int offset, int length) {
                        int n = 0;
                        while (n < length && at < size) {
                            buffer[offset + n++] = (byte) byteAt(at++);
                        }
                        return n == 0 && length > 0 ? -1 : n;
                    }
                };
            }
        };
    }

    private static int byteAt(long at) {
        return (int) ((at ^ at >> 13 ^ at >> 21) & 0xFF);
    }

    @Test
    void uploadsThatNobodyEndedAreListedAndGivenUp() throws Exception {
        ObjectKey key = ObjectKey.of("p/base/id/data.tar");
        byte[] content = new byte[5 * MIB];
        Instant before = Instant.now().minusSeconds(60);
        try (ObjectUpload upload = store.startUpload(key, PutOptions.CREATE_ONLY);
                ObjectUpload other = store.startUpload(ObjectKey.of("other/data.tar"), PutOptions.CREATE_ONLY)) {
            upload.part(1, content, 0, content.length);
            other.part(1, content, 0, content.length);

            List<UnfinishedUpload> uploads = store.unfinishedUploads("p/base/");

            assertThat(uploads).extracting(UnfinishedUpload::key).containsExactly(key);
            assertThat(uploads.get(0).begun()).isAfter(before);
            assertThat(store.lastSent(uploads.get(0)))
                    .hasValueSatisfying(sent -> assertThat(sent).isAfter(before));
            store.giveUp(uploads.get(0));
            assertThat(store.unfinishedUploads("p/base/")).isEmpty();
            assertThat(store.unfinishedUploads("other/")).hasSize(1);
            // A second time, as when two commands clean at once.
            store.giveUp(uploads.get(0));
            assertThat(other.complete()).isTrue();
            assertThat(other.wasStored()).as("the mark is kept with the object").isTrue();
        }
        assertThat(store.unfinishedUploads("")).isEmpty();
    }

    @Test
    void objectAboveTheThresholdIsStoredInParts() throws Exception {
        long size = 101L * MIB + 5;
        store.close();
        store = S3ObjectStore.open("bucket-" + buckets, settings(server.endpoint()));

        assertThat(store.put(ObjectKey.of("large"), large(size), PutOptions.OVERWRITE))
                .isTrue();

        assertThat(store.stat(ObjectKey.of("large")).orElseThrow().sizeBytes()).isEqualTo(size);
        try (InputStream in = store.open(ObjectKey.of("large"))) {
            byte[] buffer = new byte[MIB];
            long at = 0;
            int n;
            while ((n = in.readNBytes(buffer, 0, buffer.length)) > 0) {
                for (int i = 0; i < n; i++, at++) {
                    if (buffer[i] != (byte) byteAt(at)) {
                        throw new AssertionError("byte " + at + " differs");
                    }
                }
            }
            assertThat(at).isEqualTo(size);
        }
    }

    @Test
    void failedUploadInPartsLeavesNoObject() throws Exception {
        ObjectContent breaking = new ObjectContent() {
            @Override
            public long sizeBytes() {
                return 101L * MIB;
            }

            @Override
            public InputStream open() {
                return new InputStream() {
                    private long left = 20L * MIB;

                    @Override
                    public int read() throws IOException {
                        return read(new byte[1], 0, 1) < 0 ? -1 : 0;
                    }

                    @Override
                    public int read(byte[] buffer, int offset, int length) throws IOException {
                        if (left <= 0) {
                            throw new IOException("disk on fire");
                        }
                        left -= length;
                        return length;
                    }
                };
            }
        };

        assertThatThrownBy(() -> store.put(ObjectKey.of("broken"), breaking, PutOptions.OVERWRITE))
                .hasMessage("disk on fire");
        assertThat(store.listAll("")).isEmpty();
        assertThat(server.objects().resolve("bucket-" + buckets)).isEmptyDirectory();
    }

    @Test
    void missingBucketIsNotFound() throws Exception {
        try (S3ObjectStore none = S3ObjectStore.open("no-such-bucket", settings(server.endpoint()))) {
            assertThat(none.containerExists()).isFalse();
            List<StorageException> failures = new ArrayList<>();
            for (StorageCall call : List.<StorageCall>of(
                    () -> none.list("", Optional.empty(), 1),
                    () -> none.put(ObjectKey.of("a"), ObjectContent.of(new byte[1]), PutOptions.CREATE_ONLY))) {
                try {
                    call.run();
                } catch (StorageException e) {
                    failures.add(e);
                }
            }
            assertThat(failures).hasSize(2).allSatisfy(e -> {
                assertThat(e.reason()).isEqualTo(StorageException.Reason.NOT_FOUND);
                assertThat(e.retryable()).isFalse();
                assertThat(e).hasMessageContaining("no-such-bucket");
            });
        }
    }

    @FunctionalInterface
    private interface StorageCall {
        void run() throws IOException;
    }

    @Test
    void refusedConnectionIsUnreachableAndRetryable() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        try (S3ObjectStore dead = S3ObjectStore.open("b", settings(URI.create("http://127.0.0.1:" + port)))) {
            assertThatThrownBy(dead::containerExists).isInstanceOfSatisfying(StorageException.class, e -> {
                assertThat(e.reason()).isEqualTo(StorageException.Reason.UNREACHABLE);
                assertThat(e.retryable()).isTrue();
            });
            assertThatThrownBy(() -> dead.put(ObjectKey.of("a"), ObjectContent.of(new byte[5]), PutOptions.OVERWRITE))
                    .isInstanceOfSatisfying(
                            StorageException.class,
                            e -> assertThat(e.reason()).isEqualTo(StorageException.Reason.UNREACHABLE));
        }
    }

    @Test
    void wrongCredentialsAreDeniedAndNotShown() throws Exception {
        String secret = System.getProperty("aws.secretAccessKey");
        System.setProperty("aws.secretAccessKey", "not-the-secret");
        try (S3ObjectStore denied = S3ObjectStore.open("bucket-" + buckets, settings(server.endpoint()))) {
            assertThatThrownBy(() -> denied.list("", Optional.empty(), 1))
                    .isInstanceOfSatisfying(StorageException.class, e -> {
                        assertThat(e.reason()).isEqualTo(StorageException.Reason.DENIED);
                        assertThat(e.retryable()).isFalse();
                        assertThat(e).hasMessageNotContaining("not-the-secret");
                    });
        } finally {
            System.setProperty("aws.secretAccessKey", secret);
        }
    }

    @Test
    void missingProfileIsReported() {
        assertThatThrownBy(() -> {
                    try (S3ObjectStore s3 = S3ObjectStore.open(
                            "b", new S3Settings(server.endpoint(), "no-such-profile", null, null, null))) {
                        s3.containerExists();
                    }
                })
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("no-such-profile");
    }
}
