// SPDX-License-Identifier: Apache-2.0
package dev.barman.core;

import org.jspecify.annotations.Nullable;

/** Says that PostgreSQL could not be reached, refused a request, or answered something unusable. */
public class PostgresException extends BarmanException {
    private static final long serialVersionUID = 1L;

    /** Creates an exception with a message for the console. */
    public PostgresException(String message) {
        super(message);
    }

    /** Creates an exception with a message for the console and the failure behind it. */
    public PostgresException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
