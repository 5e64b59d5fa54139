// SPDX-License-Identifier: Apache-2.0
package dev.barman.core;

import org.jspecify.annotations.Nullable;

/** Says that a restore was refused or failed. */
public final class RecoveryException extends BarmanException {
    private static final long serialVersionUID = 1L;

    /** Creates an exception with a message for the console. */
    public RecoveryException(String message) {
        super(message);
    }

    /** Creates an exception with a message for the console and the failure behind it. */
    public RecoveryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
