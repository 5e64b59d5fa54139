// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import java.io.IOException;

/** Brings the WAL files that have arrived into the archive. */
@FunctionalInterface
public interface PendingWals {
    /** Archives what is there now; silent when there is nothing, and does nothing while another process archives. */
    void archive() throws BarmanException, IOException;
}
