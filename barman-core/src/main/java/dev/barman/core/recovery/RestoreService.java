// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.BarmanException;
import dev.barman.core.RecoveryException;
import dev.barman.core.archive.PendingWals;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.Backups;
import dev.barman.core.catalog.RequiredWals;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.config.HookEvent;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.BackupHookEnvironment;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.hook.RecoveryHookEnvironment;
import dev.barman.core.message.Messages;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.WalEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;

/**
 * Restores a backup of one server into a directory of this host. Cheap to make; not thread-safe.
 *
 * <p>Nothing in the catalogue is changed, apart from pending WAL files, which are archived first. When a restore fails, the
 * destination stays as it is, for a person to look at.
 */
public final class RestoreService {
    private static final String AUTO = "auto";
    private static final int LEAST_THREADS = 2;
    private static final int MOST_THREADS = 32;

    private final ServerConfig server;
    private final String barmanUser;
    private final BackupCatalog catalog;
    private final WalArchive archive;
    private final HookRunner hooks;
    private final Messages messages;
    private final Clock clock;

    /**
     * The WAL archive of the server, as a restore sees it.
     *
     * @param index the index
     * @param delivery delivers archived files
     * @param pending brings new files into the archive
     */
    public record WalArchive(LockedXlogDb index, WalDelivery delivery, PendingWals pending) {}

    /**
     * A service for one server.
     *
     * @param barmanUser the user that the generated {@code get-wal} command has to run as
     * @param clock gives the start and the local time zone
     */
    public RestoreService(
            ServerConfig server,
            String barmanUser,
            BackupCatalog catalog,
            WalArchive archive,
            HookRunner hooks,
            Messages messages,
            Clock clock) {
        this.server = server;
        this.barmanUser = barmanUser;
        this.catalog = catalog;
        this.archive = archive;
        this.hooks = hooks;
        this.messages = messages;
        this.clock = clock;
    }

    /**
     * Restores.
     *
     * @throws RecoveryException when the request is refused or a step fails
     * @throws BarmanException when the catalogue cannot be read or a hook script stops the restore
     * @throws IOException when the index of WAL files cannot be read
     * @throws InterruptedException when the thread is interrupted
     */
    public RestoreReport restore(RestoreRequest request) throws BarmanException, IOException, InterruptedException {
        RestoreChecks checks = new RestoreChecks(request, server, messages);
        checks.targets();
        Backups backups = catalog.load();
        BackupInfo backup = choose(request, backups);
        checks.stagingOptions();
        Map<String, Path> relocations = checks.backup(backup);
        archivePendingWals();
        Path destination = Path.of(request.destination()).toAbsolutePath().normalize();
        requireEmpty(request, checks.delta(), backup, destination, relocations);
        RecoveryHookEnvironment environment = environment(request, backup, backups);
        hooks.before(HookEvent.RECOVERY, environment);

        Instant start = clock.instant();
        messages.info("Starting local restore for server " + server.name() + " using backup " + backup.id());
        messages.info("Destination directory: " + request.destination());
        boolean getWal = getWal(request);
        if (!getWal && backup.status() == BackupStatus.WAITING_FOR_WALS) {
            messages.warning(
                    "IMPORTANT: You have requested a recovery operation for a backup that does not have yet all"
                            + " the WAL files that are required for consistency.");
        }
        RecoverySettings settings =
                Targets.check(request.target(), request.standby(), backup, archive.index(), clock.getZone(), messages);
        if (settings.pointInTime()) {
            messages.info("Doing PITR. Recovery target " + settings.shown());
        }
        RecoveryPlan plan = plan(request, backup, destination, relocations, settings, getWal);
        messages.debug("Plan of the restore:\n" + plan);
        RecoveryExecutor.Outcome outcome =
                new RecoveryExecutor(messages, archive.delivery(), threads(request)).execute(plan);
        warnIfStillWaiting(backup, getWal);
        hooks.after(HookEvent.RECOVERY, environment);
        ZoneId zone = clock.getZone();
        return new RestoreReport(
                outcome,
                getWal,
                recoveryFile(request),
                OffsetDateTime.ofInstant(start, zone),
                Duration.between(start, clock.instant()));
    }

    private BackupInfo choose(RestoreRequest request, Backups backups) throws BarmanException, IOException {
        if (request.backup().equals(AUTO)) {
            return new BackupChooser(backups, archive.index(), clock.getZone()).choose(request.target());
        }
        return backups.resolve(request.backup())
                .orElseThrow(() -> new RecoveryException(
                        "Unknown backup '" + request.backup() + "' for server '" + server.name() + "'"));
    }

    private boolean getWal(RestoreRequest request) {
        Boolean asked = request.getWal();
        return asked != null ? asked : server.recovery().options().contains("get-wal");
    }

