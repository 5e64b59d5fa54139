// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.object.StorageException;
import java.time.Duration;

/** The limit that all uploads of a run share, over the time since the first one. Thread-safe. */
final class Bandwidth {
    private final long bytesPerSecond;
    private final TerminationSignals signals;
    private long freeAtNanos;
    private boolean used;

    /**
     * @param bytesPerSecond the limit, 0 for none
     * @param signals end a wait
     */
    Bandwidth(long bytesPerSecond, TerminationSignals signals) {
        this.bytesPerSecond = bytesPerSecond;
        this.signals = signals;
    }

    /**
     * Waits until so many bytes may be sent.
     *
     * @throws StorageException when a signal came
     */
    void acquire(long bytes) throws StorageException {
        if (bytesPerSecond <= 0) {
            return;
        }
        try {
            signals.sleep(reserve(bytes, System.nanoTime()));
        } catch (TerminatedException e) {
            throw new StorageException(
                    "the upload was interrupted: " + e.getMessage(), StorageException.Reason.OTHER, false, e);
        }
    }

    /** Takes the time that the bytes need behind what was taken before; returns how long that is ahead. */
    synchronized Duration reserve(long bytes, long nowNanos) {
        if (!used || freeAtNanos - nowNanos < 0) {
            freeAtNanos = nowNanos;
            used = true;
        }
        long waitNanos = freeAtNanos - nowNanos;
        freeAtNanos += (long) (bytes * 1e9 / bytesPerSecond);
        return Duration.ofNanos(waitNanos);
    }
}
