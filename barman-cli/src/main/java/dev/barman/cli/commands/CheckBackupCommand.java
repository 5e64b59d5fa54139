// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.core.BarmanException;
import dev.barman.core.backup.CheckBackupService;
import dev.barman.core.backup.ServerCatalog;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.config.ServerConfig;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** {@code barman check-backup}: whether all WAL files that a backup needs are archived. */
public final class CheckBackupCommand implements Command {
    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVER, Positional.BACKUP);
    }

    @Override
    public int run(CommandContext context) throws BarmanException, IOException, InterruptedException {
        return context.withServer(ServerRules.WORK, server -> check(context, server));
    }

    private static void check(CommandContext context, ServerConfig server) throws BarmanException {
        ServerCatalog catalog = ServerCatalog.of(server);
        Optional<BackupInfo> backup = BackupArgument.resolve(context, catalog);
        if (backup.isPresent()) {
            new CheckBackupService(catalog.catalog(), server, context.out())
                    .check(backup.get().id());
        }
    }
}
