// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MemoryObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore openEmptyStore() {
        return new MemoryObjectStore();
    }

    @Test
    void tagsAreKept() throws Exception {
        MemoryObjectStore memory = new MemoryObjectStore();
        memory.put(ObjectKey.of("a"), ObjectContent.of(new byte[0]), PutOptions.OVERWRITE.withTags(Map.of("k", "v")));

        assertThat(memory.tags(ObjectKey.of("a"))).isEqualTo(Map.of("k", "v"));
        assertThat(memory.tags(ObjectKey.of("b"))).isEmpty();
    }
}
