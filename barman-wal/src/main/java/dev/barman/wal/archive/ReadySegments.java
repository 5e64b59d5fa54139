// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.wal.WalSegmentName;
import java.io.IOException;
import java.nio.file.Files;
import org.jspecify.annotations.Nullable;

/**
 * The segments that PostgreSQL will ask to archive next: those that follow one on its timeline, without a gap, each with its own
 * {@code archive_status/NAME.ready}. The last segment of a timeline may never be completed, and has no such mark then.
 *
 * <p>Not thread-safe.
 */
public final class ReadySegments {
    private final ReadySegment first;
    private WalSegmentName last;
    private int left;

    /**
     * @param first the segment that was asked for
     * @param limit how many may follow it at most
     */
    public ReadySegments(ReadySegment first, int limit) {
        this.first = first;
        this.last = first.name();
        this.left = limit;
    }

    /**
     * The next segment. After null there are no more.
     *
     * @return null at the first one that has no mark, is not there, is not whole, or is not of the same cluster and segment size
     */
    public @Nullable ReadySegment next() {
        if (left <= 0) {
            return null;
        }
        left--;
        ReadySegment found = look();
        if (found == null) {
            left = 0;
        } else {
            last = found.name();
        }
        return found;
    }

    private @Nullable ReadySegment look() {
        try {
            WalSegmentName name = last.next(first.size());
            if (!Files.exists(first.file().resolveSibling("archive_status").resolve(name.text() + ".ready"))) {
                return null;
            }
            ReadySegment segment = ReadySegment.look(first.file().resolveSibling(name.text()), name);
            return segment != null
                            && segment.systemIdentifier() == first.systemIdentifier()
                            && segment.size().bytes() == first.size().bytes()
                    ? segment
                    : null;
        } catch (IOException e) {
            // It will be asked for by name, and what is wrong with it be said then.
            return null;
        } catch (IllegalArgumentException e) {
            // the very last segment
            return null;
        }
    }
}
