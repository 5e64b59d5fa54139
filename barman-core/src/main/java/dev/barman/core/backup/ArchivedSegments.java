// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.ConfigException;
import dev.barman.core.archive.ServerWalArchive;
import dev.barman.core.archive.ServerWalIndex;
import dev.barman.core.config.ServerConfig;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import java.io.IOException;
import java.util.Optional;

/** The segments that are in a WAL archive. Every call looks there. */
interface ArchivedSegments {
    /** Whether the archive holds a segment, whatever its index says. */
    boolean contains(WalSegmentName segment) throws IOException;

    /** The highest complete segment of a timeline; partials, labels and histories do not count. */
    Optional<WalSegmentName> highest(TimelineId timeline) throws IOException;

    /**
     * Those of a server.
     *
     * @throws ConfigException when the archive is at a URL that cannot be used
     */
    static ArchivedSegments of(ServerConfig server) throws ConfigException {
        return server.directories().walsUrl() == null
                ? new SegmentFiles(server.directories().wals())
                : new IndexedSegments(ServerWalIndex.of(server), ServerWalArchive.readable(server));
    }
}
