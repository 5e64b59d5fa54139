// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.WalEntry;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** The contract is one that a store without files and directories can keep. */
class MemoryWalStorageTest extends WalStorageContract {
    private final MemoryWalStorage storage = new MemoryWalStorage();

    @Override
    protected WalStorage emptyStorage() {
        return storage;
    }

    @Override
    protected List<WalEntry> indexLines() {
        return List.copyOf(storage.index());
    }

    @Override
    protected void loseIndexLines() {
        storage.index().clear();
    }

    @Override
    protected byte[] plainContent(InputStream stored, WalFileName name) throws IOException {
        return MemoryWalStorage.plain(stored.readAllBytes());
    }
}
