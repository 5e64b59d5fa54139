// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepares WALs on several threads, a bounded number ahead, and commits them in order on the calling thread: all that are ready
 * together in one group, while the threads go on with the next ones. A single WAL is handled without threads.
 *
 * <p>Workers are never interrupted, since that would close the channel of a file in use. After a failure the work that is under way
 * is let finish and given up. For implementations of {@link WalStorage}. Used once; not thread-safe.
 *
 * @param <P> a prepared WAL
 */
public final class SavePipeline<P> {
    private static final Logger logger = LoggerFactory.getLogger(SavePipeline.class);
    private static final int AHEAD_PER_THREAD = 12;

    private final Work<P> work;
    private final StoreListener listener;
    private final int threads;
    private final int capacity;
    private final ArrayDeque<Task<P>> window = new ArrayDeque<>();
    /** Taken from the window for the current group and not known to be stored. */
    private final List<WalToStore> uncommitted = new ArrayList<>();

    private final AtomicInteger threadNumber = new AtomicInteger();
    private @Nullable RuntimeException inputFailure;
    private volatile boolean abandoned;

    /**
     * What a storage does with one WAL.
     *
     * @param <P> a prepared WAL
     */
    public interface Work<P> {
        /**
         * Does what can be done before the WAL's turn comes. Called on several threads.
         *
         * @throws IOException when it fails; nothing is left to be discarded then
         */
        P prepare(WalToStore wal) throws IOException;

        /** Which WAL was prepared. */
        WalToStore wal(P prepared);

        /** Gives up a prepared WAL that will not be committed. */
        void discard(P prepared);

        /**
         * Stores a group and its index lines durably, in its order.
         *
         * @param group at least one
         * @throws IOException when nothing of it can be said to be durable
         */
        Committed commit(List<P> group) throws IOException;

        /** Whether work that was done ahead may be why another WAL failed, so that the rest is worth trying one by one. */
        boolean triesRestAfterFailure();

        /** Says what could not be stored, why, and what to do. */
        String explain(WalToStore wal, IOException failure);
    }

    /**
     * What became of a group.
     *
     * @param outcomes of those that are durable and indexed: all, or those before the one that failed
     * @param failed the WAL that could not be stored
     * @param failure why
     */
    public record Committed(
            List<StoreOutcome> outcomes,
            @Nullable WalToStore failed,
            @Nullable IOException failure) {}

    private record Task<P>(WalToStore wal, Future<@Nullable P> prepared) {}

    /**
     * A pipeline for one save.
     *
     * @param listener learns of the outcomes
     * @param threads how many WALs are prepared at the same time
     */
    public SavePipeline(Work<P> work, StoreListener listener, int threads) {
        this.work = work;
        this.listener = listener;
        this.threads = threads;
        this.capacity = threads * AHEAD_PER_THREAD;
    }

    /**
     * Stores WALs as {@link WalStorage#save} does.
     *
     * @param wals at least one
     * @throws WalStoreException when one could not be stored
     * @throws IOException when the listener failed
     */
    public void run(Iterator<WalToStore> wals) throws IOException {
        WalToStore first = wals.next();
        if (!hasNext(wals)) {
            commit(List.of(prepare(first)));
            rethrowInputFailure();
            return;
        }
        List<WalToStore> unfinished = runAhead(first, wals);
        for (WalToStore wal : unfinished) {
            commit(List.of(prepare(wal)));
        }
        while (hasNext(wals)) {
            commit(List.of(prepare(wals.next())));
        }
        rethrowInputFailure();
    }

    /**
     * Works with threads until all is done or something fails.
     *
     * @return what was taken from the input and not stored, after a failure. The work ahead of it is undone then: on a disk that gets
     *     full it may be what took the room, so the rest is to be tried one by one, which tells the WAL that really cannot be stored
     */
    private List<WalToStore> runAhead(WalToStore first, Iterator<WalToStore> wals) throws IOException {
        ExecutorService workers = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "wal-store-" + threadNumber.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        List<WalToStore> unfinished = new ArrayList<>();
        try {
            submit(workers, first);
            while (!window.isEmpty() || hasNext(wals)) {
                while (window.size() < capacity && hasNext(wals)) {
                    submit(workers, wals.next());
                }
                commitReady();
            }
        } catch (WalStoreException failure) {
            if (!work.triesRestAfterFailure()) {
                throw failure;
            }
            logger.debug("Going on one by one after: {}", failure.getMessage());
            unfinished.addAll(uncommitted);
            window.forEach(task -> unfinished.add(task.wal()));
        } finally {
            abandoned = true;
            workers.shutdown();
            awaitEnd(workers);
            discardRest();
        }
        return unfinished;
    }

    /** What was taken from the input before it failed is stored all the same. */
    private boolean hasNext(Iterator<WalToStore> wals) {
        if (inputFailure != null) {
            return false;
        }
        try {
            return wals.hasNext();
        } catch (RuntimeException e) {
            inputFailure = e;
            return false;
        }
    }

    private void rethrowInputFailure() {
        if (inputFailure != null) {
            throw inputFailure;
        }
    }

    private void submit(ExecutorService workers, WalToStore wal) {
        window.add(new Task<>(wal, workers.submit(() -> abandoned ? null : work.prepare(wal))));
    }

    /** Commits the longest run of finished WALs at the head, at most half of the window so that the threads keep busy. */
    private void commitReady() throws IOException {
        List<P> group = new ArrayList<>();
        uncommitted.clear();
        IOException failure = null;
        int most = Math.max(1, capacity / 2);
        while (failure == null
                && group.size() < most
                && !window.isEmpty()
                && (group.isEmpty() || window.peek().prepared().isDone())) {
            Task<P> task = window.remove();
            uncommitted.add(task.wal());
            try {
                group.add(await(task));
            } catch (IOException e) {
                failure = explained(task.wal(), e);
            }
        }
        if (!group.isEmpty()) {
            commit(group);
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void commit(List<P> group) throws IOException {
        Committed result;
        try {
            result = work.commit(group);
        } catch (IOException e) {
            group.forEach(work::discard);
            throw explained(work.wal(group.get(0)), e);
        }
        int stored = result.outcomes().size();
        for (P prepared : group.subList(stored, group.size())) {
            work.discard(prepared);
        }
        uncommitted.subList(0, Math.min(stored, uncommitted.size())).clear();
        if (stored > 0) {
            listener.durable(result.outcomes());
        }
        if (result.failed() != null && result.failure() != null) {
            throw explained(result.failed(), result.failure());
        }
    }

    private P prepare(WalToStore wal) throws IOException {
        try {
            return work.prepare(wal);
        } catch (IOException e) {
            throw explained(wal, e);
        }
    }

    private P await(Task<P> task) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    P prepared = task.prepared().get();
                    if (prepared == null) {
                        throw new IllegalStateException("abandoned: " + task.wal());
                    }
                    return prepared;
                } catch (InterruptedException e) {
                    // A commit must not be torn apart: the caller sees the flag when it is done.
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IllegalStateException("cannot prepare " + task.wal(), e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void awaitEnd(ExecutorService workers) {
        boolean interrupted = false;
        while (true) {
            try {
                if (workers.awaitTermination(1, TimeUnit.HOURS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void discardRest() {
        for (Task<P> task : window) {
            try {
                P prepared = task.prepared().get();
                if (prepared != null) {
                    work.discard(prepared);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                // it failed, and removed its own temporary file
            }
        }
        window.clear();
    }

    private WalStoreException explained(WalToStore wal, IOException failure) {
        return new WalStoreException(wal, work.explain(wal, failure), failure);
    }
}
