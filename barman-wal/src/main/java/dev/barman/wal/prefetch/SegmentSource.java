// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.prefetch;

import dev.barman.wal.WalSegmentName;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Where segments fetched ahead come from. Requests are made by one thread; their results may come from others. */
public interface SegmentSource extends AutoCloseable {
    /** What became of a request. */
    enum Outcome {
        /** The segment is in the spool. */
        READY,
        /** It is certain that the archive does not have it. */
        ABSENT,
        /** It cannot be had, for a reason that may concern it alone or everything. */
        FAILED
    }

    /**
     * The end of a request.
     *
     * @param name what was asked for
     * @param outcome what became of it
     * @param message why it failed, null for other outcomes
     */
    record Result(
            WalSegmentName name, Outcome outcome, @Nullable String message) {}

    /** Receives results; does not block. */
    interface Results {
        /**
         * @param result the end of one request
         */
        void add(Result result);
    }

    /** Opens a source. */
    interface Opener {
        /**
         * Opens the source, with a first request.
         *
         * @param first the segment asked for
         * @param results gets the results, as long as the source is open
         * @return the source, to be closed
         * @throws IOException when the archive cannot be reached
         */
        SegmentSource open(WalSegmentName first, Results results) throws IOException;
    }

    /** {@return how many requests may be under way at a time, for the source to be busy all the time} */
    int depth();

    /**
     * Asks for a segment.
     *
     * @param name the segment
     * @throws IOException when the server cannot be reached any more
     */
    void request(WalSegmentName name) throws IOException;

    /** Ends everything, what is under way included. */
    @Override
    void close();
}
