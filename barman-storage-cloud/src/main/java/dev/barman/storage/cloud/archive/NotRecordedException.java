// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import java.io.IOException;

/**
 * A WAL file is in the store, or is known not to belong there, but what is kept about it on this host could not be written: its line in the index,
 * or its copy in the errors directory. The call must be repeated, and finds what it has done.
 */
public final class NotRecordedException extends IOException {
    private static final long serialVersionUID = 1L;

    NotRecordedException(String message, IOException cause) {
        super(message, cause);
    }
}
