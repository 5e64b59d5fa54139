// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link ObjectStore} does. Subclasses give a store whose container exists and is empty. */
public abstract class ObjectStoreContract {
    private static final int MIB = 1024 * 1024;

    protected ObjectStore store;

    /** Opens a store on a container that exists and is empty. */
    protected abstract ObjectStore openEmptyStore() throws Exception;

    @BeforeEach
    void openStore() throws Exception {
        store = openEmptyStore();
    }

    @AfterEach
    void closeStore() {
        if (store != null) {
            store.close();
        }
    }

    /** {@return how many bytes make an object that the store sends in several parts} */
    protected int largeBytes() {
        return 17 * MIB + 3;
    }

    /** {@return a size that the store accepts for the parts of an upload} */
    protected int partBytes() {
        return 5 * MIB;
    }

    /**
     * Reads the tags of an object past the store.
     *
     * @return empty when this store keeps no tags
     */
    protected Optional<Map<String, String>> tagsOf(ObjectKey key) throws Exception {
        return Optional.empty();
    }

    /** {@return whether an object with tags can be stored, even if they are then ignored} */
    protected boolean acceptsTags() {
        return true;
    }

    /** {@return keys that this store can keep besides the usual ones} */
    protected List<String> furtherKeys() {
        return List.of();
    }

    /** {@return those of the unusual keys that this store cannot represent, and refuses} */
    protected List<String> refusedKeys() {
        return List.of();
    }

    private static byte[] random(int size, long seed) {
        byte[] content = new byte[size];
        new Random(seed).nextBytes(content);
        return content;
    }

    private static ObjectKey key(String value) {
        return ObjectKey.of(value);
    }

    private void put(String key, String content) throws IOException {
        assertThat(store.put(
                        key(key), ObjectContent.of(content.getBytes(StandardCharsets.UTF_8)), PutOptions.OVERWRITE))
                .isTrue();
    }

