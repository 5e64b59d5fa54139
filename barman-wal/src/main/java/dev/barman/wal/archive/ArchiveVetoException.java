// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

/** A listener asks to stop archiving for now. Not a failure: the WALs stay where they are and a later pass asks again. */
public final class ArchiveVetoException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Creates an exception with the reason, as users see it. */
    public ArchiveVetoException(String message, Throwable cause) {
        super(message, cause);
    }
}
