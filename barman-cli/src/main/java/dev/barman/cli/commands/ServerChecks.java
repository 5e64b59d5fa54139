// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.frame.CommandContext;
import dev.barman.core.archive.ArchiveWalService;
import dev.barman.core.archive.ArchiveWalService.Occasion;
import dev.barman.core.archive.ServerWalIndex;
import dev.barman.core.backup.ServerCatalog;
import dev.barman.core.check.CheckContext;
import dev.barman.core.check.CheckReport;
import dev.barman.core.check.CheckService;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.message.LogMessages;
import dev.barman.core.status.ServerInspection;
import org.jspecify.annotations.Nullable;

/** Puts together what the checks of a server need. */
final class ServerChecks {
    private ServerChecks() {}

    /**
     * The context of the checks of one server.
     *
     * @param timeoutSeconds in place of the configured {@code check_timeout}; null for that
     */
    static CheckContext context(CommandContext context, ServerConfig server, @Nullable Integer timeoutSeconds) {
        HookRunner hooks =
                HookRunner.of(server, context.configuration().global().configFile());
        ArchiveWalService archiver =
                new ArchiveWalService(server, hooks, new LogMessages("barman.wal_archiver"), context.clock());
        ServerInspection inspection = ServerInspection.of(server);
        boolean apart =
                server.connection().walConninfo() != null || server.connection().walStreamingConninfo() != null;
        return new CheckContext(
                server,
                inspection,
                apart ? ServerInspection.ofWalSource(server) : inspection,
                ServerCatalog.of(server).catalog(),
                ServerWalIndex.of(server),
                () -> archiver.archive(Occasion.INTERNAL),
                context.clock(),
                timeoutSeconds == null ? server.connection().checkTimeoutSeconds() : timeoutSeconds);
    }

    /** The checks before a backup, silent; whether none of the critical ones failed. */
    static boolean allowBackup(CommandContext context, ServerConfig server, @Nullable Integer timeoutSeconds)
            throws InterruptedException {
        CheckReport report = CheckService.run(context(context, server, timeoutSeconds), result -> {});
        return report.allowsBackup();
    }

    /** The checks before WAL is received, silent; whether all passed. */
    static boolean allowStreaming(CommandContext context, ServerConfig server) throws InterruptedException {
        return CheckService.runBeforeStreaming(context(context, server, null)).passed();
    }
}
