// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.BarmanException;
import java.io.IOException;

/** Brings the WAL files that have arrived into the archive, without a word to the person at the console. */
@FunctionalInterface
public interface PendingWals {
    /**
     * Makes one pass.
     *
     * @throws BarmanException when a WAL file cannot be archived
     * @throws IOException when the archive cannot be read or another process archives at the moment
     */
    void archive() throws BarmanException, IOException;
}
