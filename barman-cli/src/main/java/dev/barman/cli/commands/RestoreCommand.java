// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import com.beust.jcommander.Parameter;
import dev.barman.cli.args.ChoiceConverter;
import dev.barman.cli.args.NonNegativeInt;
import dev.barman.cli.args.Positional;
import dev.barman.cli.args.PositiveInt;
import dev.barman.cli.args.TargetActionText;
import dev.barman.cli.args.TargetTimelineText;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.cli.output.JsonWriter;
import dev.barman.core.BarmanException;
import dev.barman.core.archive.ArchiveWalService;
import dev.barman.core.archive.ArchiveWalService.Occasion;
import dev.barman.core.archive.PendingWals;
import dev.barman.core.archive.ServerWalArchive;
import dev.barman.core.archive.ServerWalIndex;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.config.ServerDirectories;
import dev.barman.core.hook.HookAbortedException;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.recovery.RestoreReport;
import dev.barman.core.recovery.RestoreRequest;
import dev.barman.core.recovery.RestoreService;
import dev.barman.core.recovery.RestoreService.WalArchive;
import dev.barman.core.recovery.StagingOptions;
import dev.barman.core.recovery.TargetOptions;
import dev.barman.core.recovery.WalDelivery;
import dev.barman.file.LockBusyException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code barman restore}: a backup becomes a data directory that PostgreSQL can start on. */
@SuppressWarnings(
        "UnusedVariable") // options that a local restore has no use for, and pairs of which the last word wins
public final class RestoreCommand implements Command {
    @Parameter(
            names = "--target-tli",
            description = "recover along this timeline",
            converter = TargetTimelineText.class)
    private @Nullable String targetTimeline;

    @Parameter(names = "--target-time", description = "recover up to this time")
    private @Nullable String targetTime;

    @Parameter(names = "--target-xid", description = "recover up to this transaction")
    private @Nullable String targetXid;

    @Parameter(names = "--target-lsn", description = "recover up to this WAL position")
    private @Nullable String targetLsn;

    @Parameter(names = "--target-name", description = "recover up to this restore point")
    private @Nullable String targetName;

    @Parameter(names = "--target-immediate", description = "stop as soon as the data is consistent")
    private boolean targetImmediate;

    @Parameter(names = "--exclusive", description = "stop just before the target")
    private boolean exclusive;

    @Parameter(
            names = "--target-action",
            description = "what PostgreSQL does at the target: pause, shutdown or promote",
            converter = TargetActionText.class)
    private @Nullable String targetAction;

    @Parameter(
            names = "--tablespace",
            description = "put a tablespace somewhere else; repeatable",
            placeholder = "NAME:LOCATION")
    private List<String> tablespaces = new ArrayList<>();

    @Parameter(names = "--remote-ssh-command", description = "restore on the host that this command reaches")
    private @Nullable String remoteSshCommand;

    @Parameter(names = "--staging-wal-directory", description = "where the WAL files of a recovery target go")
    private @Nullable String stagingWalDirectory;

    @Parameter(names = "--get-wal", description = "let PostgreSQL fetch the WAL files itself")
    private boolean getWal;

    @Parameter(names = "--no-get-wal", description = "copy the WAL files")
    private boolean noGetWal;

    @Parameter(names = "--delta-restore", description = "update a populated directory")
    private boolean deltaRestore;

    @Parameter(names = "--no-delta-restore", description = "restore into an empty directory only")
    private boolean noDeltaRestore;

    @Parameter(names = "--network-compression", description = "compress what goes to another host")
    private boolean networkCompression;

    @Parameter(names = "--no-network-compression", description = "do not compress what goes to another host")
    private boolean noNetworkCompression;

    @Parameter(names = "--standby-mode", description = "make a standby")
    private boolean standby;

    @Parameter(names = "--staging-path", description = "where intermediate files go")
    private @Nullable String stagingPath;

    @Parameter(
            names = "--staging-location",
            description = "on which host the staging path is: local or remote",
            converter = StagingLocation.class)
    private @Nullable String stagingLocation;

    @Parameter(names = "--recovery-staging-path", description = "deprecated, see --staging-path")
    private @Nullable String recoveryStagingPath;

    @Parameter(names = "--local-staging-path", description = "deprecated, see --staging-path")
    private @Nullable String localStagingPath;

    @Parameter(
            names = "--combine-mode",
            description = "how pg_combinebackup copies: copy, link, clone or copy-file-range",
            converter = CombineMode.class)
    private @Nullable String combineMode;

    @Parameter(names = "--recovery-conf-filename", description = "the file that gets the recovery settings")
    private @Nullable String recoveryConfFilename;

    @Parameter(
            names = "--recovery-option-port",
            description = "port for the generated command that fetches WAL files",
            converter = PositiveInt.class)
    private @Nullable Integer recoveryOptionPort;

    @Parameter(
            names = {"--jobs", "-j"},
            description = "how many files are copied at the same time",
            placeholder = "NJOBS",
            converter = PositiveInt.class)
    private @Nullable Integer jobs;

