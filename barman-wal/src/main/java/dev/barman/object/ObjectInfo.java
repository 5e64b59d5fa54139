// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import java.time.Instant;

/**
 * What a store tells about an object without its content. Immutable.
 *
 * @param key its key
 * @param sizeBytes length of its content
 * @param lastModified when it was last written, by the store's clock and to the precision of the store (a second, perhaps)
 */
public record ObjectInfo(ObjectKey key, long sizeBytes, Instant lastModified) {
    /**
     * @throws IllegalArgumentException when the size is negative
     */
    public ObjectInfo {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("negative size of " + key + ": " + sizeBytes);
        }
    }
}
