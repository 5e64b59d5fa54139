// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

/** The moments of a save into a bucket between which a crash leaves different states; crash tests end the process at each. */
enum SaveStep {
    /** The object is in the bucket. */
    UPLOADED,
    /** The line is in the index, durably. */
    INDEXED;

    /** Learns of the steps. */
    @FunctionalInterface
    interface Observer {
        /** Called when a WAL has reached a step; may not return. */
        void reached(SaveStep step, String name);
    }
}
