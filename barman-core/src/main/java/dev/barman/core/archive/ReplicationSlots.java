// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.BarmanException;
import dev.barman.core.PostgresException;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import dev.barman.core.postgres.PostgresConnectionException;
import dev.barman.core.postgres.StreamingConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The replication slot of a server ({@code receive-wal --create-slot}, {@code --drop-slot}). */
public final class ReplicationSlots {

    private static final Logger LOG = LoggerFactory.getLogger("barman.server");

    private final ServerConfig server;
    private final @Nullable StreamingConnection streaming;
    private final Messages messages;

    /**
     * The slot of one server; the caller closes the connection.
     *
     * @param streaming the streaming connection WAL comes over, or null if none is configured
     */
    public ReplicationSlots(ServerConfig server, @Nullable StreamingConnection streaming, Messages messages) {
        this.server = server;
        this.streaming = streaming;
        this.messages = messages;
    }

    /**
     * Creates the configured slot and says so.
     *
     * @param ifNotExists whether an existing slot is welcome
     * @throws BarmanException if it cannot be created
     */
    public void create(boolean ifNotExists) throws BarmanException {
        StreamingConnection connection = connection("create");
        String slot = slotName("create");
        connect(connection);
        messages.info("Creating physical replication slot '" + slot + "' on server '" + server.name() + "'");
        switch (connection.createPhysicalSlot(slot)) {
            case CREATED -> messages.info("Replication slot '" + slot + "' created");
            case ALREADY_EXISTS -> {
                if (!ifNotExists) {
                    throw new BarmanException("Replication slot '" + slot + "' already exists");
                }
                messages.info("Replication slot '" + slot
                        + "' already exists and --if-not-exists was specified. Skipping creation");
            }
            case ALL_IN_USE ->
                throw new BarmanException(
                        "All replication slots for server '" + server.name()
                                + "' are in use\nFree one or increase the max_replication_slots value on your PostgreSQL server.");
        }
    }

    /**
     * Drops the configured slot and says so.
     *
     * @throws BarmanException if it cannot be dropped
     */
    public void drop() throws BarmanException {
        StreamingConnection connection = connection("drop");
        String slot = slotName("drop");
        connect(connection);
        messages.info("Dropping physical replication slot '" + slot + "' on server '" + server.name() + "'");
        switch (connection.dropSlot(slot)) {
            case DROPPED -> messages.info("Replication slot '" + slot + "' dropped");
            case NOT_FOUND -> throw new BarmanException("Replication slot '" + slot + "' does not exist");
            case IN_USE ->
                throw new BarmanException("Cannot drop replication slot '" + slot + "' on server '" + server.name()
                        + "' because it is in use.");
        }
    }

    private StreamingConnection connection(String action) throws BarmanException {
        if (streaming == null) {
            throw new BarmanException(
                    "Unable to " + action + " a physical replication slot: streaming connection not configured");
        }
        return streaming;
    }

    private String slotName(String action) throws BarmanException {
        String slot = server.archiving().slotName();
        if (slot == null) {
            throw new BarmanException(
                    "Unable to " + action + " a physical replication slot: slot_name configuration option required");
        }
        return slot;
    }

    private void connect(StreamingConnection connection) throws BarmanException {
        try {
            connection.identifySystem();
        } catch (PostgresConnectionException e) {
            LOG.error("{}", e.getMessage());
            throw new PostgresException("Cannot connect to server '" + server.name() + "'", e);
        }
    }
}
