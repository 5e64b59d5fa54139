// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.frame.CommandContext;
import dev.barman.core.BarmanException;
import dev.barman.core.backup.ServerCatalog;
import dev.barman.core.catalog.BackupInfo;
import java.util.Optional;

/** The argument {@code backup_id} of many commands. */
final class BackupArgument {
    private BackupArgument() {}

    /**
     * The backup that the argument means; empty when there is none, with the error printed.
     *
     * @throws BarmanException when the catalogue cannot be read or several backups bear the name
     */
    static Optional<BackupInfo> resolve(CommandContext context, ServerCatalog catalog) throws BarmanException {
        String word = context.arguments().text("backup_id");
        Optional<BackupInfo> backup = catalog.catalog().resolve(word);
        if (backup.isEmpty()) {
            context.out()
                    .error("Unknown backup '" + word + "' for server '"
                            + catalog.server().name() + "'");
        }
        return backup;
    }
}
