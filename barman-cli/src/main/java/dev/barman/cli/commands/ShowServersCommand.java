// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.core.ConfigException;
import dev.barman.core.config.ServerConfig;
import java.io.IOException;
import java.util.List;

/** {@code barman show-servers}: the configuration of servers and what is found out about their state. */
public final class ShowServersCommand implements Command {
    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVERS);
    }

    @Override
    public int run(CommandContext context) throws ConfigException, IOException, InterruptedException {
        return context.forEachServer(ServerRules.LOOK, server -> show(context, server));
    }

    private static void show(CommandContext context, ServerConfig server) {
        context.out().print("Server " + server.name() + ":");
    }
}
