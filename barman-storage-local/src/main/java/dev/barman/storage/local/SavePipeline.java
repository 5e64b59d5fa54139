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

/**
 * Prepares WALs on several threads, a bounded number ahead, and commits them in order on the calling thread: all that are ready
 * together in one group, while the threads go on with the next ones. A single WAL is handled without threads.
 *
 * <p>Workers are never interrupted, since that would close the channel of a file in use. After a failure the work that is under way
 * is let finish, and its temporary files are removed.
 */
final class SavePipeline {
    private static final int AHEAD_PER_THREAD = 12;

    private final WalPreparer preparer;
    private final GroupCommitter committer;
    private final StoreListener listener;
    private final int threads;
    private final int capacity;
    private final BiFunction<WalToStore, IOException, String> explanation;
    private final ArrayDeque<Task> window = new ArrayDeque<>();
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
        ExecutorService workers = Executors.newFixedThreadPool(threads, work -> {
            Thread thread = new Thread(work, "wal-store-" + threadNumber.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        try {
            submit(workers, first);
            while (!window.isEmpty() || hasNext(wals)) {
                while (window.size() < capacity && hasNext(wals)) {
                    submit(workers, wals.next());
                }
                commitReady();
            }
        } finally {
            abandoned = true;
            workers.shutdown();
            awaitEnd(workers);
            discardRest();
        }
        rethrowInputFailure();
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
        IOException failure = null;
        WalToStore failed = null;
        int most = Math.max(1, capacity / 2);
        while (group.size() < most
                && !window.isEmpty()
                && (group.isEmpty() || window.peek().prepared().isDone())) {
            Task task = window.remove();
            try {
                group.add(await(task));
            } catch (IOException e) {
                failure = e;
                failed = task.wal();
                break;
            }
        }
        if (!group.isEmpty()) {
            commit(group);
        }
        if (failure != null && failed != null) {
            throw explained(failed, failure);
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
        for (PreparedWal prepared : group.subList(result.outcomes().size(), group.size())) {
            WalPreparer.discard(prepared);
        }
        if (!result.outcomes().isEmpty()) {
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
