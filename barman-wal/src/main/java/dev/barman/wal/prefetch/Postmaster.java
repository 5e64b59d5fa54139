// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.prefetch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The PostgreSQL server of a data directory, as {@code postmaster.pid} names it at one moment. Immutable.
 *
 * @param dataDirectory where the file lies
 * @param process number of the process; 0 when there was no server, so that there is nothing to watch
 */
public record Postmaster(Path dataDirectory, long process) implements Prefetcher.Standby {
    /**
     * The server of this moment.
     *
     * @param dataDirectory its data directory
     * @return the server
     */
    public static Postmaster of(Path dataDirectory) {
        return new Postmaster(dataDirectory, read(dataDirectory));
    }

    private static long read(Path dataDirectory) {
        try {
            String text = new String(
                    Files.readAllBytes(dataDirectory.resolve("postmaster.pid")), StandardCharsets.ISO_8859_1);
            int end = text.indexOf('\n');
            return Math.max(0, Long.parseLong((end < 0 ? text : text.substring(0, end)).trim()));
        } catch (IOException | NumberFormatException e) {
            // No server, or one that is about to write the file.
            return 0;
        }
    }

    /** Whether this server still runs. One that was started anew is another. */
    @Override
    public boolean isThere() {
        return process == 0
                || (read(dataDirectory) == process && ProcessHandle.of(process).isPresent());
    }
}
