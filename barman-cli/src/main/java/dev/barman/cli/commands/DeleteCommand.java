// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.core.BarmanException;
import dev.barman.core.archive.ServerWalArchive;
import dev.barman.core.backup.DeleteService;
import dev.barman.core.backup.ServerCatalog;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookAbortedException;
import dev.barman.core.hook.HookRunner;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** {@code barman delete}: deletes a backup, the backups that depend on it, and the WAL files that only they need. */
public final class DeleteCommand implements Command {
    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVER, Positional.BACKUP);
    }

    @Override
    public int run(CommandContext context) throws BarmanException, IOException, InterruptedException {
        return context.withServer(ServerRules.USE_ARCHIVE, server -> delete(context, server));
    }

    private static void delete(CommandContext context, ServerConfig server) throws BarmanException {
        ServerCatalog catalog = ServerCatalog.of(server);
        Optional<BackupInfo> backup = BackupArgument.resolve(context, catalog);
        if (backup.isEmpty()) {
            return;
        }
        DeleteService service = new DeleteService(
                catalog,
                ServerWalArchive.of(server).storage(),
                HookRunner.of(server, context.configuration().global().configFile()),
                context.out(),
                context.clock());
        try {
            if (!service.delete(backup.get().id())) {
                context.out()
                        .error("Cannot delete backup (" + server.name() + " "
                                + backup.get().id() + ")");
            }
        } catch (HookAbortedException e) {
            context.out().exception(e.getMessage());
        }
    }
}
