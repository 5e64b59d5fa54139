// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.cli.output.JsonWriter;
import dev.barman.core.BarmanException;
import dev.barman.core.backup.BackupReport;
import dev.barman.core.backup.ServerCatalog;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.config.ServerConfig;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** {@code barman show-backup}: one backup in detail. */
public final class ShowBackupCommand implements Command {
    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVER, Positional.BACKUP);
    }

    @Override
    public int run(CommandContext context) throws BarmanException, IOException, InterruptedException {
        return context.withServer(ServerRules.LOOK, server -> show(context, server));
    }

    private static void show(CommandContext context, ServerConfig server) throws BarmanException, IOException {
        ServerCatalog catalog = ServerCatalog.of(server);
        Optional<BackupInfo> found = BackupArgument.resolve(context, catalog);
        if (found.isEmpty()) {
            return;
        }
        BackupInfo backup = found.get();
        BackupReport report = backup.status().isCopyDone() ? BackupReport.of(catalog, backup, context.clock()) : null;
        if (context.out() instanceof JsonWriter json) {
            BackupReportJson.fill(json.document().object(server.name()), backup, report);
        } else {
            new BackupReportText(server.name(), backup, report).lines().forEach(context.out()::print);
        }
    }
}
