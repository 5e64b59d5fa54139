// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

/** The durable steps of a deletion, in their order. */
enum DeleteStep {
    /** The backup is marked as being deleted. */
    MARKED,
    /** PGDATA and the tablespaces are gone. */
    DATA_REMOVED,
    /** The index no longer names the WAL files that go. */
    INDEX_REWRITTEN,
    /** The WAL files are gone. */
    WALS_REMOVED,
    /** The backup's directory is gone. */
    DIRECTORY_REMOVED,
    /** The metadata is gone. */
    RECORD_REMOVED,
    /** The mark is gone. */
    MARK_CLEARED;

    /** Is told each step when it is done. */
    @FunctionalInterface
    interface Observer {
        /** Called by the thread that deletes. */
        void reached(DeleteStep step);
    }
}
