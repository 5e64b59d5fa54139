// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import java.io.IOException;
import java.util.List;

/** Learns of WALs that a storage has dealt with. */
@FunctionalInterface
public interface StoreListener {
    /**
     * Called on the thread that called {@link WalStorage#save}, once per group of WALs. Groups and the WALs in them come in the order
     * in which they were given to the storage, each WAL once.
     *
     * @param outcomes at least one; all of them durable: the file, its directories and its index line
     * @throws IOException ends the save; the WALs given here stay stored
     */
    void durable(List<StoreOutcome> outcomes) throws IOException;
}
