// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

/** The moments of a save between which a crash leaves different states on disk; crash tests end the process at each. */
enum CommitStep {
    /** The hash directory exists and its entry is durable. */
    DIRECTORY_CREATED,
    /** The encoded WAL is in its temporary file, or the source that will be linked is, durably. */
    CONTENT_DURABLE,
    /** The file has its final name. */
    IN_PLACE,
    /** The final name is durable. */
    NAME_DURABLE,
    /** The line is in the index, durably. */
    INDEXED;

    /** Learns of the steps. */
    @FunctionalInterface
    interface Observer {
        /** Called when a WAL has reached a step; may not return. */
        void reached(CommitStep step, String name);
    }
}
