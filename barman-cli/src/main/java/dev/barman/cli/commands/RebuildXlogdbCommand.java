// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.core.ConfigException;
import dev.barman.core.archive.RebuildXlogDbService;
import java.io.IOException;
import java.util.List;

/** {@code barman rebuild-xlogdb}: makes the index of archived WAL files anew from the files. */
public final class RebuildXlogdbCommand implements Command {
    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVERS);
    }

    @Override
    public int run(CommandContext context) throws ConfigException, IOException, InterruptedException {
        RebuildXlogDbService service = new RebuildXlogDbService(context.out());
        return context.forEachServer(ServerRules.WORK, service::rebuild);
    }
}
