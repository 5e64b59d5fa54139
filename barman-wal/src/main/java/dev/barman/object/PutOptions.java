// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import java.util.Map;

/**
 * How an object is stored. Immutable.
 *
 * @param createOnly whether an object that is there already stays as it is
 * @param tags names and values attached to the object, where the store has such a thing; others ignore them
 */
public record PutOptions(boolean createOnly, Map<String, String> tags) {
    /** Replaces what is there; no tags. */
    public static final PutOptions OVERWRITE = new PutOptions(false, Map.of());

    /** Leaves what is there; no tags. */
    public static final PutOptions CREATE_ONLY = new PutOptions(true, Map.of());

    /** Copies the tags. */
    public PutOptions {
        tags = Map.copyOf(tags);
    }

    /**
     * @param newTags the tags
     * @return these options with other tags
     */
    public PutOptions withTags(Map<String, String> newTags) {
        return new PutOptions(createOnly, newTags);
    }
}
