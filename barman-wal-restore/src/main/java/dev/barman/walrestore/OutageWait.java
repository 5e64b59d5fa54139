// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.args.UsageException;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * How long to go on asking while the backup host cannot be asked. PostgreSQL takes every exit code from 1 to 125 for the end of the
 * archive, and a recovery that is not that of a standby ends there, on whatever data it has got by then.
 */
final class OutageWait {
    private static final long FIRST_PAUSE_MILLIS = 1_000;
    private static final long LONGEST_PAUSE_MILLIS = 15_000;
    private static final long FOREVER = Long.MAX_VALUE;

    private final long millis;

    private OutageWait(long millis) {
        this.millis = millis;
    }

    /** What may be tried again. */
    interface Attempt {
        void run() throws ClientException, WalRestoreClient.TransferException;
    }

    /** @param text the value of the option, null where it was not given */
    static OutageWait parse(@Nullable String text) throws UsageException {
        if (text == null) {
            return new OutageWait(0);
        }
        if (text.equals("forever")) {
            return new OutageWait(FOREVER);
        }
        try {
            int seconds = Integer.parseInt(text);
            if (seconds >= 0) {
                return new OutageWait(seconds * 1000L);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new UsageException(
                "argument --outage-timeout: invalid value: '" + text + "' (a number of seconds, or 'forever')");
    }

    /** Runs the attempt, again and again with pauses while its outcome is that the server could not be asked and somebody waits. */
    void run(Attempt attempt, Callers callers, PrintStream err)
            throws ClientException, WalRestoreClient.TransferException {
        long start = System.nanoTime();
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            try {
                attempt.run();
                return;
            } catch (WalRestoreClient.TransferException e) {
                long left = millis == FOREVER ? FOREVER : millis - (System.nanoTime() - start) / 1_000_000;
                if (e.failure().exitCode() != RestoreExit.NOT_ASKED || left <= 0 || !callers.areThere()) {
                    throw e;
                }
                if (pause == FIRST_PAUSE_MILLIS) {
                    err.println("WARNING: " + e.getMessage() + " Trying again"
                            + (millis == FOREVER ? "." : " for " + (left + 999) / 1000 + " seconds."));
                }
                try {
                    Thread.sleep(Math.min(pause, left));
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    throw e;
                }
                pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
            }
        }
    }
}
