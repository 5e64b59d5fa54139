// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import com.beust.jcommander.Parameter;
import dev.barman.cli.args.ChoiceConverter;
import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.cli.output.JsonWriter;
import dev.barman.core.BarmanException;
import dev.barman.core.backup.BackupFileList;
import dev.barman.core.backup.BackupFileList.Selection;
import dev.barman.core.backup.ServerCatalog;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.config.ServerConfig;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@code barman list-files}: the files that belong to a backup, one absolute path per line. */
public final class ListFilesCommand implements Command {
    @Parameter(
            names = "--target",
            converter = TargetText.class,
            description =
                    "standalone: base backup and the WAL files that make it consistent; data: base backup; wal: archived WAL files;"
                            + " full: data and wal")
    String target = "standalone";

    @Parameter(names = "--list-empty-directories", description = "list empty directories too")
    boolean emptyDirectories;

    /** The values of {@code --target}. */
    public static final class TargetText extends ChoiceConverter {
        /** For JCommander. */
        public TargetText() {
            super("standalone", "data", "wal", "full");
        }
    }

    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVER, Positional.BACKUP);
    }

    @Override
    public int run(CommandContext context) throws BarmanException, IOException, InterruptedException {
        return context.withServer(ServerRules.LOOK, server -> list(context, server));
    }

    private void list(CommandContext context, ServerConfig server) throws BarmanException, IOException {
        ServerCatalog catalog = ServerCatalog.of(server);
        Optional<BackupInfo> backup = BackupArgument.resolve(context, catalog);
        if (backup.isEmpty()) {
            return;
        }
        Selection selection = Selection.valueOf(target.toUpperCase(Locale.ROOT));
        for (String file : new BackupFileList(catalog).list(backup.get(), selection, emptyDirectories)) {
            if (context.out() instanceof JsonWriter json) {
                json.document().array("_INFO").add(file);
            } else {
                context.out().print(file);
            }
        }
    }
}
