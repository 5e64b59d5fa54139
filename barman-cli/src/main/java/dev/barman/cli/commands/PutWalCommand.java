// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import com.beust.jcommander.Parameter;
import dev.barman.cli.args.Positional;
import dev.barman.cli.args.QuickFlags;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.core.BarmanException;
import dev.barman.core.ConfigException;
import dev.barman.core.archive.PutWal;
import dev.barman.core.archive.PutWalStreamServer;
import dev.barman.core.archive.SshOrigin;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.LogMessages;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** {@code barman put-wal}: receives WAL files on standard input. */
public final class PutWalCommand implements Command, QuickFlags {
    private static final String STREAM = "--stream";

    @Parameter(
            names = {"-t", "--test"},
            description = "only test whether WAL files could be received")
    boolean test;

    @Parameter(
            names = STREAM,
            description =
                    "take one delivery after the other over one connection, each acknowledged on its own, from a client"
                            + " that keeps its connection. (Not in the original command.)")
    boolean stream;

    @Override
    public boolean switchOn(String word) {
        boolean known = word.equals(STREAM);
        stream |= known;
        return known;
    }

    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVER);
    }

    @Override
    public int run(CommandContext context) throws BarmanException, IOException, InterruptedException {
        return context.withServer(ServerRules.RECEIVE_FILES, server -> receive(context, server));
    }

    private void receive(CommandContext context, ServerConfig server) throws BarmanException {
        String origin = SshOrigin.suffix(context.terminal().environment());
        if (stream && !test) {
            String file = context.configuration().global().configFile();
            new PutWalStreamServer(server.name(), () -> configured(file, server.name()), context.clock(), origin)
                    .serve(context.terminal().stdin(), context.terminal().stdout());
            return;
        }
        PutWal reception = new PutWal(server, context.out(), context.clock(), origin);
        if (test) {
            reception.requireReady();
            context.out().info("Ready to accept WAL files for the server " + server.name() + origin);
            return;
        }
        if (!reception.receive(context.terminal().stdin())) {
            context.out().fail();
        }
    }

    private static ServerConfig configured(String file, String server) throws BarmanException {
        Optional<ServerConfig> found =
                BarmanConfiguration.load(file, new LogMessages("barman.server")).server(server);
        if (found.isEmpty()) {
            throw new ConfigException(
                    ConfigException.Style.BARE, "server '" + server + "' is not in the configuration any more");
        }
        return found.get();
    }
}
