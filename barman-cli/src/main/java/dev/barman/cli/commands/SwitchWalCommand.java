// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import com.beust.jcommander.Parameter;
import dev.barman.cli.args.NonNegativeInt;
import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.core.BarmanException;
import dev.barman.core.archive.SwitchWalService;
import dev.barman.core.archive.WalArrival;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.postgres.PostgresClient;
import java.io.IOException;
import java.util.List;

/** {@code barman switch-wal}: makes servers close their current WAL file, and waits until it is archived if asked to. */
public final class SwitchWalCommand implements Command {
    private static final int DO_NOT_WAIT = -1;

    @Parameter(names = "--force", description = "issue a CHECKPOINT first, so that there is something to close")
    boolean force;

    @Parameter(names = "--archive", description = "wait until the closed file is archived")
    boolean archive;

    @Parameter(
            names = "--archive-timeout",
            placeholder = "TIMEOUT",
            converter = NonNegativeInt.class,
            description = "how many seconds to wait with --archive; 0 for ever")
    Integer archiveTimeout = 30;

    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVERS);
    }

    @Override
    public int run(CommandContext context) throws BarmanException, IOException, InterruptedException {
        return context.forEachServer(ServerRules.WORK, server -> switchWal(context, server));
    }

    private void switchWal(CommandContext context, ServerConfig server) throws BarmanException, IOException {
        if (server.passive()) {
            throw new BarmanException("server '" + server.name()
                    + "' is passive: it has no connection to PostgreSQL. Run switch-wal on the primary Barman node");
        }
        PostgresClient primary = ServerConnections.primary(server).orElse(null);
        try (PostgresClient client = ServerConnections.client(server);
                PostgresClient closingPrimary = primary) {
            WalArrival arrival = new WalArrival(server, ServerConnections.pendingWals(context, server), context.out());
            new SwitchWalService(server, client, closingPrimary, arrival, context.out())
                    .switchWal(force, archive ? archiveTimeout : DO_NOT_WAIT);
        }
    }
}
