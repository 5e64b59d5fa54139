// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.frame.CommandContext;
import dev.barman.core.BarmanException;
import dev.barman.core.archive.ArchiveWalService;
import dev.barman.core.archive.ArchiveWalService.Occasion;
import dev.barman.core.archive.PendingWals;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.core.postgres.JdbcPostgresClient;
import dev.barman.core.postgres.JdbcStreamingConnection;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.postgres.StreamingConnection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Puts together what the commands that act on a server need. Nothing is connected before it is used. */
final class ServerConnections {
    private ServerConnections() {}

    /** The regular connection. */
    static PostgresClient client(ServerConfig server) throws BarmanException {
        return over(server, "conninfo", server.connection().conninfo());
    }

    /** The regular connection of the host WAL comes from. */
    static PostgresClient walClient(ServerConfig server) throws BarmanException {
        return over(server, "conninfo", server.connection().effectiveWalConninfo());
    }

    /** The primary of a standby; empty when none is configured. */
    static Optional<PostgresClient> primary(ServerConfig server) throws BarmanException {
        String conninfo = server.connection().primaryConninfo();
        return conninfo == null ? Optional.empty() : Optional.of(over(server, "primary_conninfo", conninfo));
    }

    /** The streaming connection of the host WAL comes from; empty when none is configured. */
    static Optional<StreamingConnection> walStreaming(ServerConfig server) throws BarmanException {
        String conninfo = server.connection().effectiveWalStreamingConninfo();
        return conninfo == null
                ? Optional.empty()
                : Optional.of(new JdbcStreamingConnection(
                        parse(server, "streaming_conninfo", conninfo), PostgresEnvironment.ofProcess()));
    }

    private static PostgresClient over(ServerConfig server, String option, @Nullable String conninfo)
            throws BarmanException {
        if (conninfo == null) {
            throw new BarmanException("Missing '" + option + "' parameter for server '" + server.name() + "'");
        }
        return new JdbcPostgresClient(parse(server, option, conninfo), PostgresEnvironment.ofProcess());
    }

    private static ConnInfo parse(ServerConfig server, String option, String conninfo) throws BarmanException {
        try {
            return ConnInfo.parse(conninfo);
        } catch (IllegalArgumentException e) {
            throw new BarmanException(
                    option + " of server '" + server.name() + "' is not a valid connection string: " + e.getMessage(),
                    e);
        }
    }

    /** Archives what has arrived, with the usual messages when there is something. */
    static PendingWals pendingWals(CommandContext context, ServerConfig server) {
        HookRunner hooks =
                HookRunner.of(server, context.configuration().global().configFile());
        ArchiveWalService archiver = new ArchiveWalService(server, hooks, context.out(), context.clock());
        return () -> archiver.archive(Occasion.INTERNAL);
    }
}
