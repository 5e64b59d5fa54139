// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import org.jspecify.annotations.Nullable;

/**
 * The name of a segment that was archived or received incompletely. Immutable.
 *
 * @param text a segment's name and {@code .partial}, as given
 */
public record PartialSegmentName(String text) implements WalFileName {
    public PartialSegmentName {
        if (!WalNames.isPartial(text)) {
            throw WalNames.bad(text);
        }
    }

    /** The segment that this is a part of. */
    public WalSegmentName segment() {
        return new WalSegmentName(text.substring(0, WalNames.SEGMENT_LENGTH));
    }

    // Written out: the methods that records are given are put together at run time, in tens of milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PartialSegmentName that && text.equals(that.text);
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
