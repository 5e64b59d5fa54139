// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.core.PostgresException;

/**
 * A connection in PostgreSQL's streaming replication protocol. Made by the first method that needs it; every method throws
 * {@link PostgresConnectionException} when there is none. Not thread-safe.
 */
public interface StreamingConnection extends AutoCloseable {

    /** What became of a request to create a slot. */
    enum SlotCreation {
        CREATED,
        /** A slot of this name is there already. */
        ALREADY_EXISTS,
        /** The server has no room for another slot. */
        ALL_IN_USE
    }

    /** What became of a request to drop a slot. */
    enum SlotRemoval {
        DROPPED,
        /** There is no slot of this name. */
        NOT_FOUND,
        /** A connection uses the slot. */
        IN_USE
    }

    /** Asks {@code IDENTIFY_SYSTEM}, a fresh answer each time. */
    StreamingStatus identifySystem() throws PostgresException;

    /** The server's version, as it announces it when a connection starts. */
    PostgresVersion version() throws PostgresException;

    /**
     * Creates a physical replication slot.
     *
     * @param name lower case letters, digits and underscores
     */
    SlotCreation createPhysicalSlot(String name) throws PostgresException;

    /** Drops a replication slot. */
    SlotRemoval dropSlot(String name) throws PostgresException;

    /** Closes the connection; never throws, and the next method connects again. */
    @Override
    void close();
}
