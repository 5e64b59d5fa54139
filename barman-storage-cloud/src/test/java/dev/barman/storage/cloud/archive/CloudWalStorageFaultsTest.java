// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectPage;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.object.RetryPolicy;
import dev.barman.object.RetryingObjectStore;
import dev.barman.object.StorageException;
import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.storage.SampleWals;
import dev.barman.wal.storage.StoreOutcome;
import dev.barman.wal.storage.StoreOutcome.DifferentDuplicate;
import dev.barman.wal.storage.StoreOutcome.IdenticalDuplicate;
import dev.barman.wal.storage.StoreOutcome.Stored;
import dev.barman.wal.storage.StoredFile;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalStorageProvider;
import dev.barman.wal.storage.WalStoreException;
import dev.barman.wal.storage.WalToStore;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An archive in a bucket that answers badly, late, or not at all. */
class CloudWalStorageFaultsTest {
    private static final int SIZE = 20_000;

    @TempDir
    Path directory;

    private final MemoryObjectStore objects = new MemoryObjectStore();
    private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    private BucketFixture bucket;

    @BeforeEach
    void setUp() throws IOException {
        bucket = new BucketFixture(directory);
        objects.createContainer();
    }

    /** Stands before or behind a call of the store. */
    @FunctionalInterface
    private interface Fault {
        /** Lets the call through, or not. */
        Object around(String method, Object[] arguments, Call call) throws Exception;
    }

    @FunctionalInterface
    private interface Call {
        Object proceed() throws Exception;
    }

    private ObjectStore faulty(Fault fault) {
        return (ObjectStore) Proxy.newProxyInstance(
                ObjectStore.class.getClassLoader(), new Class<?>[] {ObjectStore.class}, (proxy, method, arguments) -> {
                    calls.add(method.getName());
                    return fault.around(method.getName(), arguments == null ? new Object[0] : arguments, () -> {
                        try {
                            return method.invoke(objects, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause() instanceof Exception failure ? failure : e;
                        }
                    });
                });
    }

    private static StorageException cut() {
        return new StorageException("connection reset", StorageException.Reason.UNREACHABLE, true, null);
    }

    private static ObjectStore retrying(ObjectStore store) {
        return new RetryingObjectStore(store, RetryPolicy.DEFAULT, pause -> {}, () -> 0);
    }

    private WalToStore source(int number) throws IOException {
        return source(number, SampleWals.content(number, SIZE));
    }

    private WalToStore source(int number, byte[] content) throws IOException {
        return SampleWals.describe(SampleWals.write(directory, SampleWals.name(number), content));
    }

    private List<WalToStore> sources(int count) throws IOException {
        List<WalToStore> wals = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            wals.add(source(i));
        }
        return wals;
    }

    private static List<String> names(List<WalToStore> wals) {
        return wals.stream().map(wal -> wal.name().text()).toList();
    }

    private static List<StoreOutcome> save(WalStorage storage, List<WalToStore> wals) throws IOException {
        List<StoreOutcome> outcomes = new ArrayList<>();
        storage.save(wals.iterator(), outcomes::addAll);
        return outcomes;
    }

