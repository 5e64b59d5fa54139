// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.BarmanException;
import dev.barman.core.PostgresException;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import dev.barman.core.postgres.MissingPrivilegesException;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.wal.WalSegmentName;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a server close its current WAL segment ({@code switch-wal}). */
public final class SwitchWalService {

    private static final Logger LOG = LoggerFactory.getLogger("barman.server");

    private final ServerConfig server;
    private final PostgresClient client;
    private final @Nullable PostgresClient primary;
    private final WalArrival arrival;
    private final Messages messages;

    /**
     * A service for one server; the caller closes the connections.
     *
     * @param primary the primary's connection when {@code primary_conninfo} is set; used when {@code client} is a standby
     * @param arrival waits for the closed segment
     */
    public SwitchWalService(
            ServerConfig server,
            PostgresClient client,
            @Nullable PostgresClient primary,
            WalArrival arrival,
            Messages messages) {
        this.server = server;
        this.client = client;
        this.primary = primary;
        this.arrival = arrival;
        this.messages = messages;
    }

    /**
     * Switches, says what happened, and waits if asked to. A switch that cannot be done is reported as an error.
     *
     * @param force whether to issue a {@code CHECKPOINT} first, so that there is something to switch
     * @param archiveTimeoutSeconds how long to wait for the closed segment to be archived, 0 for ever; negative: not at all
     */
    public void switchWal(boolean force, int archiveTimeoutSeconds) throws BarmanException, IOException {
        Optional<WalSegmentName> closed = Optional.empty();
        try {
            PostgresClient switching = client.isInRecovery() ? primary : client;
            if (switching == null) {
                messages.info("No switch performed because server '" + server.name() + "' is a standby.");
            } else {
                if (force && !checkpoint(switching)) {
                    return;
                }
                closed = switching.switchWal();
                if (closed.isPresent()) {
                    messages.info(
                            "The WAL file " + closed.get() + " has been closed on server '" + server.name() + "'");
                } else {
                    messages.info("No switch required for server '" + server.name() + "'");
                }
            }
        } catch (MissingPrivilegesException e) {
            messages.exception(e.getMessage());
            return;
        } catch (PostgresException e) {
            LOG.error("cannot switch WAL: {}", e.getMessage());
            messages.error("Unable to perform pg_switch_wal for server '" + server.name() + "'.");
            return;
        }
        if (archiveTimeoutSeconds < 0) {
            return;
        }
        try (TerminationSignals signals = TerminationSignals.install()) {
            if (closed.isPresent()) {
                arrival.await(closed.get(), archiveTimeoutSeconds, signals);
            } else {
                arrival.awaitAny(archiveTimeoutSeconds, signals);
            }
        }
    }

    private boolean checkpoint(PostgresClient switching) throws PostgresException {
        try {
            switching.checkpoint();
            return true;
        } catch (MissingPrivilegesException e) {
            messages.error("Barman switch-wal --force requires superuser rights or the 'pg_checkpoint' role");
            return false;
        }
    }
}
