// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.barman.cloudarchive.FaultyStore.Lost;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.RetryPolicy;
import dev.barman.object.RetryingObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.tar.PaxTarWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of the archives of a backup when the store fails while they are made visible. */
class CloudBackupUploadTest {
    private static final BackupId ID = BackupId.of("20261101T100000");
    private static final String BASE = "p/main/base/" + ID + "/";

    private final CloudBucket bucket = new CloudBucket();

    /** Three archives without entries, which have 10,240 bytes each. */
    private CloudBackupUpload upload(ObjectStore store, int jobs) throws Exception {
        return upload(store, jobs, 10_000);
    }

    private CloudBackupUpload upload(ObjectStore store, int jobs, int partBytes) throws Exception {
        BackupKeys keys = new BackupKeys(CloudLocation.parse(CloudBucket.URL, CloudProvider.AWS_S3), "main");
        UploadOptions options = new UploadOptions(null, jobs, 1 << 30, partBytes, 10_000, 0, Map.of());
        CloudBackupUpload upload = new CloudBackupUpload(store, keys, ID, options, false, TerminationSignals.none());
        for (String name : new String[] {"16385", "16386", "data"}) {
            upload.archive(name).finish();
        }
        return upload;
    }

    @ParameterizedTest
    @EnumSource
    void whateverGotLostNothingStaysVisibleOfABackupThatIsGivenUp(Lost lost) throws Exception {
        for (int jobs = 1; jobs <= 3; jobs++) {
            for (int archive = 1; archive <= 3; archive++) {
                FaultyStore store = new FaultyStore(bucket.memory, 0).losingCompletions(archive, archive, lost, false);
                try (CloudBackupUpload upload = upload(store, jobs)) {
                    assertThatThrownBy(upload::complete).hasMessage("no answer");
                    assertThat(upload.discard()).isEmpty();
                }
                assertThat(bucket.keys())
                        .as("archive %s, %s jobs", archive, jobs)
                        .isEmpty();
                assertThat(store.open).hasValue(0);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRepetitionFindsItsOwnArchive(Lost lost) throws Exception {
        ObjectStore store = new RetryingObjectStore(
                new FaultyStore(bucket.memory, 0).losingCompletions(2, 3, lost, true),
                new RetryPolicy(3, Duration.ofMillis(1), Duration.ofMillis(1)));
        try (CloudBackupUpload upload = upload(store, 2)) {
            upload.complete();
            assertThat(upload.isComplete()).isTrue();
        }

        assertThat(bucket.keys()).containsExactly(BASE + "16385.tar", BASE + "16386.tar", BASE + "data.tar");
    }

    @Test
    void anotherBackupsArchiveIsLeftAlone() throws Exception {
        bucket.put(BASE + "16386.tar", "of another backup");
        FaultyStore store = new FaultyStore(bucket.memory, 0).losingCompletions(2, 2, Lost.ANSWER, false);
        try (CloudBackupUpload upload = upload(store, 1)) {
            assertThatThrownBy(upload::complete).isInstanceOf(StorageException.class);
        }

        assertThat(bucket.keys()).containsExactly(BASE + "16386.tar");
        assertThat(bucket.text(BASE + "16386.tar")).isEqualTo("of another backup");
    }

    @Test
    void archivesOfWhichNobodyKnowsAreNamed() throws Exception {
        FaultyStore store = new FaultyStore(bucket.memory, 0).losingCompletions(1, 1, Lost.ANSWER, false);
        store.mute = true;
        try (CloudBackupUpload upload = upload(store, 1)) {
            assertThatThrownBy(upload::complete).isInstanceOf(StorageException.class);
            assertThat(upload.discard()).isEqualTo(List.of(ObjectKey.of(BASE + "16385.tar")));
        }
    }

    @Test
    void anArchiveWithMorePartsThanTheStoreTakesEndsWithAnAdvice() throws Exception {
        BackupKeys keys = new BackupKeys(CloudLocation.parse(CloudBucket.URL, CloudProvider.AWS_S3), "main");
        UploadOptions options = new UploadOptions(null, 1, 1 << 30, 10_000, 3, 0, Map.of());
        try (CloudBackupUpload upload =
                new CloudBackupUpload(bucket.memory, keys, ID, options, false, TerminationSignals.none())) {
            BackupArchiveWriter archive = upload.archive("data");
            assertThatThrownBy(() -> {
                        PaxTarWriter.Entry large = new PaxTarWriter.Entry("large", 50_000, 0600, 0, 0, "", "", null);
                        archive.add(new TreeEntry(large, null, (target, header, buffer) -> {
                            target.begin(header);
                            target.write(new byte[50_000], 50_000);
                            target.end();
                        }));
                        archive.finish();
                        archive.await();
                    })
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(BASE + "data.tar")
                    .hasMessageContaining("3 parts of 10000 bytes")
                    .hasMessageContaining("--min-chunk-size");
        }
        assertThat(bucket.keys()).isEmpty();
    }

    @Test
    void severalObjectsBecomeVisibleAtATimeBehindTheFirst() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        ObjectStore store = new PassingObjectStore(bucket.memory) {
            @Override
            public ObjectUpload startUpload(ObjectKey key, PutOptions options) throws StorageException {
                ObjectUpload upload = bucket.memory.startUpload(key, options);
                return new ObjectUpload() {
                    @Override
                    public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
                        upload.part(number, bytes, offset, length);
                    }

                    @Override
                    public boolean complete() throws StorageException {
                        if (!key.value().endsWith("/16385.tar")) {
                            assertThat(bucket.keys()).contains(BASE + "16385.tar");
                            both.countDown();
                            assertThat(Uninterruptibles.awaitUninterruptibly(both, 10, TimeUnit.SECONDS))
                                    .isTrue();
                        }
                        return upload.complete();
                    }

                    @Override
                    public void close() {
                        upload.close();
                    }
                };
            }
        };
        try (CloudBackupUpload upload = upload(store, 2)) {
            upload.complete();
        }

        assertThat(bucket.keys()).containsExactly(BASE + "16385.tar", BASE + "16386.tar", BASE + "data.tar");
    }

    @Test
    void ofTwoBackupsWithOneIdOneIsThereWhole() throws Exception {
        for (int round = 0; round < 20; round++) {
            AtomicInteger complete = new AtomicInteger();
            AtomicInteger taken = new AtomicInteger();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                CloudBackupUpload upload = upload(bucket.memory, 3);
                Thread thread = new Thread(() -> {
                    try (upload) {
                        upload.complete();
                        complete.incrementAndGet();
                    } catch (BackupArchiveWriter.TakenException e) {
                        taken.incrementAndGet();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                threads.add(thread);
            }
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(complete).hasValue(1);
            assertThat(taken).hasValue(1);
            assertThat(bucket.keys()).containsExactly(BASE + "16385.tar", BASE + "16386.tar", BASE + "data.tar");
            bucket.memory.delete(bucket.keys().stream().map(ObjectKey::of).toList());
        }
    }

    @Test
    void whatIsGivenUpIsNotSentFirst() throws Exception {
        CountDownLatch sending = new CountDownLatch(2);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger sent = new AtomicInteger();
        ObjectStore store = new PassingObjectStore(bucket.memory) {
            @Override
            public ObjectUpload startUpload(ObjectKey key, PutOptions options) {
                return new ObjectUpload() {
                    @Override
                    public void part(int number, byte[] bytes, int offset, int length) {
                        sent.incrementAndGet();
                        sending.countDown();
                        try {
                            go.await(10, TimeUnit.SECONDS);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }

                    @Override
                    public boolean complete() {
                        return true;
                    }

                    @Override
                    public void close() {}
                };
            }
        };
        // Two of the three archives are being sent, in one part each, and one waits for a thread.
        try (CloudBackupUpload upload = upload(store, 2, 20_000)) {
            sending.await();
            Thread discarding = new Thread(upload::discard);
            discarding.start();
            discarding.join(200);
            go.countDown();
            discarding.join();
        }

        assertThat(sent).hasValue(2);
    }
}
