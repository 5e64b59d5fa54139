// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repeats what failed with a {@link StorageException#retryable retryable} exception. The one layer that retries: the stores
 * below it do not, and nothing above it should.
 *
 * <p>An upload is repeated from its beginning. When an object that was to be created only is there at the repetition, it may be what the first attempt has
 * stored, of which only the answer was lost: it is read then, and counts as stored when its content is the right one. Of a batch of deletions only what failed is repeated. Opening an object is
 * repeated, reading from it is not: a stream that breaks off is the caller's to handle. Thread-safe if the store below is.
 */
public final class RetryingObjectStore implements ObjectStore {
    private static final int COMPARED_BYTES = 64 * 1024;
    private static final Logger logger = LoggerFactory.getLogger(RetryingObjectStore.class);

    /** Waits; tests replace it. */
    @FunctionalInterface
    public interface Sleeper {
        /**
         * @param pause how long to wait
         * @throws InterruptedException when the thread is asked to stop waiting
         */
        void sleep(Duration pause) throws InterruptedException;
    }

    @FunctionalInterface
    private interface Call<T> {
        T run() throws IOException;
    }

    private final ObjectStore store;
    private final RetryPolicy policy;
    private final Sleeper sleeper;
    private final DoubleSupplier random;

    /**
     * @param store the store that does the work; closed with this one
     * @param policy how often to try
     */
    public RetryingObjectStore(ObjectStore store, RetryPolicy policy) {
        this(store, policy, pause -> Thread.sleep(pause.toMillis()), Math::random);
    }

    /**
     * @param store the store that does the work; closed with this one
     * @param policy how often to try
     * @param sleeper waits between the attempts
     * @param random numbers from 0 (inclusive) to 1 (exclusive) that spread the pauses
     */
    public RetryingObjectStore(ObjectStore store, RetryPolicy policy, Sleeper sleeper, DoubleSupplier random) {
        this.store = store;
        this.policy = policy;
        this.sleeper = sleeper;
        this.random = random;
    }

    private <T> T retry(String what, Call<T> call) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return call.run();
            } catch (StorageException e) {
                if (!e.retryable() || attempt >= policy.maxAttempts()) {
                    throw e;
                }
                pause(what, attempt, e);
            }
        }
    }

    /** For calls that throw nothing but storage exceptions, and the interruption of a pause. */
    private <T> T retryStorage(String what, Call<T> call) throws StorageException {
        try {
            return retry(what, call);
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw new StorageException(what + ": " + e.getMessage(), StorageException.Reason.OTHER, false, e);
        }
    }

    private void pause(String what, int failures, StorageException failure) throws InterruptedIOException {
        Duration pause = policy.pauseAfter(failures, random.getAsDouble());
        logger.info("{} failed, trying again in {} ms: {}", what, pause.toMillis(), failure.getMessage());
        try {
            sleeper.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while waiting to try again");
            interrupted.initCause(failure);
            throw interrupted;
        }
    }

    @Override
    public boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        AtomicBoolean failed = new AtomicBoolean();
        return retry("storing " + key, () -> {
            try {
                return store.put(key, content, options) || (failed.get() && holds(key, content));
            } catch (StorageException e) {
                failed.set(true);
                throw e;
            }
        });
    }

    /** Whether an object has this content; not asked of objects of another size. */
    private boolean holds(ObjectKey key, ObjectContent content) throws IOException {
        Optional<ObjectInfo> found = store.stat(key);
        if (found.isEmpty() || found.get().sizeBytes() != content.sizeBytes()) {
            return false;
        }
        byte[] ours = new byte[COMPARED_BYTES];
        byte[] theirs = new byte[COMPARED_BYTES];
        try (InputStream expected = content.open();
                InputStream stored = store.open(key)) {
            int count;
            do {
                count = expected.readNBytes(ours, 0, ours.length);
                int got = stored.readNBytes(theirs, 0, theirs.length);
                if (!Arrays.equals(ours, 0, count, theirs, 0, got)) {
                    return false;
                }
            } while (count > 0);
            return true;
        }
    }

    @Override
    public ObjectUpload startUpload(ObjectKey key, PutOptions options) throws StorageException {
        ObjectUpload upload = retryStorage("storing " + key, () -> store.startUpload(key, options));
        return new ObjectUpload() {
            @Override
            public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
                retryStorage("storing part " + number + " of " + key, () -> {
                    upload.part(number, bytes, offset, length);
                    return true;
                });
            }

            @Override
            public boolean complete() throws StorageException {
                return retryStorage("storing " + key, upload::complete);
            }

            @Override
            public boolean wasStored() throws StorageException {
                return retryStorage("looking for " + key, upload::wasStored);
            }

            @Override
            public void close() {
                upload.close();
            }
        };
    }

    @Override
    public List<String> listDirectories(String prefix) throws StorageException {
        return retryStorage("listing " + prefix, () -> store.listDirectories(prefix));
    }

    @Override
    public InputStream open(ObjectKey key) throws StorageException {
        return retryStorage("reading " + key, () -> store.open(key));
    }

    @Override
    public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
        return retryStorage("reading " + key, () -> store.open(key, offset, length));
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        return retryStorage("looking for " + key, () -> store.stat(key));
    }

    @Override
    public ObjectPage list(String prefix, Optional<String> page, int maxObjects) throws StorageException {
        return retryStorage("listing " + prefix, () -> store.list(prefix, page, maxObjects));
    }

    @Override
    public Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) throws StorageException {
        Collection<ObjectKey> left = keys;
        Map<ObjectKey, StorageException> failures = new HashMap<>();
        for (int attempt = 1; ; attempt++) {
            Collection<ObjectKey> batch = left;
            Map<ObjectKey, StorageException> failed = retryStorage("deleting objects", () -> store.delete(batch));
            Map<ObjectKey, StorageException> retryable = new HashMap<>();
            for (Map.Entry<ObjectKey, StorageException> failure : failed.entrySet()) {
                boolean again = failure.getValue().retryable() && attempt < policy.maxAttempts();
                (again ? retryable : failures).put(failure.getKey(), failure.getValue());
            }
            if (retryable.isEmpty()) {
                return failures;
            }
            left = List.copyOf(retryable.keySet());
            try {
                pause("deleting objects", attempt, retryable.values().iterator().next());
            } catch (InterruptedIOException e) {
                failures.putAll(retryable);
                return failures;
            }
        }
    }

    @Override
    public Optional<String> lock(ObjectKey key) throws StorageException {
        return retryStorage("looking for a lock of " + key, () -> store.lock(key));
    }

    @Override
    public List<UnfinishedUpload> unfinishedUploads(String prefix) throws StorageException {
        return retryStorage("listing the unfinished uploads of " + prefix, () -> store.unfinishedUploads(prefix));
    }

    @Override
    public Optional<Instant> lastSent(UnfinishedUpload upload) throws StorageException {
        return retryStorage("looking at the unfinished upload of " + upload.key(), () -> store.lastSent(upload));
    }

    @Override
    public void giveUp(UnfinishedUpload upload) throws StorageException {
        retryStorage("giving up the unfinished upload of " + upload.key(), () -> {
            store.giveUp(upload);
            return true;
        });
    }

    @Override
    public boolean containerExists() throws StorageException {
        return retryStorage("looking for the bucket or container", store::containerExists);
    }

    @Override
    public void createContainer() throws StorageException {
        retryStorage("creating the bucket or container", () -> {
            store.createContainer();
            return true;
        });
    }

    @Override
    public void close() {
        store.close();
    }
}
