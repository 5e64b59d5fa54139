// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Which files are being written: a file is written by one thread at a time. A thread has one claim at most. Thread-safe. */
final class FileClaims {
    private static final long POLL_MILLIS = 200;

    private final Set<Path> taken = new HashSet<>();

    /**
     * Claims a file, once no other thread has it.
     *
     * @throws TerminatedException when it is another's and a signal comes
     */
    synchronized void take(Path file, TerminationSignals signals) throws IOException, TerminatedException {
        while (!taken.add(file)) {
            signals.check();
            try {
                wait(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for another thread that writes " + file);
            }
        }
    }

    /** Gives up the claim of a file. */
    synchronized void release(Path file) {
        taken.remove(file);
        notifyAll();
    }
}
