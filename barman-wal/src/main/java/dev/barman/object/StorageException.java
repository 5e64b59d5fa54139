// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An operation on a store failed. */
public class StorageException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What stood in the way, as far as a caller acts on it. */
    public enum Reason {
        /** No answer: name resolution, connection, time-out. */
        UNREACHABLE,
        /** The store, or its bucket or container, refuses access, or there are no credentials. */
        DENIED,
        /** The object or its bucket or container does not exist. */
        NOT_FOUND,
        /** Anything else. */
        OTHER
    }

    private final Reason reason;
    private final boolean retryable;

    /**
     * @param message what was attempted, on which object, what was observed; never a secret
     * @param reason what stood in the way
     * @param retryable whether the same call may succeed a little later
     * @param cause the failure behind it, null for none
     */
    public StorageException(String message, Reason reason, boolean retryable, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
        this.retryable = retryable;
    }

    /** {@return what stood in the way} */
    public final Reason reason() {
        return reason;
    }

    /** {@return whether the same call may succeed a little later} */
    public final boolean retryable() {
        return retryable;
    }
}
