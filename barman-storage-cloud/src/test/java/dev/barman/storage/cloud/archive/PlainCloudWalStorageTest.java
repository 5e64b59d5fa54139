// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectStore;
import java.io.IOException;

class PlainCloudWalStorageTest extends BucketContract {
    PlainCloudWalStorageTest() {
        super(null);
    }

    @Override
    ObjectStore emptyStore() throws IOException {
        MemoryObjectStore memory = new MemoryObjectStore();
        memory.createContainer();
        return memory;
    }
}