    private String read(String key) throws IOException {
        try (InputStream in = store.open(key(key))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private String read(String key, long offset, long length) throws IOException {
        try (InputStream in = store.open(key(key), offset, length)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private List<String> keys(String prefix) throws StorageException {
        List<String> keys = new ArrayList<>();
        store.forEach(prefix, object -> keys.add(object.key().value()));
        return keys;
    }

    @Test
    void whatIsStoredIsRead() throws Exception {
        put("main/wals/a", "content");

        assertThat(read("main/wals/a")).isEqualTo("content");
        assertThat(keys("")).containsExactly("main/wals/a");
    }

    @Test
    void emptyObjectIsAnObject() throws Exception {
        put("empty", "");

        assertThat(read("empty")).isEmpty();
        assertThat(store.stat(key("empty")).orElseThrow().sizeBytes()).isZero();
        assertThat(read("empty", 0, 10)).isEmpty();
    }

    @Test
    void largeObjectIsReadBackUnchanged() throws Exception {
        byte[] content = random(largeBytes(), 7);

        assertThat(store.put(key("large"), ObjectContent.of(content), PutOptions.CREATE_ONLY))
                .isTrue();

        try (InputStream in = store.open(key("large"))) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
        assertThat(store.stat(key("large")).orElseThrow().sizeBytes()).isEqualTo(content.length);
    }

    @Test
    void largeObjectIsNotReplacedWhenItIsToBeCreatedOnly() throws Exception {
        put("large", "small");
        byte[] content = random(largeBytes(), 8);

        assertThat(store.put(key("large"), ObjectContent.of(content), PutOptions.CREATE_ONLY))
                .isFalse();
        assertThat(read("large")).isEqualTo("small");
        assertThat(store.put(key("large"), ObjectContent.of(content), PutOptions.OVERWRITE))
                .isTrue();
        try (InputStream in = store.open(key("large"))) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
    }

    @Test
    void partsOfALargeObjectAreReadAtTheSameTime() throws Exception {
        byte[] content = random(largeBytes(), 9);
        store.put(key("large"), ObjectContent.of(content), PutOptions.CREATE_ONLY);
        int length = content.length / 7 + 1;

        List<byte[]> parts = inParallel(7, i -> {
            try (InputStream in = store.open(key("large"), (long) i * length, length)) {
                return in.readAllBytes();
            }
        });

        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        parts.forEach(whole::writeBytes);
        assertThat(whole.toByteArray()).isEqualTo(content);
    }

    @Test
    void uploadInPartsAppearsWhenItIsComplete() throws Exception {
        int size = partBytes();
        byte[] content = random(3 * size + 17, 10);
        put("other", "stays");

        try (ObjectUpload upload = store.startUpload(key("up/load"), PutOptions.CREATE_ONLY)) {
            inParallel(4, i -> {
                upload.part(i + 1, content, i * size, Math.min(size, content.length - i * size));
                return i;
            });
            assertThat(keys("")).containsExactly("other");
            assertThat(store.stat(key("up/load"))).isEmpty();
            assertThat(upload.complete()).isTrue();
        }

        try (InputStream in = store.open(key("up/load"))) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
        assertThat(keys("")).containsExactly("other", "up/load");
    }

    @Test
    void uploadInPartsThatIsClosedBeforeItsEndLeavesNothing() throws Exception {
        put("there", "old");
        for (String name : List.of("there", "new")) {
            try (ObjectUpload upload = store.startUpload(key(name), PutOptions.OVERWRITE)) {
                upload.part(1, random(partBytes(), 11), 0, partBytes());
            }
        }

        assertThat(keys("")).containsExactly("there");
        assertThat(read("there")).isEqualTo("old");
    }

    @Test
    void uploadInPartsObeysTheOptions() throws Exception {
        put("a", "first");
        try (ObjectUpload upload = store.startUpload(key("a"), PutOptions.CREATE_ONLY)) {
            upload.part(1, "second".getBytes(StandardCharsets.UTF_8), 0, 6);
            assertThat(upload.complete()).isFalse();
        }
        assertThat(read("a")).isEqualTo("first");
        try (ObjectUpload upload = store.startUpload(key("a"), PutOptions.OVERWRITE)) {
            upload.part(1, "..third..".getBytes(StandardCharsets.UTF_8), 2, 5);
            assertThat(upload.complete()).isTrue();
        }
        assertThat(read("a")).isEqualTo("third");
    }

    @Test
    void tagsAreKeptWhereTheStoreHasThem() throws Exception {
        assumeTrue(acceptsTags(), "this store answers that it has no tags");
        Map<String, String> tags = Map.of("purpose", "wal archive", "a:b/c", "x+y=z_1.2-3");
        store.put(key("tagged"), ObjectContent.of(new byte[] {1}), PutOptions.CREATE_ONLY.withTags(tags));
        store.put(key("plain"), ObjectContent.of(new byte[] {1}), PutOptions.CREATE_ONLY);
        store.put(key("large"), ObjectContent.of(random(largeBytes(), 12)), PutOptions.OVERWRITE.withTags(tags));

        assertThat(keys("")).containsExactly("large", "plain", "tagged");
        Optional<Map<String, String>> found = tagsOf(key("tagged"));
        if (found.isPresent()) {
            assertThat(found.get()).isEqualTo(tags);
            assertThat(tagsOf(key("plain"))).contains(Map.of());
            assertThat(tagsOf(key("large"))).contains(tags);
        }
    }

    @Test
    void thousandsOfObjectsAreListedInPagesAndDeleted() throws Exception {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 2500; i++) {
            expected.add(String.format("main/wals/00000001000000%02X/%04d", i / 256, i));
        }
        inParallel(8, worker -> {
            for (int i = worker; i < expected.size(); i += 8) {
                put(expected.get(i), "x");
            }
            return worker;
        });
        put("main/walsX", "");
        put("main/base/1", "");

        assertThat(keys("main/wals/")).isEqualTo(expected);
        int pages = 0;
        List<String> found = new ArrayList<>();
        Optional<String> page = Optional.empty();
        do {
            ObjectPage objects = store.list("main/wals/", page, 700);
            objects.objects().forEach(o -> found.add(o.key().value()));
            page = objects.next();
            pages++;
        } while (page.isPresent());
        assertThat(found).isEqualTo(expected);
        assertThat(pages).isGreaterThanOrEqualTo(4);
        assertThat(store.listDirectories("main/wals/"))
                .hasSize(10)
                .startsWith("main/wals/0000000100000000/")
                .endsWith("main/wals/0000000100000009/");

        assertThat(store.delete(expected.stream().map(ObjectKey::of).toList())).isEmpty();
        assertThat(keys("")).containsExactly("main/base/1", "main/walsX");
    }

    @Test
    void directoriesAreWhatEndsWithTheNextSlash() throws Exception {
        for (String key :
                List.of("base/1/a", "base/1/b/c", "base/2/a", "base/10/x", "base/file", "bas", "b/x", "basement/a")) {
            put(key, "");
        }

        assertThat(store.listDirectories("base/")).containsExactly("base/1/", "base/10/", "base/2/");
        assertThat(store.listDirectories("")).containsExactly("b/", "base/", "basement/");
        assertThat(store.listDirectories("base/1")).containsExactly("base/1/", "base/10/");
        assertThat(store.listDirectories("base/1/")).containsExactly("base/1/b/");
        assertThat(store.listDirectories("nothing/")).isEmpty();
    }

    @FunctionalInterface
    private interface Task<T> {
        T run(int number) throws Exception;
    }

    /** Results in the order of the numbers from 0. */
    private static <T> List<T> inParallel(int count, Task<T> task) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(count);
        try {
            List<Future<T>> futures = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                futures.add(executor.submit(() -> task.run(number)));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void putReplacesUnlessToldToCreateOnly() throws Exception {
        put("a", "first");
        put("a", "second one");
        assertThat(read("a")).isEqualTo("second one");

        assertThat(store.put(key("a"), ObjectContent.of(new byte[] {1}), PutOptions.CREATE_ONLY))
                .isFalse();
        assertThat(read("a")).isEqualTo("second one");
        assertThat(store.put(key("b"), ObjectContent.of("new".getBytes()), PutOptions.CREATE_ONLY))
                .isTrue();
        assertThat(read("b")).isEqualTo("new");
    }

    @Test
    void oneOfManyCreatorsWins() throws Exception {
        int writers = 8;
        ExecutorService executor = Executors.newFixedThreadPool(writers);
        try {
            CountDownLatch start = new CountDownLatch(1);
            List<Future<Boolean>> results = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                byte[] content = ("writer " + i + " ").repeat(20_000).getBytes();
                results.add(executor.submit(() -> {
                    start.await();
                    return store.put(key("contested"), ObjectContent.of(content), PutOptions.CREATE_ONLY);
                }));
            }
            start.countDown();
            List<Integer> winners = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                if (results.get(i).get()) {
                    winners.add(i);
                }
            }
            assertThat(winners).hasSize(1);
            assertThat(read("contested")).isEqualTo(("writer " + winners.get(0) + " ").repeat(20_000));
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void contentOfTheWrongLengthStoresNothing() throws Exception {
        for (long announced : new long[] {2, 4}) {
            ObjectContent lying = new ObjectContent() {
                @Override
                public long sizeBytes() {
                    return announced;
                }

                @Override
                public InputStream open() {
                    return new ByteArrayInputStream(new byte[] {1, 2, 3});
                }
            };
            assertThatThrownBy(() -> store.put(key("lie"), lying, PutOptions.OVERWRITE))
                    .as("3 bytes announced as " + announced)
                    .isInstanceOf(IOException.class);
        }
        assertThat(keys("")).isEmpty();
    }

    @Test
    void contentThatCannotBeReadStoresNothing() throws Exception {
        put("there", "old");
        ObjectContent broken = new ObjectContent() {
            @Override
            public long sizeBytes() {
                return 100_000;
            }

            @Override
            public InputStream open() {
                return new InputStream() {
                    private int left = 50_000;

                    @Override
                    public int read() throws IOException {
                        if (left-- <= 0) {
                            throw new IOException("disk on fire");
                        }
                        return 'x';
                    }
                };
            }
        };

        assertThatThrownBy(() -> store.put(key("there"), broken, PutOptions.OVERWRITE))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> store.put(key("new"), broken, PutOptions.CREATE_ONLY))
                .isInstanceOf(IOException.class);

        assertThat(keys("")).containsExactly("there");
        assertThat(read("there")).isEqualTo("old");
    }

    @Test
    void absentObjectIsNotFound() throws Exception {
        put("a/b", "x");

        assertThatThrownBy(() -> store.open(key("a")).readAllBytes()).isInstanceOf(ObjectNotFoundException.class);
        assertThatThrownBy(() -> store.open(key("a/c"), 0, 1).readAllBytes())
                .isInstanceOfSatisfying(ObjectNotFoundException.class, e -> {
                    assertThat(e.retryable()).isFalse();
                    assertThat(e.reason()).isEqualTo(StorageException.Reason.NOT_FOUND);
                });
        assertThat(store.stat(key("a"))).isEmpty();
        assertThat(store.stat(key("A/B"))).isEmpty();
    }

    @Test
    void statTellsSizeAndTime() throws Exception {
        Instant before = Instant.now();
        put("a", "12345");

        ObjectInfo info = store.stat(key("a")).orElseThrow();
        assertThat(info.key()).isEqualTo(key("a"));
        assertThat(info.sizeBytes()).isEqualTo(5);
        assertThat(info.lastModified())
                .isBetween(before.minus(Duration.ofMinutes(1)), before.plus(Duration.ofMinutes(1)));
    }

    @Test
    void partsAreCutAtTheEndOfTheObject() throws Exception {
        put("a", "0123456789");

        assertThat(read("a", 0, 4)).isEqualTo("0123");
        assertThat(read("a", 4, 4)).isEqualTo("4567");
        assertThat(read("a", 8, 4)).isEqualTo("89");
        assertThat(read("a", 0, Long.MAX_VALUE)).isEqualTo("0123456789");
        assertThat(read("a", 10, 1)).isEmpty();
        assertThat(read("a", 1000, 1)).isEmpty();
        assertThatThrownBy(() -> store.open(key("a"), -1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.open(key("a"), 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void listingIsByPrefixInKeyOrder() throws Exception {
        for (String key : List.of("b/2", "b/10", "b-1", "b.1", "b0", "a", "c/d/e", "b/1/x", "B", "b/1.x", "b/1-x")) {
            put(key, key);
        }

        assertThat(keys(""))
                .containsExactly("B", "a", "b-1", "b.1", "b/1-x", "b/1.x", "b/1/x", "b/10", "b/2", "b0", "c/d/e");
        assertThat(keys("b/")).containsExactly("b/1-x", "b/1.x", "b/1/x", "b/10", "b/2");
        assertThat(keys("b/1")).containsExactly("b/1-x", "b/1.x", "b/1/x", "b/10");
        assertThat(keys("b")).containsExactly("b-1", "b.1", "b/1-x", "b/1.x", "b/1/x", "b/10", "b/2", "b0");
        assertThat(keys("b/1/")).containsExactly("b/1/x");
        assertThat(keys("b/1/x")).containsExactly("b/1/x");
        assertThat(keys("b/1/x/")).isEmpty();
        assertThat(keys("nothing")).isEmpty();
        assertThat(store.listAll("c").get(0).sizeBytes()).isEqualTo(5);
    }

    @Test
    void pagesHoldEveryObjectOnce() throws Exception {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 23; i++) {
            String key = String.format("p/%s/%02d", i % 2 == 0 ? "x" : "x-y", i);
            put(key, "");
            expected.add(key);
        }
        put("q", "");
        expected.sort(null);

        for (int size : new int[] {1, 7, 23, 24}) {
            List<String> found = new ArrayList<>();
            Optional<String> page = Optional.empty();
            do {
                ObjectPage objects = store.list("p/", page, size);
                assertThat(objects.objects()).hasSizeLessThanOrEqualTo(size);
                for (ObjectInfo object : objects.objects()) {
                    found.add(object.key().value());
                }
                page = objects.next();
            } while (page.isPresent());
            assertThat(found).as("pages of " + size).isEqualTo(expected);
        }
        assertThatThrownBy(() -> store.list("", Optional.empty(), 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void deletionTakesManyAndForgivesTheAbsent() throws Exception {
        for (String key : List.of("d/1", "d/2", "d/3", "e")) {
            put(key, key);
        }

        assertThat(store.delete(List.of(key("d/1"), key("d/3"), key("d/absent"), key("absent"))))
                .isEmpty();
        assertThat(keys("")).containsExactly("d/2", "e");
        assertThat(store.delete(List.of())).isEmpty();
        assertThat(store.delete(List.of(key("d/2")))).isEmpty();
        assertThat(keys("")).containsExactly("e");
        put("d/2", "again");
        assertThat(read("d/2")).isEqualTo("again");
    }

    @Test
    void unusualKeysWork() throws Exception {
        List<String> unusual = new ArrayList<>(List.of(
                "sp ace/a b",
                "plus+and&amp=%41?x#y",
                "per%cent%2F%",
                "quote'\"",
                "tilde~/*",
                "colon:semi;comma,",
                "back\\slash",
                "gr\u00fc\u00dfe/\u65e5\u672c/\ud83d\udc18",
                "-dash/_under/.dot/[b]{c}<d>|^`"));
        unusual.addAll(furtherKeys());
        unusual.removeAll(refusedKeys());
        for (String key : refusedKeys()) {
            for (PutOptions options : List.of(PutOptions.OVERWRITE, PutOptions.CREATE_ONLY)) {
                assertThatThrownBy(() -> store.put(key(key), ObjectContent.of(new byte[1]), options))
                        .isInstanceOfSatisfying(
                                StorageException.class,
                                e -> assertThat(e.retryable()).isFalse());
            }
        }
        for (String key : unusual) {
            put(key, key);
        }

        assertThat(keys("")).containsExactlyInAnyOrderElementsOf(unusual);
        for (String key : unusual) {
            assertThat(read(key)).isEqualTo(key);
            assertThat(read(key, 1, 2))
                    .isEqualTo(new String(key.getBytes(StandardCharsets.UTF_8), 1, 2, StandardCharsets.UTF_8));
            assertThat(store.stat(key(key))).isPresent();
            assertThat(keys(key)).containsExactly(key);
            assertThat(store.put(key(key), ObjectContent.of(new byte[0]), PutOptions.CREATE_ONLY))
                    .isFalse();
        }
        assertThat(store.delete(unusual.stream().map(ObjectKey::of).toList())).isEmpty();
        assertThat(keys("")).isEmpty();
    }

    @Test
    void containerExistsAndCreatingItAgainKeepsItsContent() throws Exception {
        put("a", "kept");

        assertThat(store.containerExists()).isTrue();
        store.createContainer();
        assertThat(read("a")).isEqualTo("kept");
    }
}
