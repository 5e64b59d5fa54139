// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

/** Where a backup stands. */
public enum BackupStatus {
    /** Created, not begun. */
    EMPTY,
    /** Copying. */
    STARTED,
    /** Copied; some of its WAL files are not archived yet. */
    WAITING_FOR_WALS,
    /** Complete. */
    DONE,
    /** Ended by an error, or a WAL file it needs is missing. */
    FAILED,
    /** Being copied to a passive node. */
    SYNCING;

    /** Copied completely: what "previous", "next", "latest" and "oldest" look at. */
    public boolean isCopyDone() {
        return this == DONE || this == WAITING_FOR_WALS;
    }

    /** Needs the WAL files of its timeline, or will: a backup in this state protects them. */
    public boolean isArchiving() {
        return this == DONE || this == WAITING_FOR_WALS || this == STARTED || this == SYNCING;
    }

    /** Anything but {@link #EMPTY}. */
    public boolean isNotEmpty() {
        return this != EMPTY;
    }
}
