// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import java.util.List;

/**
 * One run of an archive command on the PostgreSQL host: the requested segment, and the ready ones behind it, so that the calls for
 * those have nothing left to do.
 *
 * <p>Order of the durable steps: in the archive, in the record, success reported. Not thread-safe.
 *
 * @param <X> how the transport fails
 */
public final class ParallelWalArchiver<X extends Exception> {
    /** Brings segments into an archive. */
    @FunctionalInterface
    public interface Transport<X extends Exception> {
        /**
         * Archives the requested segment, and as many of those behind it as work.
         *
         * @param requested the segment that decides about success
         * @param following those that may come with it
         * @return what is durable in the archive now: the requested one and those behind it, without a gap
         * @throws X when the requested one is not archived; whatever else may be is not recorded then
         */
        List<ReadySegment> archive(ReadySegment requested, ReadySegments following) throws X;
    }

    private final LastArchivedCache cache;
    private final Transport<X> transport;
    private final int parallel;

    /**
     * @param parallel how many segments one run archives at most, 1 or more
     */
    public ParallelWalArchiver(LastArchivedCache cache, Transport<X> transport, int parallel) {
        this.cache = cache;
        this.transport = transport;
        this.parallel = parallel;
    }

    /**
     * Archives a segment unless the record says that it is archived. The caller has made sure that it is of the cluster it should be.
     *
     * @throws X when it could not be archived
     */
    public void archive(ReadySegment requested) throws X {
        if (cache.covers(requested)) {
            return;
        }
        boolean recordable = cache.prepare();
        List<ReadySegment> archived =
                transport.archive(requested, new ReadySegments(requested, recordable ? parallel - 1 : 0));
        if (recordable) {
            cache.add(archived);
        }
    }
}
