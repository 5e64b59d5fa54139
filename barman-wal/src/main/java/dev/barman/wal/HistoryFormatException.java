// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import java.io.IOException;

/** A timeline history whose content is not in PostgreSQL's format, or not readable as text because it is still encrypted. */
public final class HistoryFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    HistoryFormatException(String message) {
        super(message);
    }
}
