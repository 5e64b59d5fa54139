// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.MemoryObjectStore;
import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.storage.MemoryWalStorage;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalStorageContract;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

class ZstdCloudWalStorageTest extends WalStorageContract {
    @TempDir
    Path directory;

    private final MemoryObjectStore store = new MemoryObjectStore();
    private BucketFixture bucket;

    @Override
    protected WalStorage emptyStorage() throws IOException {
        bucket = new BucketFixture(directory);
        store.createContainer();
        return bucket.storage(store, CompressionAlgorithm.ZSTD);
    }

    @Override
    protected List<WalEntry> indexLines() throws IOException {
        return bucket.lines();
    }

    @Override
    protected void loseIndexLines() throws IOException {
        bucket.loseLines();
    }

    @Override
    protected byte[] plainContent(InputStream stored, WalFileName name) throws IOException {
        return MemoryWalStorage.plain(stored.readAllBytes());
    }
}
