// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.WalRemovalPlan;
import java.io.IOException;
import java.util.List;

/** Carries out a plan to remove archived WAL files. */
@FunctionalInterface
public interface WalRemover {
    /**
     * Removes the files of a plan, and their lines in the index.
     *
     * @return the names removed, in the order of the index
     */
    List<String> remove(WalRemovalPlan plan) throws BarmanException, IOException;
}
