// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import org.jspecify.annotations.Nullable;

/** There is no object with the key. Never retryable. */
public final class ObjectNotFoundException extends StorageException {
    private static final long serialVersionUID = 1L;

    /**
     * @param key the key asked for
     * @param cause the store's answer, null for none
     */
    public ObjectNotFoundException(ObjectKey key, @Nullable Throwable cause) {
        super("There is no object '" + key + "'", Reason.NOT_FOUND, false, cause);
    }
}
