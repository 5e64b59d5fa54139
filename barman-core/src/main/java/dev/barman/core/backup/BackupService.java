// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BackupException;
import dev.barman.core.BarmanException;
import dev.barman.core.archive.PendingWals;
import dev.barman.core.archive.WalArrival;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.ServerIdentity;
import dev.barman.core.config.BackupMethodName;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.message.Messages;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.file.IoReason;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/**
 * Takes base backups of one server ({@code barman backup}). Not thread-safe.
 *
 * <p>Whatever happens once the record exists, its end is recorded: {@code FAILED} with the cause after an error or a signal.
 * Only the end of the process without a signal it can catch leaves it open, for {@link StaleBackups} to close. Nothing is cleaned
 * up after a failure: what was copied stays until the backup is deleted.
 */
public final class BackupService {

    private static final String WAITING_WARNING =
            "IMPORTANT: this backup is classified as WAITING_FOR_WALS, meaning that Barman has not received yet all the"
                    + " required WAL files for the backup consistency.\nThis is a common behaviour in concurrent backup"
                    + " scenarios, and Barman automatically set the backup as DONE once all the required WAL files have"
                    + " been archived.\nHint: execute the backup command with '--wait'";

    private final ServerConfig server;
    private final BackupCatalog catalog;
    private final PostgresClient client;
    private final BackupMethod method;
    private final PreliminaryCheck check;
    private final PendingWals pendingWals;
    private final WalPurge walPurge;
    private final WalCheck walCheck;
    private final HookRunner hooks;
    private final Messages messages;
    private final Clock clock;

    /**
     * A service for one server.
     *
     * @param client the regular connection; the caller closes it
     * @param method how files are copied
     * @param check what must pass first
     * @param pendingWals archives WAL files that arrived meanwhile
     * @param walPurge removes the WAL files that the first backup makes useless
     * @param walCheck finds out whether the backup's WAL is complete
     * @param clock the time and the zone of the backup ids
     */
    public BackupService(
            ServerConfig server,
            BackupCatalog catalog,
            PostgresClient client,
            BackupMethod method,
            PreliminaryCheck check,
            PendingWals pendingWals,
            WalPurge walPurge,
            WalCheck walCheck,
            HookRunner hooks,
            Messages messages,
            Clock clock) {
        this.server = server;
        this.catalog = catalog;
        this.client = client;
        this.method = method;
        this.check = check;
        this.pendingWals = pendingWals;
        this.walPurge = walPurge;
        this.walCheck = walCheck;
        this.hooks = hooks;
        this.messages = messages;
        this.clock = clock;
    }

    /**
     * Refuses a server whose backup method this release cannot carry out.
     *
     * @throws BackupException naming the option to change
     */
    public static void requireSupported(ServerConfig server) throws BackupException {
        BackupMethodName name = server.backup().method();
        if (name != BackupMethodName.POSTGRES) {
            throw new BackupException(
                    "server '" + server.name() + "' has backup_method = " + (name == null ? "None" : name.id())
                            + ": this release takes backups with backup_method = postgres only");
        }
        if (server.archiving().encryption() != null) {
            throw new BackupException("server '" + server.name() + "' has encryption = "
                    + server.archiving().encryption()
                    + ": this release does not encrypt base backups, and takes none that should be");
        }
    }

    /**
     * Takes a backup. A failure of the backup itself is reported as an error message and in the outcome.
     *
     * @throws BarmanException if no backup was begun: nothing is recorded then
     * @throws IOException if the catalogue cannot be read or written
     * @throws InterruptedException if the thread is interrupted during the preliminary checks
     */
    public BackupOutcome backup(BackupOptions options) throws BarmanException, IOException, InterruptedException {
        requireSupported(server);
        BackupInfo parent = parent(options);
        method.validate();
        if (!check.passes()) {
            throw new BackupException("Impossible to start the backup. Check the log for more details, or run 'barman"
                    + " check " + server.name() + "'");
        }
        for (Path directory : server.directories().toCreate()) {
            createDirectory(directory);
        }
        String systemId = client.systemIdentifier();
        new ServerIdentity(systemId, client.version().major())
                .writeIfAbsent(server.directories().identityFile());
        BackupOutcome outcome;
        try (LockFile lock = lock();
                TerminationSignals signals = TerminationSignals.install()) {
            new StaleBackups(catalog, server.directories(), messages).markFailed();
            outcome = run(options, parent, systemId, signals);
        }
        return finish(outcome, parent);
    }

