// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import java.util.List;
import java.util.Map;
import java.util.Optional;

class MemoryObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore openEmptyStore() {
        return new MemoryObjectStore();
    }

    @Override
    protected Optional<Map<String, String>> tagsOf(ObjectKey key) {
        return Optional.of(((MemoryObjectStore) store).tags(key));
    }

    @Override
    protected List<String> furtherKeys() {
        return List.of("double//slash");
    }
}
