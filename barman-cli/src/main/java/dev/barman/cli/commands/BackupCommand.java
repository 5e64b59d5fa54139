// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import com.beust.jcommander.Parameter;
import dev.barman.cli.args.BackupNameText;
import dev.barman.cli.args.ChoiceConverter;
import dev.barman.cli.args.NonNegativeInt;
import dev.barman.cli.args.OptionalValue;
import dev.barman.cli.args.Positional;
import dev.barman.cli.args.PositiveInt;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.cli.output.JsonWriter;
import dev.barman.core.BarmanException;
import dev.barman.core.archive.ServerWalArchive;
import dev.barman.core.archive.ServerWalIndex;
import dev.barman.core.backup.BackupOptions;
import dev.barman.core.backup.BackupOutcome;
import dev.barman.core.backup.BackupService;
import dev.barman.core.backup.CheckBackupService;
import dev.barman.core.backup.PgBaseBackup;
import dev.barman.core.backup.ServerCatalog;
import dev.barman.core.backup.WalRemover;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.tools.PgTools;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code barman backup}: takes a base backup of servers. */
public final class BackupCommand implements Command {
    @Parameter(names = "--immediate-checkpoint", description = "begin with a fast checkpoint")
    boolean immediateCheckpoint;

    @Parameter(names = "--no-immediate-checkpoint", description = "begin when PostgreSQL has spread its checkpoint")
    boolean noImmediateCheckpoint;

    @Parameter(
            names = "--incremental",
            placeholder = "BACKUP_ID",
            description = "copy only what changed since that backup (PostgreSQL 17)")
    @Nullable
    String incremental;

    @Parameter(
            names = "--reuse-backup",
            converter = ReuseChoice.class,
            description = "how files that did not change are reused (rsync)")
    @OptionalValue("link")
    @Nullable
    String reuseBackup;

    @Parameter(
            names = "--retry-times",
            placeholder = "N",
            converter = NonNegativeInt.class,
            description = "how often a failed copy is tried again")
    @Nullable
    Integer retryTimes;

    @Parameter(names = "--no-retry", description = "the same as --retry-times 0")
    boolean noRetry;

    @Parameter(
            names = "--retry-sleep",
            placeholder = "N",
            converter = NonNegativeInt.class,
            description = "seconds between the attempts")
    @Nullable
    Integer retrySleep;

    @Parameter(
            names = {"--jobs", "-j"},
            placeholder = "NJOBS",
            converter = PositiveInt.class,
            description = "parallel copy workers (rsync)")
    @Nullable
    Integer jobs;

    @Parameter(
            names = "--jobs-start-batch-period",
            placeholder = "N",
            converter = PositiveInt.class,
            description = "seconds between the starts of groups of workers (rsync)")
    @Nullable
    Integer jobsStartBatchPeriod;

    @Parameter(
            names = "--jobs-start-batch-size",
            placeholder = "N",
            converter = PositiveInt.class,
            description = "how many workers start together (rsync)")
    @Nullable
    Integer jobsStartBatchSize;

    @Parameter(
            names = "--bwlimit",
            placeholder = "KBPS",
            converter = NonNegativeInt.class,
            description = "limit of the transfer in kilobytes per second; 0 for none")
    @Nullable
    Integer bandwidthLimit;

    @Parameter(
            names = {"--wait", "-w"},
            description = "wait until the last WAL file the backup needs is archived")
    boolean waitForWal;

    @Parameter(
            names = "--wait-timeout",
            placeholder = "TIMEOUT",
            converter = NonNegativeInt.class,
            description = "limit of --wait in seconds; 0 for none")
    @Nullable
    Integer waitTimeout;

    @Parameter(
            names = "--keepalive-interval",
            placeholder = "N",
            converter = NonNegativeInt.class,
            description = "seconds between heartbeats on the connection (rsync)")
    @Nullable
    Integer keepaliveInterval;

    @Parameter(
            names = "--name",
            placeholder = "NAME",
            converter = BackupNameText.class,
            description = "a name for the backup, which other commands take in place of its ID")
    @Nullable
    String name;

    @Parameter(names = "--manifest", description = "write a backup manifest (rsync)")
    boolean manifest;

    @Parameter(names = "--no-manifest", description = "write no backup manifest (rsync)")
    boolean noManifest;

    @Parameter(
            names = "--check-timeout",
            placeholder = "CHECK_TIMEOUT",
            converter = NonNegativeInt.class,
            description = "limit in seconds for the checks before the backup in place of check_timeout; 0 for none")
    @Nullable
    Integer checkTimeout;

    /** The values of {@code --reuse-backup}. */
    static final class ReuseChoice extends ChoiceConverter {
        ReuseChoice() {
            super("copy", "link", "off");
        }
    }

    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVERS);
    }

    @Override
    public int run(CommandContext context) throws BarmanException, IOException, InterruptedException {
        return context.forEachServer(ServerRules.WORK_NOT_PASSIVE, server -> backup(context, server));
    }

    private void backup(CommandContext context, ServerConfig server)
            throws BarmanException, IOException, InterruptedException {
        BackupService.requireSupported(server);
        BackupCatalog catalog = ServerCatalog.of(server).catalog();
        HookRunner hooks =
                HookRunner.of(server, context.configuration().global().configFile());
        Optional<PostgresClient> primary = ServerConnections.primary(server);
        try (PostgresClient client = ServerConnections.client(server);
                PostgresClient closingPrimary = primary.orElse(null)) {
            PgBaseBackup method = new PgBaseBackup(
                    server,
                    catalog,
                    client,
                    closingPrimary,
                    PgTools.of(server.connection().pathPrefix()),
                    PostgresEnvironment.ofProcess(),
                    context.out());
            BackupService service = new BackupService(
                    server,
                    catalog,
                    client,
                    method,
                    () -> ServerChecks.allowBackup(context, server, checkTimeout),
                    ServerConnections.pendingWals(context, server),
                    new WalRemover(
                            server.name(),
                            ServerWalIndex.of(server),
                            ServerWalArchive.of(server).storage(),
                            hooks,
                            context.out()),
                    new CheckBackupService(catalog, server, context.out()),
                    hooks,
                    context.out(),
                    context.clock());
            BackupOutcome outcome = service.backup(options(context, server));
            if (context.out() instanceof JsonWriter json) {
                BackupFieldsJson.fill(json.document(), outcome.backup());
            }
            if (outcome.interrupted() && context.arguments().all("server_name").size() > 1) {
                throw new InterruptedException("interrupted during the backup of server " + server.name());
            }
        }
    }

    private BackupOptions options(CommandContext context, ServerConfig server) {
        BackupOptions configured = BackupOptions.of(server);
        boolean noMoreTries = context.arguments()
                .lastGiven("--retry-times", "--no-retry")
                .map("--no-retry"::equals)
                .orElse(false);
        return new BackupOptions(
                name,
                incremental,
                context.arguments().toggle("immediate-checkpoint").orElse(configured.immediateCheckpoint()),
                noMoreTries ? 0 : orElse(retryTimes, configured.retryTimes()),
                orElse(retrySleep, configured.retrySleepSeconds()),
                bandwidthLimit == null ? configured.bandwidthLimitKiBPerSecond() : bandwidthLimit,
                reuseBackup == null ? configured.reportDeduplication() : reuseBackup.equals("link"),
                waitForWal,
                orElse(waitTimeout, 0));
    }

    private static int orElse(@Nullable Integer given, int configured) {
        return given == null ? configured : given;
    }
}
