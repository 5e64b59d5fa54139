// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.wal.Lsn;
import dev.barman.wal.WalSegmentName;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A position in the WAL of a running server.
 *
 * @param lsn the position
 * @param segmentOrNull the segment the server names for it; null on a server in recovery, which cannot tell
 * @param offsetBytes offset in that segment; 0 for a position on a boundary, where the segment is the one that ends there
 */
public record WalPosition(Lsn lsn, @Nullable WalSegmentName segmentOrNull, long offsetBytes) {
    public WalPosition {
        if (offsetBytes < 0) {
            throw new IllegalArgumentException("negative offset: " + offsetBytes);
        }
    }

    /** The segment, if the server can name it. */
    public Optional<WalSegmentName> segment() {
        return Optional.ofNullable(segmentOrNull);
    }
}
