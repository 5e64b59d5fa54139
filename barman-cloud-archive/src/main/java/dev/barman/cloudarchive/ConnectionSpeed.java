// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether the connections to a store are so fast that one alone keeps whoever reads from it busy, as those to a server at hand are. Then several for one
 * object are only more work. Taken for fast until two measurements, one after the other, say something else; that is for good. Thread-safe.
 */
final class ConnectionSpeed {
    /** A connection to a store in a cloud, or through TLS on a slow machine, stays below; one in a local network comes near. */
    private static final double FAST_BYTES_PER_SECOND = 200e6;

    private static final int ENOUGH = 2;
    private static final int KNOWN_FAST = -1;

    /** How many of the last measurements were slow ones, or {@link #KNOWN_FAST}. */
    private final AtomicInteger slow;

    private ConnectionSpeed(int slow) {
        this.slow = new AtomicInteger(slow);
    }

    /** Not measured yet. */
    static ConnectionSpeed unknown() {
        return new ConnectionSpeed(0);
    }

    /** Slow, whatever is measured. */
    static ConnectionSpeed slow() {
        return new ConnectionSpeed(ENOUGH);
    }

    boolean isFast() {
        return slow.get() < ENOUGH;
    }

    /** Whether the last measurement has shown that. */
    boolean isKnownFast() {
        return slow.get() == KNOWN_FAST;
    }

    /**
     * Notes a measurement.
     *
     * @param nanos how long reading alone took: what the reader did meanwhile does not count, nor the time until the first byte
     */
    void measured(long bytes, long nanos) {
        boolean fast = bytes * 1e9 >= FAST_BYTES_PER_SECOND * nanos;
        slow.updateAndGet(count -> count >= ENOUGH ? count : fast ? KNOWN_FAST : Math.max(count, 0) + 1);
    }
}
