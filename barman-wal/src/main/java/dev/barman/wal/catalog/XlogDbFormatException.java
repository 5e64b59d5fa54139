// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import java.io.IOException;

/** A line of the WAL index that cannot be read. The index is derived data: {@code rebuild-xlogdb} makes it anew. */
public final class XlogDbFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    XlogDbFormatException(String message) {
        super(message);
    }
}
