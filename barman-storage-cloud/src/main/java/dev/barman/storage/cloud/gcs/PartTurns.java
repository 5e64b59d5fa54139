// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;

/**
 * Lets the parts of an upload through one after the other, whoever sends them when.
 *
 * <p>A part whose turn does not come is given up: soon after an earlier one has failed and nobody sends that again, and at the
 * latest when nothing has happened for long. Thread-safe.
 */
final class PartTurns {
    /** Longer than the pauses between the attempts of {@link dev.barman.object.RetryPolicy#DEFAULT}. */
    private static final long PATIENCE_AFTER_FAILURE_NANOS = 30_000_000_000L;

    private static final long PATIENCE_NANOS = 600_000_000_000L;

    private final String what;
    private final long patienceNanos;
    private final long patienceAfterFailureNanos;
    private int wakeUps;
    private int next = 1;
    private boolean busy;
    private boolean failed;
    private boolean closed;
    private long lastEvent = System.nanoTime();

    PartTurns(String what) {
        this(what, PATIENCE_NANOS, PATIENCE_AFTER_FAILURE_NANOS);
    }

    PartTurns(String what, long patienceNanos, long patienceAfterFailureNanos) {
        this.what = what;
        this.patienceNanos = patienceNanos;
        this.patienceAfterFailureNanos = patienceAfterFailureNanos;
    }

    /** How often somebody who waits has looked again, for tests. */
    synchronized int wakeUps() {
        return wakeUps;
    }

    /** Waits for the turn of a part, which is then to be ended. */
    synchronized void await(int number) throws StorageException {
        while (!closed && (busy || number > next)) {
            long left = lastEvent + (failed ? patienceAfterFailureNanos : patienceNanos) - System.nanoTime();
            if (left <= 0 && !busy) {
                throw refused(number, "part " + next + " before it was not sent");
            }
            try {
                // A part that is being sent ends by itself, and tells that: its requests have their time limits.
                wait(busy ? 0 : left / 1_000_000 + 1);
                wakeUps++;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw refused(number, "interrupted while waiting for part " + next);
            }
        }
        if (closed) {
            throw refused(number, "the upload was given up");
        }
        if (number < next) {
            throw refused(number, "it was sent before, and this store takes a part once");
        }
        busy = true;
        lastEvent = System.nanoTime();
    }

    private StorageException refused(int number, String why) {
        return new StorageException(what + ", part " + number + ": " + why, Reason.OTHER, false, null);
    }

    /** Ends the turn of the part that has it. */
    synchronized void end(boolean sent) {
        busy = false;
        failed = !sent;
        if (sent) {
            next++;
        }
        lastEvent = System.nanoTime();
        notifyAll();
    }

    /** Lets nobody through any more; returns false when that was so before. */
    synchronized boolean close() {
        boolean first = !closed;
        closed = true;
        notifyAll();
        return first;
    }
}
