// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import com.beust.jcommander.Parameter;
import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.core.BarmanException;
import dev.barman.core.ConfigException;
import dev.barman.core.archive.ServerWalArchive;
import dev.barman.core.backup.DeleteService;
import dev.barman.core.backup.ServerCatalog;
import dev.barman.core.backup.StaleBackups;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.config.GlobalConfig;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.cron.CronService;
import dev.barman.core.cron.LockCleanup;
import dev.barman.core.cron.ObsoleteBackups;
import dev.barman.core.cron.RetentionEnforcement;
import dev.barman.core.hook.HookRunner;
import dev.barman.file.IoReason;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** {@code barman cron}: the maintenance of all servers. */
public final class CronCommand implements Command {
    @Parameter(names = "--keep-descriptors", description = "keep the output of the started commands attached")
    boolean keepDescriptors;

    @Override
    public List<Positional> positionals() {
        return Positional.NONE;
    }

    @Override
    public int run(CommandContext context) throws ConfigException, IOException, InterruptedException {
        DetachedBarman background = new DetachedBarman(context, keepDescriptors);
        int code = context.forAllServers(ServerRules.CRON, server -> maintain(context, server, background));
        GlobalConfig global = context.configuration().global();
        if (global.lockDirectoryCleanup()) {
            LockCleanup.run(global.lockDirectory());
        }
        return code;
    }

    /** What goes wrong with one server must not keep the others waiting. */
    private static void maintain(CommandContext context, ServerConfig server, DetachedBarman background)
            throws InterruptedException {
        try {
            service(context, server, background).run();
        } catch (BarmanException | IOException e) {
            LoggerFactory.getLogger("barman.cli").debug("Where cron of server {} failed", server.name(), e);
            failed(context, server, e instanceof IOException failure ? IoReason.of(failure) : e.getMessage());
        } catch (RuntimeException e) {
            LoggerFactory.getLogger("barman.cli").error("cron of server {} failed", server.name(), e);
            failed(context, server, e.getMessage());
        }
    }

    private static void failed(CommandContext context, ServerConfig server, @Nullable String details) {
        context.out()
                .error("Unable to run cron on server '" + server.name()
                        + "', please look in the barman log file for more details.\nDETAILS: " + details);
    }

    private static CronService service(CommandContext context, ServerConfig server, DetachedBarman background) {
        ServerCatalog backups = ServerCatalog.of(server);
        BackupCatalog catalog = backups.catalog();
        HookRunner hooks =
                HookRunner.of(server, context.configuration().global().configFile());
        ObsoleteBackups obsolete = id -> new DeleteService(
                        backups, ServerWalArchive.of(server).storage(), hooks, context.out(), context.clock())
                .deleteObsolete(id);
        return new CronService(
                server,
                catalog,
                new StaleBackups(catalog, server.directories(), context.out()),
                new RetentionEnforcement(server, catalog, obsolete, context.out(), context.clock()),
                background,
                context.out());
    }
}
