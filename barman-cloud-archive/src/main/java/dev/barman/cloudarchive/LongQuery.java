// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.postgres.ConcurrentBackup;
import dev.barman.core.signal.TerminationSignals;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Watches over a query that may take long: tells the user from time to time, and cancels it when a signal comes. */
final class LongQuery implements AutoCloseable {
    private static final long POLL_MILLIS = 200;

    private final ConcurrentBackup backup;
    private final TerminationSignals signals;
    private final Thread thread;
    private final CountDownLatch ended = new CountDownLatch(1);

    /**
     * Begins to watch.
     *
     * @param every how often the user is told
     * @param message what, with {@code %d} for the seconds that have passed
     */
    LongQuery(ConcurrentBackup backup, TerminationSignals signals, CloudLog log, Duration every, String message) {
        this.backup = backup;
        this.signals = signals;
        this.thread = new Thread(() -> watch(log, every, message), "backup-query");
        thread.setDaemon(true);
        thread.start();
    }

    private void watch(CloudLog log, Duration every, String message) {
        long begin = System.nanoTime();
        long told = 0;
        while (!awaitEnd()) {
            if (signals.received().isPresent()) {
                // Again and again: a query that has not quite begun does not notice.
                backup.cancel();
            }
            long passed = System.nanoTime() - begin;
            if (passed / every.toNanos() > told) {
                told = passed / every.toNanos();
                log.warning(String.format(message, Duration.ofNanos(passed).toSeconds()));
            }
        }
    }

    private boolean awaitEnd() {
        try {
            return ended.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    /** Ends the watch. */
    @Override
    public void close() {
        ended.countDown();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
