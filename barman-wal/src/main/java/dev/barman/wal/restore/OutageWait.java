// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.restore;

import dev.barman.args.UsageException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How long to go on asking while the archive cannot be asked. PostgreSQL takes every exit code from 1 to 125 for the end of the
 * archive, and a recovery that is not that of a standby ends there, on whatever data it has got by then.
 */
public final class OutageWait {
    private static final long FIRST_PAUSE_MILLIS = 1_000;
    private static final long LONGEST_PAUSE_MILLIS = 15_000;
    private static final long FOREVER = Long.MAX_VALUE;

    private final long millis;

    private OutageWait(long millis) {
        this.millis = millis;
    }

    /** What may be tried again. */
    public interface Attempt {
        /**
         * @throws RestoreException in every other case than success
         */
        void run() throws RestoreException;
    }

    /**
     * Reads the value of the option {@code --outage-timeout}.
     *
     * @param text the value, null where it was not given
     * @return how long to go on
     * @throws UsageException when it is neither a number nor {@code forever}
     */
    public static OutageWait parse(@Nullable String text) throws UsageException {
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

    /**
     * Runs the attempt, again and again with pauses while its outcome is that the archive could not be asked and somebody waits.
     *
     * @param attempt asks the archive
     * @param callers who waits
     * @param warnings is told why it takes longer, once
     * @throws RestoreException what the last attempt failed with
     */
    public void run(Attempt attempt, Callers callers, Consumer<String> warnings) throws RestoreException {
        long start = System.nanoTime();
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            try {
                attempt.run();
                return;
            } catch (RestoreException e) {
                long left = millis == FOREVER ? FOREVER : millis - (System.nanoTime() - start) / 1_000_000;
                boolean passing = e.isDuringTransfer() && e.reason() == RestoreException.Reason.NOT_ASKED;
                if (!passing || left <= 0 || !callers.areThere()) {
                    throw e;
                }
                if (pause == FIRST_PAUSE_MILLIS) {
                    warnings.accept(e.getMessage() + " Trying again"
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
