// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import dev.barman.core.PostgresException;
import dev.barman.core.archive.PendingWals;
import dev.barman.core.archive.WalArrival;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.Backups;
import dev.barman.core.config.HookEvent;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.BackupHookEnvironment;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.message.Messages;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.core.text.BarmanDates;
import dev.barman.core.text.HumanDuration;
import dev.barman.core.text.HumanSize;
import dev.barman.wal.WalSegmentName;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One backup from its saved, empty record to its recorded end, under the server's backup lock. The order of the saves is
 * Barman's: after the start ({@code STARTED}), when copied and durable (still {@code STARTED}), and at the end. One use.
 */
final class BackupRun {

    private static final Logger LOG = LoggerFactory.getLogger("barman.backup");

    private final ServerConfig server;
    private final BackupCatalog catalog;
    private final PostgresClient client;
    private final BackupMethod method;
    private final PendingWals pendingWals;
    private final WalPurge walPurge;
    private final WalCheck walCheck;
    private final HookRunner hooks;
    private final Messages messages;
    private final Clock clock;
    private final TerminationSignals signals;

    private BackupInfo current;
    private String action = "starting backup";

    BackupRun(
            ServerConfig server,
            BackupCatalog catalog,
            PostgresClient client,
            BackupMethod method,
            PendingWals pendingWals,
            WalPurge walPurge,
            WalCheck walCheck,
            HookRunner hooks,
            Messages messages,
            Clock clock,
            TerminationSignals signals,
            BackupInfo created) {
        this.server = server;
        this.catalog = catalog;
        this.client = client;
        this.method = method;
        this.pendingWals = pendingWals;
        this.walPurge = walPurge;
        this.walCheck = walCheck;
        this.hooks = hooks;
        this.messages = messages;
        this.clock = clock;
        this.signals = signals;
        this.current = created;
    }

    /** Takes the backup; an error ends up in the record and in the messages. */
    BackupOutcome run(BackupOptions options) throws BarmanException, IOException {
        boolean interrupted = false;
        try {
            take(options);
        } catch (TerminatedException e) {
            interrupted = true;
            fail(e);
        } catch (BarmanException | IOException | RuntimeException e) {
            fail(e);
        } catch (Error e) {
            // Out of memory, a class that is missing: the record must say so before the process ends.
            fail(e);
            recordEnd();
            throw e;
        }
        recordEnd();
        return new BackupOutcome(current, interrupted || signals.received().isPresent());
    }

    private void take(BackupOptions options) throws BarmanException, IOException {
        messages.info("Starting backup using " + method.mode() + " method for server " + server.name() + " in "
                + catalog.directory(current.id()));
        signals.check();
        runScriptsBefore();
        signals.check();
        LocalDateTime copyStart;
        long begin;
        try (BackupSession session = method.open(options, signals)) {
            current = session.start(current).toBuilder()
                    .status(BackupStatus.STARTED)
                    .build();
            catalog.save(current);
            messages.info("Backup start at LSN: "
                    + PgBaseBackupSession.describe(current.beginXlog(), current.beginWal(), current.beginOffset()));
            signals.check();
            action = "copying files";
            copyStart = LocalDateTime.now(clock);
            begin = System.nanoTime();
            current = session.copy(current);
            current = session.stop(current);
            purgeBeforeFirst();
            createRestorePoint();
        }
        action = "calculating backup size";
        BackupFiles.Size size = BackupFiles.syncAndMeasure(catalog.directory(current.id()), signals);
        current = current.toBuilder()
                .size(size.sizeBytes())
                .deduplicatedSize(size.deduplicatedSizeBytes())
                .build();
        catalog.save(current);
        messages.info(sizeMessage(size, options.reportDeduplication()));
        current = current.toBuilder().status(BackupStatus.WAITING_FOR_WALS).build();
        messages.info("Backup end at LSN: "
                + PgBaseBackupSession.describe(current.endXlog(), current.endWal(), current.endOffset()));
        messages.info("Backup completed (start time: " + naive(copyStart) + ", elapsed time: "
                + HumanDuration.ofSeconds((System.nanoTime() - begin) / 1e9) + ")");
        if (options.waitForWal()) {
            waitForLastWal(options.waitTimeoutSeconds());
        }
    }

    /** A signal ends the scripts by interrupting this thread, which is safe here only: elsewhere it may be at file I/O. */
    private void runScriptsBefore() throws BarmanException, IOException {
        BackupHookEnvironment environment = hookEnvironment();
        Thread working = Thread.currentThread();
        try (TerminationSignals.Registration registration = signals.onSignal(working::interrupt)) {
            hooks.before(HookEvent.BACKUP, environment);
        } catch (InterruptedIOException e) {
            signals.check();
            throw e;
        } finally {
            boolean ignored = Thread.interrupted();
        }
    }

