// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.transfer;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The parts of one upload that are on their way. Thread-safe. */
final class PartsUnderWay {
    private int running;
    private @Nullable Throwable failure;
    private boolean givenUp;

    synchronized void begin() {
        running++;
    }

    synchronized void end(@Nullable Throwable why) {
        running--;
        if (why != null && failure == null) {
            failure = why;
        }
        notifyAll();
    }

    /** Parts that have not begun to be sent are not sent any more. */
    synchronized void giveUp() {
        givenUp = true;
    }

    /** Whether there is a point in sending a further part. */
    synchronized boolean isWanted() {
        return failure == null && !givenUp;
    }

    synchronized @Nullable Throwable failure() {
        return failure;
    }

    /** Every request has its time-out, so that this ends. */
    synchronized void awaitEnd() {
        boolean interrupted = false;
        while (running > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    synchronized void rethrow() throws IOException {
        if (failure instanceof IOException e) {
            throw e;
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }
}
