// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.core.PostgresException;

/** No connection to the server could be made, or it was lost. The message never holds a password. */
public final class PostgresConnectionException extends PostgresException {
    private static final long serialVersionUID = 1L;

    PostgresConnectionException(String message, Throwable cause) {
        super(message, cause);
    }
}
