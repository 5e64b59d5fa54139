// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import java.io.IOException;

/**
 * One WAL could not be stored. The message says which, from where to where, what was observed and what to do; the source is
 * untouched.
 */
public final class WalStoreException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient WalToStore wal;

    /** Creates an exception for the WAL that was being stored. */
    public WalStoreException(WalToStore wal, String message, Throwable cause) {
        super(message, cause);
        this.wal = wal;
    }

    /** The WAL that could not be stored; those before it were, none after it was recorded in the index. */
    public WalToStore wal() {
        return wal;
    }
}
