// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import java.time.Duration;

/**
 * How often and after which pauses a failed call is repeated. The pause doubles from one attempt to the next; a random part of
 * up to half of it is left out, so that many clients do not come back at the same moment. Immutable.
 *
 * @param maxAttempts all attempts, the first included, at least 1
 * @param firstPause the pause after the first failure, before the random part
 * @param longestPause what the pause never exceeds
 */
public record RetryPolicy(int maxAttempts, Duration firstPause, Duration longestPause) {
    /** Five attempts within about ten seconds, as the original cloud commands had them from their library. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(5, Duration.ofMillis(500), Duration.ofSeconds(20));

    /**
     * @throws IllegalArgumentException when there is no attempt, or a pause is negative
     */
    public RetryPolicy {
        if (maxAttempts < 1 || firstPause.isNegative() || longestPause.isNegative()) {
            throw new IllegalArgumentException(
                    "unusable retry policy: " + maxAttempts + ", " + firstPause + ", " + longestPause);
        }
    }

    /** The pause after this many failed attempts; {@code random} is in 0 (inclusive) to 1 (exclusive). */
    Duration pauseAfter(int failures, double random) {
        long longest = longestPause.toMillis();
        long pause = firstPause.toMillis();
        for (int i = 1; i < failures && pause < longest; i++) {
            pause *= 2;
        }
        pause = Math.min(pause, longest);
        return Duration.ofMillis(pause - (long) (pause * random / 2));
    }
}
