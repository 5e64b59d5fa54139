// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.wal.prefetch.PrefetchStart;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How {@code barman-wal-restore} starts {@link PrefetchMain}. */
final class PrefetchProcess {
    private PrefetchProcess() {}

    /**
     * Says how the process is started.
     *
     * @param program the command that runs {@link PrefetchMain}
     * @param connection how the server is reached
     * @param server its name in Barman's configuration
     * @param jobs how many segments to keep ready
     * @param options those of the remote {@code get-wal}, for a server that cannot stream
     */
    static PrefetchStart of(
            List<String> program, BarmanConnection connection, String server, int jobs, List<String> options) {
        List<String> ofArchive = new ArrayList<>(connection.toArguments());
        ofArchive.addAll(options);
        return new PrefetchStart(program, ofArchive, List.of(connection.host(), server), jobs);
    }

    /** A file in the distribution's {@code lib}; null outside of one. */
    static @Nullable Path library(String name) {
        return PrefetchStart.library(name);
    }
}
