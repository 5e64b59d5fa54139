// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import com.beust.jcommander.Parameter;
import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.core.BarmanException;
import dev.barman.core.archive.ReplicationSlots;
import dev.barman.core.archive.WalReceiver;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.postgres.StreamingConnection;
import dev.barman.core.tools.PgTools;
import java.io.IOException;
import java.util.List;

/** {@code barman receive-wal}: receives WAL by streaming until it is stopped, or manages what that needs. */
public final class ReceiveWalCommand implements Command {
    @Parameter(names = "--stop", description = "stop the running receiver")
    boolean stop;

    @Parameter(names = "--reset", description = "begin again at the server's present position")
    boolean reset;

    @Parameter(names = "--create-slot", description = "create the replication slot")
    boolean createSlot;

    @Parameter(names = "--if-not-exists", description = "with --create-slot: an existing slot is no error")
    boolean ifNotExists;

    @Parameter(names = "--drop-slot", description = "drop the replication slot")
    boolean dropSlot;

    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVER);
    }

    @Override
    public int run(CommandContext context) throws BarmanException, IOException, InterruptedException {
        if (stop && reset) {
            context.out().error("--stop and --reset options are not compatible");
            return context.exitCode();
        }
        boolean control = stop || reset || createSlot || dropSlot;
        return context.withServer(control ? ServerRules.USE_ARCHIVE : ServerRules.WORK, server -> act(context, server));
    }

    private void act(CommandContext context, ServerConfig server)
            throws BarmanException, IOException, InterruptedException {
        if (stop) {
            WalReceiver.stop(server, context.out());
            return;
        }
        WalReceiver.overrides(server).ifPresent(context.out()::info);
        try (StreamingConnection streaming =
                ServerConnections.walStreaming(server).orElse(null)) {
            ReplicationSlots slots = new ReplicationSlots(server, streaming, context.out());
            if (createSlot) {
                slots.create(ifNotExists);
                return;
            }
            if (dropSlot) {
                slots.drop();
                return;
            }
            WalReceiver.requireStreaming(server);
            if (streaming == null || !ServerChecks.allowStreaming(context, server)) {
                throw new BarmanException("Impossible to start WAL streaming. Check the log for more details, or run"
                        + " 'barman check " + server.name() + "'");
            }
            try (PostgresClient client = ServerConnections.walClient(server)) {
                WalReceiver receiver = new WalReceiver(
                        server,
                        client,
                        streaming,
                        PgTools.of(server.connection().pathPrefix()),
                        PostgresEnvironment.ofProcess(),
                        context.out());
                if (reset) {
                    receiver.reset();
                } else {
                    receiver.receive();
                }
            }
        }
    }
}