    @Parameter(names = "--jobs-start-batch-size", description = "no effect here", converter = PositiveInt.class)
    private @Nullable Integer jobsStartBatchSize;

    @Parameter(names = "--jobs-start-batch-period", description = "no effect here", converter = PositiveInt.class)
    private @Nullable Integer jobsStartBatchPeriod;

    @Parameter(
            names = "--bwlimit",
            description = "limit of a transfer to another host, in kB/s",
            converter = NonNegativeInt.class)
    private @Nullable Integer bandwidthLimit;

    @Parameter(
            names = "--retry-times",
            description = "how often a failed transfer is repeated",
            converter = NonNegativeInt.class)
    private @Nullable Integer retryTimes;

    @Parameter(
            names = "--retry-sleep",
            description = "pause before a repetition, in seconds",
            converter = NonNegativeInt.class)
    private @Nullable Integer retrySleep;

    @Parameter(names = "--no-retry", description = "do not repeat a failed transfer")
    private boolean noRetry;

    @Parameter(names = "--snapshot-recovery-instance", description = "the machine on which snapshots are mounted")
    private @Nullable String snapshotInstance;

    @Parameter(names = "--snapshot-recovery-zone", description = "deprecated, see --gcp-zone")
    private @Nullable String snapshotZone;

    @Parameter(names = "--gcp-zone", description = "the zone of the machine and the snapshots")
    private @Nullable String gcpZone;

    @Parameter(names = "--azure-resource-group", description = "the resource group of the machine and the snapshots")
    private @Nullable String azureResourceGroup;

    @Parameter(names = "--aws-region", description = "the region of the machine and the snapshots")
    private @Nullable String awsRegion;

    /** {@code local} or {@code remote}. */
    public static final class StagingLocation extends ChoiceConverter {
        /** For JCommander. */
        public StagingLocation() {
            super("local", "remote");
        }
    }

    /** The modes of pg_combinebackup. */
    public static final class CombineMode extends ChoiceConverter {
        /** For JCommander. */
        public CombineMode() {
            super("copy", "link", "clone", "copy-file-range");
        }
    }

    @Override
    public List<Positional> positionals() {
        return List.of(
                Positional.SERVER,
                Positional.BACKUP,
                Positional.required("destination_directory", "where the data directory is to be"));
    }

    @Override
    public int run(CommandContext context) throws BarmanException, IOException, InterruptedException {
        return context.withServer(ServerRules.USE_ARCHIVE, server -> restore(context, server));
    }

    private void restore(CommandContext context, ServerConfig server)
            throws BarmanException, IOException, InterruptedException {
        HookRunner hooks =
                HookRunner.of(server, context.configuration().global().configFile());
        ServerWalArchive archive = ServerWalArchive.of(server);
        ServerDirectories directories = server.directories();
        RestoreService service = new RestoreService(
                server,
                context.configuration().global().barmanUser(),
                new BackupCatalog(server.name(), null, directories.basebackups(), directories.meta()),
                new WalArchive(
                        ServerWalIndex.of(server),
                        new WalDelivery(server.name(), archive.storage(), archive.compression(), archive.decryption()),
                        pendingWals(context, server, hooks)),
                hooks,
                context.out(),
                context.clock());
        try {
            RestoreReport report = service.restore(request(context));
            if (context.out() instanceof JsonWriter json) {
                RestoreReportText.write(report, json);
            } else {
                RestoreReportText.print(report, context.out());
            }
        } catch (HookAbortedException e) {
            context.out().exception(e.getMessage());
        }
    }

    private static PendingWals pendingWals(CommandContext context, ServerConfig server, HookRunner hooks) {
        return () -> {
            if (server.passive()) {
                return;
            }
            try {
                new ArchiveWalService(server, hooks, context.out(), context.clock()).archive(Occasion.INTERNAL);
            } catch (LockBusyException e) {
                context.out().debug("Another process archives the WAL files of server " + server.name());
            }
        };
    }

    private RestoreRequest request(CommandContext context) {
        return RestoreRequest.of(
                        context.arguments().text("backup_id"),
                        context.arguments().text("destination_directory"))
                .target(new TargetOptions(
                        targetTime,
                        targetXid,
                        targetLsn,
                        targetName,
                        targetImmediate,
                        targetTimeline,
                        exclusive,
                        targetAction))
                .staging(new StagingOptions(stagingPath, stagingLocation, localStagingPath, recoveryStagingPath))
                .tablespaceRules(tablespaces)
                .standby(standby)
                .getWal(context.arguments().toggle("get-wal").orElse(null))
                .deltaRestore(context.arguments().toggle("delta-restore").orElse(null))
                .networkCompression(
                        context.arguments().toggle("network-compression").orElse(null))
                .remoteSshCommand(remoteSshCommand)
                .stagingWalDirectory(stagingWalDirectory)
                .recoveryConfFilename(recoveryConfFilename)
                .recoveryOptionPort(recoveryOptionPort)
                .snapshotInstance(snapshotInstance)
                .jobs(jobs)
                .build();
    }
}
