// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectStore;
import dev.barman.wal.compress.CompressionAlgorithm;
import java.io.IOException;

class ZstdCloudWalStorageTest extends BucketContract {
    ZstdCloudWalStorageTest() {
        super(CompressionAlgorithm.ZSTD);
    }

    @Override
    ObjectStore emptyStore() throws IOException {
        MemoryObjectStore memory = new MemoryObjectStore();
        memory.createContainer();
        return memory;
    }
}