    private static String recoveryFile(RestoreRequest request) {
        String named = request.recoveryConfFilename();
        return named == null ? "postgresql.auto.conf" : named;
    }

    private int threads(RestoreRequest request) {
        Integer asked = request.jobs();
        int jobs = asked != null ? asked : server.backup().parallelJobs();
        return Math.max(LEAST_THREADS, Math.min(MOST_THREADS, jobs));
    }

    /** A restore is often an emergency: it goes on with what is archived when something hinders the archiver. */
    private void archivePendingWals() {
        try {
            archive.pending().archive();
        } catch (BarmanException | IOException e) {
            LoggerFactory.getLogger("barman.recovery_executor").warn("Archiving before a restore failed", e);
            messages.warning("The WAL files that wait to be archived for server '" + server.name()
                    + "' could not be archived and are not part of this restore: " + e.getMessage());
        }
    }

    private static void requireEmpty(
            RestoreRequest request, boolean delta, BackupInfo backup, Path destination, Map<String, Path> relocations)
            throws RecoveryException {
        String hint = delta ? "\nHINT: Updating a populated directory (delta-restore) is not supported yet." : "";
        if (RestoredDirectories.occupied(destination)) {
            throw new RecoveryException("The restore operation cannot proceed because the destination folder '"
                    + request.destination()
                    + "' is not empty. To prevent accidental data loss, the destination must be empty. Please choose a"
                    + " different location or manually empty the folder." + hint);
        }
        for (Tablespace tablespace : backup.tablespaces()) {
            Path moved = relocations.get(tablespace.name());
            Path location = moved != null ? moved : Path.of(tablespace.location());
            if (RestoredDirectories.occupied(location)) {
                throw new RecoveryException("The restore operation cannot proceed. The destination path '" + location
                        + "' for the tablespace '" + tablespace.name()
                        + "' is not empty. To prevent accidental data loss, the destination must be empty. Please choose"
                        + " a different location or manually empty the folder." + hint);
            }
        }
    }

    private RecoveryPlan plan(
            RestoreRequest request,
            BackupInfo backup,
            Path destination,
            Map<String, Path> relocations,
            RecoverySettings settings,
            boolean getWal)
            throws BarmanException, IOException {
        List<WalEntry> wals = getWal ? List.of() : wals(backup, settings);
        String staging = request.stagingWalDirectory();
        return RecoveryPlanner.plan(new RecoveryPlanner.Input(
                server.name(),
                barmanUser,
                backup,
                catalog.directory(backup.id()),
                destination,
                relocations,
                settings,
                getWal,
                staging == null ? null : Path.of(staging).toAbsolutePath().normalize(),
                recoveryFile(request),
                wals));
    }

    private List<WalEntry> wals(BackupInfo backup, RecoverySettings settings) throws BarmanException, IOException {
        List<WalEntry> selected =
                Targets.inIndex(archive.index(), open -> required(settings).select(open, backup, server.name()));
        return ConsistencyWals.complete(server.name(), backup, settings.timeline(), selected, archive.delivery());
    }

    private static RequiredWals required(RecoverySettings settings) {
        return new RequiredWals(
                settings.timeline(),
                settings.target() instanceof RecoveryTarget.Position position ? position.lsn() : null,
                settings.target() instanceof RecoveryTarget.Immediate);
    }

    private void warnIfStillWaiting(BackupInfo backup, boolean getWal) throws BarmanException {
        if (getWal || backup.status() != BackupStatus.WAITING_FOR_WALS) {
            return;
        }
        boolean waiting = catalog.find(backup.id())
                .map(now -> now.status() == BackupStatus.WAITING_FOR_WALS)
                .orElse(false);
        if (waiting) {
            messages.warning(
                    "IMPORTANT: The backup we have restored IS NOT VALID. Required WAL files for consistency are"
                            + " missing. Please verify that WAL archiving is working correctly or evaluate using the 'get-wal'"
                            + " option for recovery");
        }
    }

    private RecoveryHookEnvironment environment(RestoreRequest request, BackupInfo backup, Backups backups) {
        BackupHookEnvironment about = new BackupHookEnvironment(
                backup.id().value(),
                catalog.directory(backup.id()),
                catalog.infoFile(backup.id()),
                backup.status().name(),
                backups.previous(backup.id())
                        .map(previous -> previous.id().value())
                        .orElse(""),
                backups.next(backup.id()).map(next -> next.id().value()).orElse(""),
                backup.error() == null ? "" : backup.error());
        return new RecoveryHookEnvironment(
                about,
                request.destination(),
                HookJson.tablespaces(request),
                request.remoteSshCommand() == null ? "" : request.remoteSshCommand(),
                HookJson.options(request));
    }
}