    private BackupOutcome run(
            BackupOptions options, @Nullable BackupInfo parent, String systemId, TerminationSignals signals)
            throws BarmanException, IOException {
        BackupInfo created = BackupInfo.builder(catalog.newId(clock))
                .serverName(server.name())
                .mode(method.mode())
                .systemid(systemId)
                .backupName(options.name())
                .parentBackupId(parent == null ? null : parent.id())
                .build();
        catalog.save(created);
        BackupRun run = new BackupRun(
                server,
                catalog,
                client,
                method,
                pendingWals,
                walPurge,
                walCheck,
                hooks,
                messages,
                clock,
                signals,
                created);
        return run.run(options);
    }

    /** What follows once the backup's lock is free again. */
    private BackupOutcome finish(BackupOutcome outcome, @Nullable BackupInfo parent)
            throws BarmanException, IOException {
        BackupInfo backup = outcome.backup();
        WalArrival.archive(pendingWals);
        if (backup.status() == BackupStatus.WAITING_FOR_WALS) {
            backup = walCheck.check(backup.id());
        }
        if (backup.status().isCopyDone() && !server.backup().wormMode()) {
            FirstBackup.purgeSilently(catalog, backup, walPurge, messages);
        }
        if (parent != null && backup.status().isCopyDone()) {
            warnOfChecksums(backup, parent);
        }
        if (backup.status() == BackupStatus.WAITING_FOR_WALS) {
            messages.warning(WAITING_WARNING);
        }
        return new BackupOutcome(backup, outcome.interrupted());
    }

    private void warnOfChecksums(BackupInfo backup, BackupInfo parent) throws BarmanException {
        if (!"on".equals(backup.dataChecksums())) {
            return;
        }
        for (BackupInfo ancestor : catalog.load().chain(parent)) {
            if ("off".equals(ancestor.dataChecksums())) {
                messages.warning("This is an incremental backup taken with `data_checksums = on` whereas backup "
                        + ancestor.id() + ", which it depends on, was taken with `data_checksums = off`: a restore may"
                        + " have to be done with checksums disabled");
                return;
            }
        }
    }

    private @Nullable BackupInfo parent(BackupOptions options) throws BarmanException {
        String word = options.parent();
        if (word == null) {
            return null;
        }
        BackupInfo parent = catalog.resolve(word)
                .orElseThrow(
                        () -> new BackupException("Unknown backup '" + word + "' for server '" + server.name() + "'"));
        String prefix = "failed to start backup: ";
        if (!client.version().isAtLeast(17)) {
            throw new BackupException(
                    prefix + "Postgres version 17 or greater is required for incremental backups using"
                            + " the Postgres backup method");
        }
        if (!client.setting("summarize_wal").orElse("off").equals("on")) {
            throw new BackupException(
                    prefix + "'summarize_wal' option has to be enabled in the Postgres server to perform"
                            + " an incremental backup using the Postgres backup method");
        }
        if (!"on".equals(parent.summarizeWal())) {
            throw new BackupException(prefix + "Backup ID " + parent.id() + " is not eligible as a parent for an"
                    + " incremental backup because WAL summaries were not enabled when that backup was taken.");
        }
        return parent;
    }

    private static void createDirectory(Path directory) throws BackupException {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new BackupException("failed to create " + directory + " directory: " + reason(e, directory), e);
        }
    }

    private static String reason(IOException e, Path directory) {
        return e instanceof AccessDeniedException ? "Permission denied" : IoReason.of(e, directory);
    }

    private LockFile lock() throws BackupException {
        Path file = server.directories().lockFile("backup");
        try {
            return LockFile.tryAcquire(file);
        } catch (LockBusyException e) {
            throw new BackupException("Another backup process is running", e);
        } catch (IOException e) {
            throw new BackupException(
                    e instanceof AccessDeniedException
                            ? "Permission denied, unable to access '" + file + "'"
                            : "unable to lock '" + file + "': " + IoReason.of(e, file),
                    e);
        }
    }
}