    private void put(String key, byte[] content) throws IOException {
        objects.put(ObjectKey.of(bucket.keys.prefix() + key), ObjectContent.of(content), PutOptions.OVERWRITE);
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (WalCodec codec = WalCodec.of(CompressionSettings.of(CompressionAlgorithm.GZIP));
                OutputStream out = codec.compressing(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    @Test
    void lostAnswersAreAskedForAgainAndTheObjectIsFoundToBeOurs() throws IOException {
        ObjectStore store = faulty((method, arguments, call) -> {
            Object answer = call.proceed();
            if (method.equals("put") && answer.equals(true)) {
                throw cut();
            }
            return answer;
        });
        List<WalToStore> wals = sources(20);

        List<StoreOutcome> outcomes = save(bucket.storage(retrying(store), CompressionAlgorithm.GZIP), wals);

        // The store was asked what is there: ours.
        assertThat(outcomes).hasSize(20).allMatch(outcome -> outcome instanceof Stored);
        assertThat(bucket.indexed()).isEqualTo(names(wals));
        assertThat(bucket.objects(objects)).hasSize(20);
    }

    @Test
    void storeThatIgnoresTheConditionReplacesNothing() throws IOException {
        ObjectStore store = faulty((method, arguments, call) -> {
            if (method.equals("put")) {
                arguments[2] = PutOptions.OVERWRITE;
            }
            return call.proceed();
        });
        byte[] first = SampleWals.content(1, SIZE);
        assertThat(bucket.storage(store, null).save(source(1, first))).isInstanceOf(Stored.class);

        assertThat(bucket.storage(store, null).save(source(1, SampleWals.content(2, SIZE))))
                .isInstanceOf(DifferentDuplicate.class);

        try (InputStream stored = bucket.storage(objects, null).open(WalFileName.parse(SampleWals.name(1)))) {
            assertThat(stored.readAllBytes()).isEqualTo(first);
        }
    }

    @Test
    void fileThatChangedAfterALostAnswerIsNotTakenForAnother() throws IOException {
        WalToStore wal = source(1);
        ObjectStore store = faulty((method, arguments, call) -> {
            if (!method.equals("put")) {
                return call.proceed();
            }
            call.proceed();
            Files.write(wal.file(), SampleWals.content(2, SIZE + 1));
            return false;
        });

        assertThatThrownBy(() -> bucket.storage(store, null).save(wal)).hasMessageContaining("was changed while");

        assertThat(bucket.indexed()).isEmpty();
    }

    @Test
    void objectOfAChangedFileThatCannotBeTakenBackIsNamed() throws IOException {
        WalToStore wal = source(1);
        ObjectStore store = faulty((method, arguments, call) -> {
            if (method.equals("delete")) {
                throw new StorageException("no permission", StorageException.Reason.DENIED, false, null);
            }
            Object answer = call.proceed();
            if (method.equals("put")) {
                Files.write(wal.file(), SampleWals.content(2, SIZE + 1));
            }
            return answer;
        });

        assertThatThrownBy(() -> bucket.storage(store, null).save(wal))
                .hasMessageContainingAll("was changed while", "Remove the object", "no permission");
    }

    @Test
    void missingBucketIsNoMissingWal() throws IOException {
        boolean[] there = {false};
        ObjectStore store =
                faulty((method, arguments, call) -> method.equals("containerExists") ? there[0] : call.proceed());
        CloudWalStorage archive = bucket.storage(store, null);
        WalFileName name = WalFileName.parse(SampleWals.name(1));

        assertThatThrownBy(() -> archive.exists(name)).hasMessageContaining("does not exist");
        there[0] = true;
        assertThat(archive.exists(name)).isFalse();
        assertThat(archive.stat(name)).isEmpty();
        assertThat(calls.stream().filter("containerExists"::equals)).hasSize(2);
    }

    /** The store has been patient with it; who asks has other places to look in. */
    @Test
    void downloadThatDoesNotBeginIsNotRepeated() {
        ObjectStore store = faulty((method, arguments, call) -> {
            throw cut();
        });

        assertThatThrownBy(() -> bucket.storage(store, null).fetch(WalFileName.parse(SampleWals.name(1))))
                .hasMessageContaining("connection reset");

        assertThat(calls).containsExactly("open");
    }

    @Test
    void uploadWhoseAnswerWasLostForGoodGetsItsLineNextTime() throws IOException {
        ObjectStore store = faulty((method, arguments, call) -> {
            Object answer = call.proceed();
            if (method.equals("put")) {
                throw cut();
            }
            return answer;
        });
        WalToStore wal = source(1);

        assertThatThrownBy(() -> bucket.storage(store, null).save(wal))
                .isInstanceOf(WalStoreException.class)
                .hasMessageContainingAll(wal.file().toString(), "s3://b/p/main/wals", "connection reset");
        assertThat(bucket.objects(objects)).hasSize(1);
        assertThat(bucket.indexed()).isEmpty();

        assertThat(bucket.storage(objects, null).save(wal)).isInstanceOf(IdenticalDuplicate.class);
        assertThat(bucket.indexed()).containsExactly(wal.name().text());
    }

    @Test
    void behindAWalThatCannotBeStoredNothingIsIndexed() throws IOException {
        List<WalToStore> wals = sources(30);
        String broken = wals.get(7).name().text();
        ObjectStore store = faulty((method, arguments, call) -> {
            if (method.equals("put") && arguments[0].toString().contains(broken)) {
                throw cut();
            }
            return call.proceed();
        });
        List<StoreOutcome> outcomes = new ArrayList<>();

        WalStoreException failure = catchThrowableOfType(
                WalStoreException.class, () -> bucket.storage(store, null).save(wals.iterator(), outcomes::addAll));

        assertThat(failure.wal()).isEqualTo(wals.get(7));
        assertThat(outcomes).extracting(StoreOutcome::wal).isEqualTo(wals.subList(0, 7));
        assertThat(bucket.indexed()).isEqualTo(names(wals.subList(0, 7)));

        save(bucket.storage(objects, null), wals.subList(7, 30));
        assertThat(bucket.indexed()).isEqualTo(names(wals));
    }

    @Test
    void nothingIsStoredWhenItCannotBeToldWhetherTheFileIsThereInAnotherForm() throws IOException {
        ObjectStore store = faulty((method, arguments, call) -> {
            if (method.equals("stat")) {
                throw cut();
            }
            return call.proceed();
        });

        assertThatThrownBy(() -> bucket.storage(store, null).save(source(1))).isInstanceOf(WalStoreException.class);
        assertThat(bucket.objects(objects)).isEmpty();
        assertThat(bucket.indexed()).isEmpty();
    }

    @Test
    void afterAChangeOfCompressionTheObjectThatIsThereStaysAndIsIndexedAsItIs() throws IOException {
        byte[] stored = gzip(SampleWals.content(1, SIZE));
        put("0000000100000000/" + SampleWals.name(1) + ".gz", stored);

        StoreOutcome outcome =
                bucket.storage(objects, CompressionAlgorithm.ZSTD).save(source(1));

        assertThat(outcome).isInstanceOf(IdenticalDuplicate.class);
        assertThat(outcome.location()).endsWith(SampleWals.name(1) + ".gz");
        assertThat(bucket.lines()).hasSize(1);
        assertThat(bucket.lines().get(0).compression()).isEqualTo("gzip");
        assertThat(bucket.lines().get(0).sizeBytes()).isEqualTo(stored.length);
        assertThat(bucket.objects(objects)).hasSize(1);
        CloudWalStorage storage = bucket.storage(objects, CompressionAlgorithm.ZSTD);
        WalFileName name = WalFileName.parse(SampleWals.name(1));
        assertThat(storage.stat(name).orElseThrow().compression()).isEqualTo("gzip");
        try (StoredFile fetched = storage.fetch(name).orElseThrow()) {
            assertThat(fetched.file()).hasBinaryContent(stored);
            assertThat(fetched.location()).endsWith(".gz");
        }
    }

    @Test
    void otherContentUnderAnotherSuffixIsDifferentAndStays() throws IOException {
        put("0000000100000000/" + SampleWals.name(1) + ".gz", gzip(SampleWals.content(2, SIZE)));

        assertThat(bucket.storage(objects, null).save(source(1))).isInstanceOf(DifferentDuplicate.class);
        assertThat(bucket.objects(objects)).containsExactly("0000000100000000/" + SampleWals.name(1) + ".gz");
    }

    private static InputStream breaking(InputStream stored) {
        return new FilterInputStream(stored) {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                int n = in.read(buffer, offset, Math.min(length, SIZE / 2));
                if (in.available() == 0 && n >= 0) {
                    throw new IOException("the connection was closed before the end");
                }
                return n;
            }

            @Override
            public long transferTo(OutputStream out) throws IOException {
                byte[] buffer = new byte[1024];
                for (int n = read(buffer, 0, 1024); n >= 0; n = read(buffer, 0, 1024)) {
                    out.write(buffer, 0, n);
                }
                return 0;
            }
        };
    }

    @Test
    void downloadThatBreaksOffIsBegunAnewAndNeverTakenForOtherContent() throws IOException {
        bucket.storage(objects, null).save(source(1));
        AtomicInteger broken = new AtomicInteger();
        ObjectStore once = faulty((method, arguments, call) -> method.equals("open") && broken.getAndIncrement() == 0
                ? breaking((InputStream) call.proceed())
                : call.proceed());
        ObjectStore always = faulty((method, arguments, call) ->
                method.equals("open") ? breaking((InputStream) call.proceed()) : call.proceed());

        assertThat(bucket.storage(once, null).save(source(1))).isInstanceOf(IdenticalDuplicate.class);
        assertThat(broken).hasValue(2);
        assertThatThrownBy(() -> bucket.storage(always, null).save(source(1)))
                .isInstanceOf(WalStoreException.class)
                .hasMessageContaining("closed before the end");
        assertThatThrownBy(() -> bucket.storage(always, null).fetch(WalFileName.parse(SampleWals.name(1))))
                .hasMessageContaining("closed before the end");
    }

    @Test
    void storeThatCannotTellIsNotAnAbsentWal() {
        ObjectStore store = faulty((method, arguments, call) -> {
            throw cut();
        });
        CloudWalStorage storage = bucket.storage(store, null);
        WalFileName name = WalFileName.parse(SampleWals.name(1));

        assertThatThrownBy(() -> storage.stat(name)).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> storage.exists(name)).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> storage.fetch(name)).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> storage.open(name)).isInstanceOf(StorageException.class);
        assertThatThrownBy(storage::probe).isInstanceOf(StorageException.class);
    }

    @Test
    void bucketThatDoesNotExistDoesNotAnswer() {
        ObjectStore store =
                faulty((method, arguments, call) -> method.equals("containerExists") ? Boolean.FALSE : call.proceed());

        assertThatThrownBy(() -> bucket.storage(store, null).probe())
                .isInstanceOf(StorageException.class)
                .hasMessageContainingAll("s3://b/p/main/wals", "does not exist");
    }

    @Test
    void nothingIsListedToStoreOrToGetAWal() throws IOException {
        CloudWalStorage storage =
                bucket.storage(faulty((method, arguments, call) -> call.proceed()), CompressionAlgorithm.GZIP);
        List<WalToStore> wals = sources(3);

        save(storage, wals);
        save(storage, wals);
        WalFileName name = wals.get(0).name();
        storage.open(name).close();
        storage.fetch(name).orElseThrow().close();
        assertThat(storage.exists(name)).isTrue();
        assertThat(storage.fetch(WalFileName.parse(SampleWals.name(9)))).isEmpty();

        assertThat(calls).contains("put", "stat", "open").doesNotContain("list", "listAll", "forEach");
    }

    @Test
    void severalUploadsAreOnTheirWayAtTheSameTimeButNotMoreThanEight() throws IOException {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch eight = new CountDownLatch(8);
        ObjectStore store = faulty((method, arguments, call) -> {
            if (!method.equals("put")) {
                return call.proceed();
            }
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            eight.countDown();
            assertThat(eight.await(20, TimeUnit.SECONDS)).isTrue();
            try {
                return call.proceed();
            } finally {
                now.decrementAndGet();
            }
        });
        List<WalToStore> wals = sources(40);

        save(bucket.storage(store, null), wals);

        assertThat(most).hasValue(8);
        assertThat(bucket.indexed()).isEqualTo(names(wals));
    }

    @Test
    void rebuildOfTheIndexBetweenUploadAndLineDoesNotDoubleTheLine() throws IOException {
        WalToStore wal = source(1);
        CloudWalStorage storage = bucket.storage(objects, null, (step, name) -> {
            if (step == SaveStep.UPLOADED) {
                replaceIndex(List.of(new WalEntry(name, SIZE, 1.0, null, null)));
            }
        });

        assertThat(storage.save(wal)).isInstanceOf(Stored.class);
        assertThat(bucket.indexed()).containsExactly(wal.name().text());
    }

    private void replaceIndex(List<WalEntry> lines) {
        try {
            bucket.lockedIndex.write(index -> {
                index.replace(lines.iterator());
                return true;
            });
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void objectThatARemovalTookAwayBeforeItWasIndexedIsNotIndexed() throws IOException {
        CloudWalStorage storage = bucket.storage(objects, null, (step, name) -> {
            if (step == SaveStep.UPLOADED) {
                replaceIndex(List.of());
                objects.delete(List.of(bucket.keys.key(WalFileName.parse(name), null)));
            }
        });

        assertThatThrownBy(() -> storage.save(source(1)))
                .isInstanceOf(WalStoreException.class)
                .hasMessageContaining("was removed before it was indexed");
        assertThat(bucket.indexed()).isEmpty();
    }

    @Test
    void fileThatChangesWhileItIsSentIsNotArchived() throws IOException {
        WalToStore wal = source(1);
        ObjectStore store = faulty((method, arguments, call) -> {
            Object answer = call.proceed();
            if (method.equals("put")) {
                Files.write(wal.file(), SampleWals.content(2, SIZE));
            }
            return answer;
        });

        assertThatThrownBy(() -> bucket.storage(store, null).save(wal)).hasMessageContaining("was changed");
        assertThat(bucket.objects(objects)).isEmpty();
        assertThat(bucket.indexed()).isEmpty();
    }

    @Test
    void deleteRemovesEveryFormOfTheNamesAndNothingElse() throws IOException {
        String directoryName = "0000000100000000/";
        for (int i = 0; i < 8; i++) {
            put(directoryName + SampleWals.name(i) + (i % 2 == 0 ? ".gz" : ""), new byte[] {1});
        }
        put(directoryName + SampleWals.name(1) + ".zst", new byte[] {1});
        put(directoryName + SampleWals.name(1) + ".00000028.backup.gz", new byte[] {1});
        put(directoryName + SampleWals.name(1) + ".partial", new byte[] {1});
        put(directoryName + SampleWals.name(1) + ".note", new byte[] {1});
        put("00000002.history.gz", new byte[] {1});
        put("00000003.history", new byte[] {1});
        List<WalFileName> names = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            names.add(WalFileName.parse(SampleWals.name(i)));
        }
        names.add(WalFileName.parse("00000002.history"));

        assertThat(bucket.storage(objects, null).delete(names)).isEmpty();

        assertThat(bucket.objects(objects))
                .containsExactly(
                        directoryName + SampleWals.name(1) + ".00000028.backup.gz",
                        directoryName + SampleWals.name(1) + ".note",
                        directoryName + SampleWals.name(1) + ".partial",
                        directoryName + SampleWals.name(6) + ".gz",
                        directoryName + SampleWals.name(7),
                        "00000003.history");
    }

    @Test
    void objectsThatAreNotDeletedAreToldByName() throws IOException {
        save(bucket.storage(objects, null), sources(2));
        ObjectStore store = faulty((method, arguments, call) -> method.equals("delete")
                ? Map.of(bucket.keys.key(WalFileName.parse(SampleWals.name(1)), null), cut())
                : call.proceed());

        List<WalStorage.DeleteFailure> failures = bucket.storage(store, null)
                .delete(List.of(WalFileName.parse(SampleWals.name(0)), WalFileName.parse(SampleWals.name(1))));

        assertThat(failures)
                .containsExactly(
                        new WalStorage.DeleteFailure(WalFileName.parse(SampleWals.name(1)), "connection reset"));
    }

    @Test
    void oneFileInTwoFormsIsListedOnceAndNamesAscend() throws IOException {
        put("0000000100000000/" + SampleWals.name(1) + ".gz", new byte[] {1});
        put("0000000100000000/" + SampleWals.name(1), new byte[] {1, 2});
        put("0000000100000000/" + SampleWals.name(1) + ".00000028.backup", new byte[] {1});
        put("0000000100000000/" + SampleWals.name(2) + ".gz", new byte[] {1});
        put("00000002.history.gz", new byte[] {1});
        put("0000000200000000/000000020000000000000003.gz", new byte[] {1});
        put("0000000200000000/junk", new byte[] {1});
        List<String> listed = new ArrayList<>();

        bucket.storage(objects, null)
                .list(wal -> listed.add(wal.name() + " " + wal.sizeBytes() + " " + wal.compression()));

        assertThat(listed)
                .containsExactly(
                        SampleWals.name(1) + " 2 null",
                        SampleWals.name(1) + ".00000028.backup 1 null",
                        SampleWals.name(2) + " 1 gzip",
                        "00000002.history 1 gzip",
                        "000000020000000000000003 1 gzip");
    }

    @Test
    void providerIsFoundForUrlsOfBucketsAndRefusesWhatTheLayoutDoesNotKnow() {
        WalStorageProvider provider =
                ServiceLoader.load(WalStorageProvider.class).findFirst().orElseThrow();

        assertThat(provider.accepts("s3://b/p")).isTrue();
        assertThat(provider.accepts("gs://b/p")).isTrue();
        assertThat(provider.accepts("https://account.blob.core.windows.net/c/p"))
                .isTrue();
        assertThat(provider.accepts("ftp://b/p")).isFalse();
        assertThat(provider.accepts("/var/lib/barman")).isFalse();
        assertThat(provider.open(description("s3://b/p/", null)).location()).isEqualTo("s3://b/p/main/wals");
        assertThatThrownBy(() -> provider.open(description("s3://", null)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () -> provider.open(description("s3://b", CompressionSettings.of(CompressionAlgorithm.PIGZ))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pigz");
    }

    private WalStorageProvider.Description description(String url, @Nullable CompressionSettings compression) {
        return new WalStorageProvider.Description(url, "main", bucket.lockedIndex, compression);
    }

    private void putBelowServer(String server, String key) throws IOException {
        objects.put(ObjectKey.of("p/" + server + "/" + key), ObjectContent.of(new byte[1]), PutOptions.OVERWRITE);
    }

    @Test
    void baseBackupsAtTheSamePlaceAreFoundWithOneShortListing() throws IOException {
        List<Object> asked = new ArrayList<>();
        ObjectStore store = faulty((method, arguments, call) -> {
            asked.addAll(List.of(arguments));
            return call.proceed();
        });
        putBelowServer("main2", "base/20261101T100000/data.tar");
        putBelowServer("main", "based");
        putBelowServer("main", "wals/0000000100000000/base");

        assertThat(bucket.storage(store, null).sharedWith()).isEmpty();

        putBelowServer("main", "base/20261101T100000/data.tar");
        putBelowServer("main", "base/20261102T100000/data.tar");
        asked.clear();
        calls.clear();
        assertThat(bucket.storage(store, null).sharedWith())
                .hasValue("base backups of barman-cloud-backup are kept at the same place"
                        + " (s3://b/p/main/base/20261101T100000/data.tar)");
        assertThat(calls).containsExactly("list");
        assertThat(asked).containsExactly("p/main/base/", Optional.empty(), 10);
    }

    @Test
    void pagesWithoutObjectsAreNoAnswer() throws IOException {
        putBelowServer("main", "base/20261101T100000/data.tar");
        AtomicInteger pages = new AtomicInteger();
        ObjectStore store = faulty((method, arguments, call) -> {
            if (pages.getAndIncrement() == 0) {
                return new ObjectPage(List.of(), Optional.of("p/main/base/"));
            }
            assertThat(arguments[1]).isEqualTo(Optional.of("p/main/base/"));
            arguments[1] = Optional.empty();
            return call.proceed();
        });

        assertThat(bucket.storage(store, null).sharedWith()).isPresent();
    }

    @Test
    void whoElseUsesTheBucketIsAFailureWhenItDoesNotAnswer() {
        ObjectStore store = faulty((method, arguments, call) -> {
            throw cut();
        });

        assertThatThrownBy(() -> bucket.storage(store, null).sharedWith())
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("connection reset");
    }

    @Test
    void archivingAndFetchingDoNotAskWhoElseUsesTheBucket() throws IOException {
        putBelowServer("main", "base/20261101T100000/data.tar");
        ObjectStore store = faulty((method, arguments, call) -> call.proceed());
        CloudWalStorage storage = bucket.storage(store, CompressionAlgorithm.GZIP);

        save(storage, sources(3));
        storage.stat(WalFileName.parse(SampleWals.name(1)));
        storage.fetch(WalFileName.parse(SampleWals.name(1))).orElseThrow().close();

        assertThat(calls).doesNotContain("list", "forEach", "listAll");
    }
}
