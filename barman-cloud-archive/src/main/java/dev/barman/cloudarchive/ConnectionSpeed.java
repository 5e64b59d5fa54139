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
    /** The share of its time that a reader may wait for a fast one. */
    private final double mostWaiting;

    private ConnectionSpeed(int slow, double mostWaiting) {
        this.slow = new AtomicInteger(slow);
        this.mostWaiting = mostWaiting;
    }

    /** Not measured yet. */
    static ConnectionSpeed unknown() {
        return new ConnectionSpeed(0, 1);
    }

    /**
     * Not measured yet, and slow also where a reader that has much to do with what it reads waits for it.
     *
     * @param mostWaiting how much of its time it may wait, between 0 and 1
     */
    static ConnectionSpeed unknown(double mostWaiting) {
        return new ConnectionSpeed(0, mostWaiting);
    }

    /** Slow, whatever is measured. */
    static ConnectionSpeed slow() {
        return new ConnectionSpeed(ENOUGH, 1);
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
     * @param altogether how long both took
     */
    void measured(long bytes, long nanos, long altogether) {
        boolean fast = bytes * 1e9 >= FAST_BYTES_PER_SECOND * nanos && nanos <= mostWaiting * altogether;
        slow.updateAndGet(count -> count >= ENOUGH ? count : fast ? KNOWN_FAST : Math.max(count, 0) + 1);
    }
}
