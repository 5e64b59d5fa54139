// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import org.jspecify.annotations.Nullable;

/** How long uploads took: those of an archive, or of all. Thread-safe. */
final class CopyTimes {
    private static final double NANOS = 1e9;

    private final @Nullable CopyTimes whole;
    private boolean any;
    private long firstNanos;
    private long lastNanos;
    private long serialNanos;

    /**
     * @param whole counts everything too, null for nothing
     */
    CopyTimes(@Nullable CopyTimes whole) {
        this.whole = whole;
    }

    /** Counts one request, from begin to end. */
    void add(long beginNanos, long endNanos) {
        synchronized (this) {
            if (!any || beginNanos - firstNanos < 0) {
                firstNanos = beginNanos;
            }
            if (!any || endNanos - lastNanos > 0) {
                lastNanos = endNanos;
            }
            any = true;
            serialNanos += endNanos - beginNanos;
        }
        if (whole != null) {
            whole.add(beginNanos, endNanos);
        }
    }

    /** Seconds from the begin of the first request to the end of the last one. */
    synchronized double copySeconds() {
        return (lastNanos - firstNanos) / NANOS;
    }

    /** Seconds of all requests, one after the other. */
    synchronized double serializedSeconds() {
        return serialNanos / NANOS;
    }
}
