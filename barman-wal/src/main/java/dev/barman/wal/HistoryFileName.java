// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import org.jspecify.annotations.Nullable;

/**
 * The name of a timeline's history. Immutable.
 *
 * @param text eight hexadecimal digits and {@code .history}, as given
 */
public record HistoryFileName(String text) implements WalFileName {
    public HistoryFileName {
        if (!WalNames.isHistory(text)) {
            throw WalNames.bad(text);
        }
    }

    /** The name of the history of a timeline. */
    public static HistoryFileName of(TimelineId timeline) {
        return new HistoryFileName(timeline.hex() + ".history");
    }

    /** Empty: histories lie in the root of the archive. */
    @Override
    public String hashDirectory() {
        return "";
    }

    // Written out: the methods that records are given are put together at run time, in tens of milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HistoryFileName that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
