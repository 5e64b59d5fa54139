// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import java.util.List;
import java.util.Optional;

/**
 * One page of a listing. Immutable.
 *
 * @param objects ascending by key; may be empty even when there are further pages
 * @param next what to pass to the next call, empty on the last page
 */
public record ObjectPage(List<ObjectInfo> objects, Optional<String> next) {
    /** Copies the list. */
    public ObjectPage {
        objects = List.copyOf(objects);
    }
}
