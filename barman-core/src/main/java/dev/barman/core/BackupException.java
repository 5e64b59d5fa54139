// SPDX-License-Identifier: Apache-2.0
package dev.barman.core;

import org.jspecify.annotations.Nullable;

/** Says that a base backup, or work on a stored one, failed. */
public final class BackupException extends BarmanException {
    private static final long serialVersionUID = 1L;

    /** Creates an exception with a message for the console. */
    public BackupException(String message) {
        super(message);
    }

    /** Creates an exception with a message for the console and the failure behind it. */
    public BackupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
