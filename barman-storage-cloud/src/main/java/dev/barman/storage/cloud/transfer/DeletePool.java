// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.transfer;

import dev.barman.object.ObjectKey;
import dev.barman.object.StorageException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Deletes many objects with one request each, several at a time. Threads are made when they are first needed. Thread-safe. */
public final class DeletePool implements AutoCloseable {
    private static final int PARALLEL = 8;
    private static final long IDLE_SECONDS = 10;

    /** Deletes an object; one that does not exist is none of its failures. */
    @FunctionalInterface
    public interface Deletion {
        /**
         * @param key the object
         * @throws StorageException when it could not be deleted
         */
        void delete(ObjectKey key) throws StorageException;
    }

    private final ThreadPoolExecutor threads;

    /**
     * @param name for the threads
     */
    public DeletePool(String name) {
        AtomicInteger number = new AtomicInteger();
        this.threads = new ThreadPoolExecutor(
                PARALLEL, PARALLEL, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "barman-" + name + "-delete-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Attempts all.
     *
     * @param keys the objects
     * @param deletion how
     * @return the ones that could not be deleted, with the reason
     * @throws StorageException when none could be attempted, because the store cannot be reached
     */
    public Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys, Deletion deletion)
            throws StorageException {
        List<ObjectKey> all = new ArrayList<>(keys);
        List<Future<?>> futures = new ArrayList<>();
        for (ObjectKey key : all) {
            futures.add(threads.submit(() -> {
                deletion.delete(key);
                return null;
            }));
        }
        Map<ObjectKey, StorageException> failures = new LinkedHashMap<>();
        boolean interrupted = false;
        for (int i = 0; i < all.size(); ) {
            try {
                futures.get(i).get();
                i++;
            } catch (ExecutionException e) {
                failures.put(all.get(i), failure(all.get(i), e.getCause()));
                i++;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (!all.isEmpty() && failures.size() == all.size()) {
            StorageException first = failures.values().iterator().next();
            if (first.reason() == StorageException.Reason.UNREACHABLE) {
                throw first;
            }
        }
        return failures;
    }

    private static StorageException failure(ObjectKey key, @Nullable Throwable cause) {
        return cause instanceof StorageException e
                ? e
                : new StorageException(
                        "Cannot delete '" + key + "': " + cause, StorageException.Reason.OTHER, false, cause);
    }

    /** Ends the threads. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
