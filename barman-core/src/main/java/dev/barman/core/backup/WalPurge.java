// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.WalRemovalPlan;
import java.util.function.Consumer;

/** Carries out a plan to remove archived WAL files. */
@FunctionalInterface
public interface WalPurge {
    /**
     * Removes the files of a plan, and their lines in the index.
     *
     * @param removed is told each name that went, in the order of the index
     */
    void remove(WalRemovalPlan plan, Consumer<String> removed) throws BarmanException;
}
