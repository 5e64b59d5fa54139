// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.wal.storage.StoreListener;
import dev.barman.wal.storage.WalStoreException;
import dev.barman.wal.storage.WalToStore;
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
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepares WALs on several threads, a bounded number ahead, and commits them in order on the calling thread: all that are ready
 * together in one group, while the threads go on with the next ones. A single WAL is handled without threads.
 *
 * <p>Workers are never interrupted, since that would close the channel of a file in use. After a failure the work that is under way
 * is let finish, its temporary files are removed, and the rest is tried one by one until one fails by itself.
 */
final class SavePipeline {
    private static final Logger logger = LoggerFactory.getLogger(SavePipeline.class);
    private static final int AHEAD_PER_THREAD = 12;

    private final WalPreparer preparer;
    private final GroupCommitter committer;
    private final StoreListener listener;
    private final int threads;
    private final int capacity;
    private final BiFunction<WalToStore, IOException, String> explanation;
    private final ArrayDeque<Task> window = new ArrayDeque<>();
    /** Taken from the window for the current group and not known to be stored. */
    private final List<WalToStore> uncommitted = new ArrayList<>();

    private final AtomicInteger threadNumber = new AtomicInteger();
    private @Nullable RuntimeException inputFailure;
    private volatile boolean abandoned;

    SavePipeline(
            WalPreparer preparer,
            GroupCommitter committer,
            StoreListener listener,
            int threads,
            BiFunction<WalToStore, IOException, String> explanation) {
        this.preparer = preparer;
        this.committer = committer;
        this.listener = listener;
        this.threads = threads;
        this.capacity = threads * AHEAD_PER_THREAD;
        this.explanation = explanation;
    }

    private record Task(WalToStore wal, Future<@Nullable PreparedWal> prepared) {}

    void run(Iterator<WalToStore> wals) throws IOException {
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
        ExecutorService workers = Executors.newFixedThreadPool(threads, work -> {
            Thread thread = new Thread(work, "wal-store-" + threadNumber.incrementAndGet());
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
        window.add(new Task(wal, workers.submit(() -> abandoned ? null : preparer.prepare(wal))));
    }

    /** Commits the longest run of finished WALs at the head, at most half of the window so that the threads keep busy. */
    private void commitReady() throws IOException {
        List<PreparedWal> group = new ArrayList<>();
        uncommitted.clear();
        IOException failure = null;
        int most = Math.max(1, capacity / 2);
        while (failure == null
                && group.size() < most
                && !window.isEmpty()
                && (group.isEmpty() || window.peek().prepared().isDone())) {
            Task task = window.remove();
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

    private void commit(List<PreparedWal> group) throws IOException {
        GroupCommitter.Result result;
        try {
            result = committer.commit(group);
        } catch (IOException e) {
            group.forEach(WalPreparer::discard);
            throw explained(group.get(0).wal(), e);
        }
        int stored = result.outcomes().size();
        for (PreparedWal prepared : group.subList(stored, group.size())) {
            WalPreparer.discard(prepared);
        }
        uncommitted.subList(0, Math.min(stored, uncommitted.size())).clear();
        if (stored > 0) {
            listener.durable(result.outcomes());
        }
        if (result.failed() != null && result.failure() != null) {
            throw explained(result.failed(), result.failure());
        }
    }

    private PreparedWal prepare(WalToStore wal) throws IOException {
        try {
            return preparer.prepare(wal);
        } catch (IOException e) {
            throw explained(wal, e);
        }
    }

    private static PreparedWal await(Task task) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    PreparedWal prepared = task.prepared().get();
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
        for (Task task : window) {
            try {
                PreparedWal prepared = task.prepared().get();
                if (prepared != null) {
                    WalPreparer.discard(prepared);
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
        return new WalStoreException(wal, explanation.apply(wal, failure), failure);
    }
}
