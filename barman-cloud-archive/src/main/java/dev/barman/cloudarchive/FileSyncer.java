// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import com.google.common.collect.HashMultiset;
import com.google.common.collect.Multiset;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.file.Fsync;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes files durable beside the threads that write them, several at once: a disk works on several files, and need not stand idle until the last one
 * is written. Thread-safe.
 */
final class FileSyncer implements AutoCloseable {
    private static final int THREADS = 4;
    private static final long POLL_MILLIS = 200;

    private final ExecutorService threads =
            Executors.newFixedThreadPool(THREADS, task -> new Thread(task, "restore-sync"));
    private final Multiset<Path> underWay = HashMultiset.create();
    private boolean ended;
    private @Nullable Throwable failure;

    /**
     * Begins to make durable what a file has now. One that is gone when its turn comes is passed over: something else has taken its place.
     *
     * @param modified the modification time that the file gets afterwards, null for none: whoever finds it knows that the file is durable
     * @throws IOException when an earlier file could not be made durable
     */
    void sync(Path file, @Nullable FileTime modified) throws IOException {
        synchronized (this) {
            rethrow();
            underWay.add(file);
        }
        threads.execute(() -> {
            Throwable why = null;
            try {
                if (isWanted() && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    Fsync.file(file);
                    if (modified != null) {
                        Files.setLastModifiedTime(file, modified);
                    }
                }
            } catch (NoSuchFileException e) {
                // Gone between the two questions.
            } catch (IOException | RuntimeException | Error e) {
                why = e;
            } finally {
                end(file, why);
            }
        });
    }

    private synchronized boolean isWanted() {
        return !ended && failure == null;
    }

    private synchronized void end(Path file, @Nullable Throwable why) {
        underWay.remove(file);
        if (failure == null) {
            failure = why;
        }
        notifyAll();
    }

    private void rethrow() throws IOException {
        if (failure instanceof IOException e) {
            throw e;
        }
        if (failure != null) {
            throw new IOException(failure.toString(), failure);
        }
    }

    /**
     * Waits until everything is durable.
     *
     * @throws IOException the first failure
     * @throws TerminatedException when a signal came
     */
    void await(TerminationSignals signals) throws IOException, TerminatedException {
        awaitThat(underWay::isEmpty, signals);
    }

    /**
     * Waits until nothing is about to be done with one file.
     *
     * @throws IOException the first failure, of whichever file
     * @throws TerminatedException when a signal came
     */
    void await(Path file, TerminationSignals signals) throws IOException, TerminatedException {
        awaitThat(() -> !underWay.contains(file), signals);
    }

    private synchronized void awaitThat(BooleanSupplier done, TerminationSignals signals)
            throws IOException, TerminatedException {
        while (!done.getAsBoolean()) {
            signals.check();
            try {
                wait(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while writing out files");
            }
        }
        signals.check();
        rethrow();
    }

    /** Ends the threads, and waits for what they are about. What has not begun by now is not done. */
    @Override
    public void close() {
        synchronized (this) {
            ended = true;
        }
        threads.shutdown();
        Uninterruptibles.awaitTerminationUninterruptibly(threads);
    }
}
