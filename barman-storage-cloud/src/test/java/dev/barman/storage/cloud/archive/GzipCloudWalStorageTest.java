// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectStore;
import dev.barman.wal.compress.CompressionAlgorithm;
import java.io.IOException;

class GzipCloudWalStorageTest extends BucketContract {
    GzipCloudWalStorageTest() {
        super(CompressionAlgorithm.GZIP);
    }

    @Override
    ObjectStore emptyStore() throws IOException {
        MemoryObjectStore memory = new MemoryObjectStore();
        memory.createContainer();
        return memory;
    }
}
