// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.core.BarmanException;
import dev.barman.core.archive.ArchiveWalService;
import dev.barman.core.archive.ArchiveWalService.Occasion;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookRunner;
import dev.barman.file.LockBusyException;
import java.io.IOException;
import java.util.List;

/** {@code barman archive-wal}: one pass of the archivers of a server. */
public final class ArchiveWalCommand implements Command {
    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVER);
    }

    @Override
    public int run(CommandContext context) throws BarmanException, IOException, InterruptedException {
        return context.withServer(ServerRules.WORK, server -> archive(context, server));
    }

    private static void archive(CommandContext context, ServerConfig server) throws BarmanException, IOException {
        if (server.passive()) {
            return;
        }
        HookRunner hooks =
                HookRunner.of(server, context.configuration().global().configFile());
        try {
            new ArchiveWalService(server, hooks, context.out(), context.clock()).archive(Occasion.DIRECT);
        } catch (LockBusyException e) {
            context.out()
                    .info("Another archive-wal process is already running on server " + server.name()
                            + ". Skipping to the next server");
        }
    }
}
