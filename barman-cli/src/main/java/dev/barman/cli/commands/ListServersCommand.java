// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import com.beust.jcommander.Parameter;
import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.output.JsonWriter;
import dev.barman.core.ConfigException;
import dev.barman.core.config.ServerConfig;
import java.util.List;

/** {@code barman list-servers}: names and descriptions of the configured servers. */
public final class ListServersCommand implements Command {
    @Parameter(names = "--minimal", description = "names only")
    boolean minimal;

    @Override
    public List<Positional> positionals() {
        return Positional.NONE;
    }

    @Override
    public int run(CommandContext context) throws ConfigException {
        for (ServerConfig server : context.servers()) {
            String description = description(server);
            if (context.out() instanceof JsonWriter json) {
                json.document().object(server.name()).put("description", description);
            } else if (minimal || description.isEmpty()) {
                context.out().print(server.name());
            } else {
                context.out().print(server.name() + " - " + description);
            }
        }
        return context.exitCode();
    }

    private static String description(ServerConfig server) {
        String text = (server.description() == null ? "" : server.description()) + ServerLabels.suffix(server);
        return server.passive() ? text + " (Passive)" : text;
    }
}
