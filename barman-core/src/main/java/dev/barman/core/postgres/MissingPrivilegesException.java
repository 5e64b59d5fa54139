// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.core.PostgresException;

/** The connected user lacks a privilege that the action needs. */
public final class MissingPrivilegesException extends PostgresException {
    private static final long serialVersionUID = 1L;

    /** @param message says which user lacks what */
    public MissingPrivilegesException(String message) {
        super(message);
    }
}