    /** The scripts run after an interrupted backup, too; one more signal ends them. */
    private void runScriptsAfter() throws BarmanException {
        BackupHookEnvironment environment = hookEnvironment();
        Thread working = Thread.currentThread();
        try (TerminationSignals.Registration registration = signals.onFurtherSignal(working::interrupt)) {
            hooks.after(HookEvent.BACKUP, environment);
        } finally {
            boolean ignored = Thread.interrupted();
        }
    }

    private static String sizeMessage(BackupFiles.Size size, boolean reportDeduplication) {
        String text = "Backup size: " + HumanSize.format(size.sizeBytes());
        return reportDeduplication
                ? text + ". Actual size on disk: " + HumanSize.format(size.deduplicatedSizeBytes()) + " (-"
                        + String.format(Locale.ROOT, "%.2f", size.deduplicationRatio() * 100)
                        + "% deduplication ratio)."
                : text;
    }

    private static String naive(LocalDateTime time) {
        String text = BarmanDates.withOffset(time.atOffset(ZoneOffset.UTC));
        return text.substring(0, text.length() - "+00:00".length());
    }

    /** What is copied is copied: nothing that hinders the tidying up makes the backup worse. */
    private void purgeBeforeFirst() {
        try {
            FirstBackup.purge(catalog, current, server.backup().wormMode(), walPurge, messages);
        } catch (BarmanException e) {
            FirstBackup.warn(messages, e);
        }
    }

    private void createRestorePoint() {
        try {
            if (!client.isInRecovery()) {
                client.createRestorePoint("barman_" + current.id());
            }
        } catch (PostgresException e) {
            LOG.debug("no restore point for backup {}: {}", current.id(), e.getMessage());
        }
    }

    /**
     * The backup is complete already: whatever ends the wait, it stays so. It is recorded before, since the wait may be long and this
     * process be killed meanwhile: a record of a copy in progress would then be marked as failed.
     */
    private void waitForLastWal(int timeoutSeconds) throws BarmanException {
        WalSegmentName last = current.endWal();
        if (last == null) {
            return;
        }
        catalog.save(current);
        try {
            new WalArrival(server, pendingWals, messages).await(last, timeoutSeconds, signals);
            current = walCheck.check(current.id());
        } catch (BarmanException | IOException e) {
            messages.error("Cannot wait for the WAL file " + last + ", the copy itself is complete: " + e.getMessage());
            current = catalog.find(current.id()).orElse(current);
        }
    }

    private void fail(Throwable failure) {
        String text = failure.getMessage();
        String details =
                text == null || text.isBlank() || !(failure instanceof BarmanException) ? describe(failure) : text;
        String firstLine = details.lines().findFirst().orElse(details);
        current = current.toBuilder()
                .status(BackupStatus.FAILED)
                .error("failure " + action + " (" + firstLine + ")")
                .build();
        if (failure instanceof BarmanException || failure instanceof IOException) {
            LOG.debug("Backup failed {}.", action, failure);
        } else {
            LOG.error("Backup failed {}.", action, failure);
        }
        messages.error("Backup failed " + action + ".\nDETAILS: " + details.stripTrailing());
    }

    private static String describe(Throwable failure) {
        String text = failure.getMessage();
        return text == null || text.isBlank() ? failure.getClass().getSimpleName() : failure.toString();
    }

    /** Saves the record in its last state and runs the scripts that come after. */
    private void recordEnd() throws BarmanException {
        try {
            addToParent();
        } finally {
            try {
                catalog.save(current);
            } finally {
                client.close();
                runScriptsAfter();
            }
        }
    }

    /** Failed incremental backups are listed as children, too: they must go before their parent. */
    private void addToParent() throws BarmanException {
        BackupId parentId = current.parentBackupId();
        if (parentId == null) {
            return;
        }
        Optional<BackupInfo> parent = catalog.find(parentId);
        if (parent.isEmpty() || parent.get().childrenBackupIds().contains(current.id())) {
            return;
        }
        List<BackupId> children = new ArrayList<>(parent.get().childrenBackupIds());
        children.add(current.id());
        catalog.save(parent.get().toBuilder().childrenBackupIds(children).build());
    }

    private BackupHookEnvironment hookEnvironment() throws BarmanException {
        BackupId id = current.id();
        Backups backups = catalog.load();
        return new BackupHookEnvironment(
                id.value(),
                catalog.directory(id),
                catalog.infoFile(id),
                current.status().name(),
                idOrEmpty(backups.previous(id).orElse(null)),
                idOrEmpty(backups.next(id).orElse(null)),
                current.error() == null ? "" : current.error());
    }

    private static String idOrEmpty(@Nullable BackupInfo backup) {
        return backup == null ? "" : backup.id().value();
    }
}
