// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.ObjectStore;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

/** The contract of a WAL archive, for one in a bucket. */
abstract class BucketContract extends WalStorageContract {
    @TempDir
    Path directory;

    ObjectStore store;
    BucketFixture bucket;

    private final @Nullable CompressionAlgorithm algorithm;

    BucketContract(@Nullable CompressionAlgorithm algorithm) {
        this.algorithm = algorithm;
    }

    /** An empty bucket that exists. */
    abstract ObjectStore emptyStore() throws IOException;

    @Override
    protected WalStorage emptyStorage() throws IOException {
        store = emptyStore();
        bucket = new BucketFixture(directory);
        return bucket.storage(store, algorithm);
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
