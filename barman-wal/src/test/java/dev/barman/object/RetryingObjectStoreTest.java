// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class RetryingObjectStoreTest {
    private static final ObjectKey KEY = ObjectKey.of("a");

    private final FlakyObjectStore flaky = new FlakyObjectStore();
    private final List<Duration> pauses = new ArrayList<>();
    private final RetryPolicy policy = new RetryPolicy(4, Duration.ofMillis(100), Duration.ofMillis(300));
    private final RetryingObjectStore store = new RetryingObjectStore(flaky, policy, pauses::add, () -> 0);

    private static StorageException failure(boolean retryable) {
        return new StorageException("no luck", StorageException.Reason.UNREACHABLE, retryable, null);
    }

    @Test
    void passingFailureIsRepeatedWithGrowingPauses() throws Exception {
        flaky.failures.addAll(List.of(failure(true), failure(true), failure(true)));

        assertThat(store.put(KEY, ObjectContent.of("x".getBytes()), PutOptions.CREATE_ONLY))
                .isTrue();

        assertThat(pauses).containsExactly(Duration.ofMillis(100), Duration.ofMillis(200), Duration.ofMillis(300));
        assertThat(store.open(KEY).readAllBytes()).isEqualTo("x".getBytes());
    }

    @Test
    void lastFailureIsReported() {
        StorageException last = failure(true);
        flaky.failures.addAll(List.of(failure(true), failure(true), failure(true), last));

        assertThatThrownBy(() -> store.stat(KEY)).isSameAs(last);
        assertThat(flaky.calls).isEqualTo(4);
    }

    @Test
    void eachPartOfAnUploadIsRepeatedByItself() throws Exception {
        flaky.failures.addAll(List.of(failure(true), failure(true)));
        try (ObjectUpload upload = store.startUpload(KEY, PutOptions.CREATE_ONLY)) {
            assertThat(flaky.calls).isEqualTo(3);
            flaky.failures.add(failure(true));
            upload.part(1, "xy".getBytes(), 0, 2);
            flaky.failures.add(failure(true));
            assertThat(upload.complete()).isTrue();
        }
        assertThat(flaky.calls).isEqualTo(7);
        assertThat(store.open(KEY).readAllBytes()).isEqualTo("xy".getBytes());
    }

    @Test
    void permanentFailureIsNotRepeated() {
        StorageException permanent = failure(false);
        flaky.failures.add(permanent);

        assertThatThrownBy(() -> store.list("", Optional.empty(), 10)).isSameAs(permanent);
        assertThat(flaky.calls).isEqualTo(1);
        assertThat(pauses).isEmpty();
    }

    @Test
    void objectOfWhichOnlyTheAnswerWasLostCountsAsStored() throws Exception {
        byte[] content = new byte[200_000];
        content[150_000] = 1;
        flaky.answersLost = 1;

        assertThat(store.put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY))
                .isTrue();
        assertThat(store.open(KEY).readAllBytes()).isEqualTo(content);
        assertThat(store.put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY))
                .as("without a failure it is simply taken")
                .isFalse();
    }

    @Test
    void otherContentUnderTheKeyIsNotTakenForOnesOwn() throws Exception {
        byte[] content = new byte[200_000];
        byte[] other = content.clone();
        other[199_999] = 1;
        for (byte[] there : new byte[][] {other, new byte[199_999], new byte[200_001]}) {
            flaky.memory.put(KEY, ObjectContent.of(there), PutOptions.OVERWRITE);
            flaky.failures.add(failure(true));

            assertThat(store.put(KEY, ObjectContent.of(content), PutOptions.CREATE_ONLY))
                    .isFalse();
            assertThat(store.open(KEY).readAllBytes()).isEqualTo(there);
        }
    }

    @Test
    void absenceIsNotRepeated() {
        assertThatThrownBy(() -> store.open(KEY)).isInstanceOf(ObjectNotFoundException.class);
        assertThat(flaky.calls).isEqualTo(1);
    }

    @Test
    void onlyWhatWasNotDeletedIsDeletedAgain() throws Exception {
        ObjectKey passing = ObjectKey.of("passing");
        ObjectKey permanent = ObjectKey.of("permanent");
        flaky.deletions.add(new HashMap<>(Map.of(passing, failure(true), permanent, failure(false))));
        flaky.deletions.add(new HashMap<>(Map.of(passing, failure(true))));

        Map<ObjectKey, StorageException> left = store.delete(List.of(KEY, passing, permanent));

        assertThat(left).containsOnlyKeys(permanent);
        assertThat(flaky.deleted).containsExactly(List.of(KEY, passing, permanent), List.of(passing), List.of(passing));
        assertThat(pauses).containsExactly(Duration.ofMillis(100), Duration.ofMillis(200));
    }

    @Test
    void interruptionEndsTheWaiting() {
        RetryingObjectStore interrupted = new RetryingObjectStore(
                flaky,
                policy,
                pause -> {
                    throw new InterruptedException();
                },
                () -> 0);
        flaky.failures.add(failure(true));

        assertThatThrownBy(() -> interrupted.stat(KEY)).isInstanceOf(StorageException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(flaky.calls).isEqualTo(1);
    }

    @Test
    void pausesAreSpread() {
        assertThat(policy.pauseAfter(1, 0.5)).isEqualTo(Duration.ofMillis(75));
        assertThat(policy.pauseAfter(2, 0.99)).isEqualTo(Duration.ofMillis(101));
        assertThat(policy.pauseAfter(50, 0)).isEqualTo(Duration.ofMillis(300));
        assertThatThrownBy(() -> new RetryPolicy(0, Duration.ZERO, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** A store that works when it is not told to fail keeps the whole contract. */
    @Nested
    class WithoutFailures extends ObjectStoreContract {
        @Override
        protected ObjectStore openEmptyStore() {
            return new RetryingObjectStore(new MemoryObjectStore(), RetryPolicy.DEFAULT);
        }
    }

    private static final class FlakyObjectStore implements ObjectStore {
        final Deque<StorageException> failures = new ArrayDeque<>();
        final Deque<Map<ObjectKey, StorageException>> deletions = new ArrayDeque<>();
        final List<List<ObjectKey>> deleted = new ArrayList<>();
        final MemoryObjectStore memory = new MemoryObjectStore();
        int calls;
        int answersLost;

        private void call() throws StorageException {
            calls++;
            StorageException failure = failures.poll();
            if (failure != null) {
                throw failure;
            }
        }

        @Override
        public boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
            call();
            boolean stored = memory.put(key, content, options);
            if (answersLost-- > 0) {
                throw failure(true);
            }
            return stored;
        }

        @Override
        public ObjectUpload startUpload(ObjectKey key, PutOptions options) throws StorageException {
            call();
            ObjectUpload upload = memory.startUpload(key, options);
            return new ObjectUpload() {
                @Override
                public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
                    call();
                    upload.part(number, bytes, offset, length);
                }

                @Override
                public boolean complete() throws StorageException {
                    call();
                    return upload.complete();
                }

                @Override
                public void close() {
                    upload.close();
                }
            };
        }

        @Override
        public InputStream open(ObjectKey key) throws StorageException {
            call();
            return memory.open(key);
        }

        @Override
        public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
            call();
            return memory.open(key, offset, length);
        }

        @Override
        public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
            call();
            return memory.stat(key);
        }

        @Override
        public ObjectPage list(String prefix, Optional<String> page, int maxObjects) throws StorageException {
            call();
            return memory.list(prefix, page, maxObjects);
        }

        @Override
        public Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) throws StorageException {
            call();
            deleted.add(List.copyOf(keys));
            Map<ObjectKey, StorageException> failed = deletions.poll();
            return failed == null ? Map.of() : failed;
        }

        @Override
        public boolean containerExists() throws StorageException {
            call();
            return true;
        }

        @Override
        public void createContainer() throws StorageException {
            call();
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
