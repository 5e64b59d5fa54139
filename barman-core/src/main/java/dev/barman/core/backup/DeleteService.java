// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BackupException;
import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.BackupType;
import dev.barman.core.catalog.Backups;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.catalog.WalRemovalPlan;
import dev.barman.core.catalog.WalRemovalPlan.Cause;
import dev.barman.core.config.HookEvent;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.config.ServerDirectories;
import dev.barman.core.hook.BackupHookEnvironment;
import dev.barman.core.hook.HookAbortedException;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.message.Messages;
import dev.barman.core.text.BarmanDates;
import dev.barman.core.text.HumanDuration;
import dev.barman.core.tools.LeftoverPrograms;
import dev.barman.file.Fsync;
import dev.barman.file.IoReason;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import dev.barman.wal.storage.WalStorage;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Deletes backups, in whatever state they are, with the WAL files that only they need.
 *
 * <p>Everything that can be wrong is looked at before anything goes. The order of the removal is such that a deletion killed at any point can be
 * repeated: the mark of an unfinished deletion first, then the data, the WAL files, the directory, the metadata, and the mark last.
 */
public final class DeleteService {
    private final ServerConfig server;
    private final BackupCatalog catalog;
    private final ServerDirectories directories;
    private final WalRemover wals;
    private final HookRunner hooks;
    private final Messages messages;
    private final Clock clock;
    private final DeleteStep.Observer observer;

    /**
     * Creates a service for one server.
     *
     * @param storage the server's WAL archive
     */
    public DeleteService(ServerCatalog catalog, WalStorage storage, HookRunner hooks, Messages messages, Clock clock) {
        this(catalog, storage, hooks, messages, clock, step -> {});
    }

    /** For tests that look at, or kill, a deletion between its steps. */
    DeleteService(
            ServerCatalog catalog,
            WalStorage storage,
            HookRunner hooks,
            Messages messages,
            Clock clock,
            DeleteStep.Observer observer) {
        this.observer = observer;
        this.server = catalog.server();
        this.catalog = catalog.catalog();
        this.directories = catalog.server().directories();
        this.wals = new WalRemover(server.name(), catalog.index(), storage, hooks, messages, observer);
        this.hooks = hooks;
        this.messages = messages;
        this.clock = clock;
    }

    /**
     * Deletes a backup on request, and all incremental backups that depend on it, leaves first. What forbids it is said as a message.
     *
     * @return whether the backup is gone
     * @throws HookAbortedException when a script before the deletion forbids it; repeating the deletion completes what has begun
     * @throws BarmanException when the catalogue or the WAL index cannot be read
     */
    public boolean delete(BackupId id) throws BarmanException {
        Backups backups = catalog.load();
        Optional<BackupInfo> backup = backups.find(id);
        if (backup.isEmpty() || refused(backups, backup.get())) {
            return false;
        }
        if (!backups.children(backup.get()).isEmpty()) {
            messages.warning(
                    "Backup " + id + " has incremental backups which depend on it. Deleting all backups in the tree");
        }
        try (LockFile lock = LockFile.tryAcquire(directories.lockFile("backup"))) {
            return deleteFamily(id);
        } catch (LockBusyException e) {
            messages.error(
                    "Another process in running on server " + server.name() + ". Impossible to delete the backup.");
            return false;
        } catch (IOException e) {
            throw new BackupException("cannot lock server " + server.name() + ": " + IoReason.of(e), e);
        }
    }

    /**
     * Deletes one backup that the retention policy gives up, without asking for keep requests or redundancy again. WAL of backups kept as standalone
     * is spared.
     *
     * @return whether the backup is gone; not when its lock is busy, which is said as a warning
     * @throws BarmanException as {@link #delete}
     */
    public boolean deleteObsolete(BackupId id) throws BarmanException {
        try (LockFile lock = LockFile.tryAcquire(directories.backupLockFile(id.value()))) {
            messages.info("Enforcing retention policy: removing backup " + id + " for server " + server.name());
            Backups backups = catalog.load();
            Optional<BackupInfo> backup = backups.find(id);
            return backup.isPresent() && deleteOne(backups, backup.get(), Cause.RETENTION);
        } catch (LockBusyException e) {
            messages.warning("Another action is in progress for the backup " + id + " of server " + server.name()
                    + ", skipping retention policy application");
            return false;
        } catch (IOException e) {
            throw new BackupException("cannot lock backup " + id + ": " + IoReason.of(e), e);
        }
    }

    private boolean refused(Backups backups, BackupInfo backup) throws BarmanException {
        String subject = "Skipping delete of backup " + backup.id() + " for server " + server.name();
        if (catalog.keepAnnotation().text(backup.id()).isPresent()) {
            messages.warning(subject + " as it has a current keep request. If you really want to delete this backup"
                    + " please remove the keep and try again.");
            return true;
        }
        int minimum = server.retention().minimumRedundancy();
        int current = backups.redundancy();
        boolean counts = counts(backup) && !catalog.deleteMarker().isSet(backup.id());
        if (counts) {
            current -= unfinishedDeletions(backups);
        }
        if (counts && minimum >= current) {
            messages.warning(subject + " due to minimum redundancy requirements (minimum redundancy = " + minimum
                    + ", current redundancy = " + current + ")");
            return true;
        }
        return false;
    }

    private static boolean counts(BackupInfo backup) {
        return backup.status() == BackupStatus.DONE && !backup.isIncremental();
    }

    /** Backups that are complete on record only: their data may be gone, and their deletion can always be completed. */
    private int unfinishedDeletions(Backups backups) throws BarmanException {
        int unfinished = 0;
        for (BackupInfo backup : backups) {
            if (counts(backup) && catalog.deleteMarker().isSet(backup.id())) {
                unfinished++;
            }
        }
        return unfinished;
    }

    /** Under the server's backup lock: nothing new is begun meanwhile. */
    private boolean deleteFamily(BackupId id) throws BarmanException {
        Backups family = catalog.load();
        Optional<BackupInfo> root = family.find(id);
        if (root.isEmpty() || refused(family, root.get())) {
            return false;
        }
        for (BackupInfo member : family.leavesFirst(root.get())) {
            if (!deleteLocked(member.id())) {
                if (!member.id().equals(id)) {
                    messages.error("Failed to delete one of its incremental backups. Make sure all its dependent"
                            + " backups are deletable and try again.");
                }
                return false;
            }
        }
        return true;
    }

    private boolean deleteLocked(BackupId id) throws BarmanException {
        Path file = directories.backupLockFile(id.value());
        try {
            LockFile lock = LockFile.tryAcquire(file);
            boolean deleted = false;
            try {
                Backups backups = catalog.load();
                Optional<BackupInfo> backup = backups.find(id);
                deleted = backup.isPresent() && deleteOne(backups, backup.get(), Cause.COMMAND);
            } finally {
                if (deleted) {
                    lock.closeAndDelete();
                } else {
                    lock.close();
                }
            }
            return deleted;
        } catch (LockBusyException e) {
            messages.error(
                    "Another process is holding the lock for backup " + id + " of server " + server.name() + ".");
            return false;
        } catch (IOException e) {
            throw new BackupException("cannot lock backup " + id + ": " + IoReason.of(e), e);
        }
    }

    /** Under the backup's lock. */
    private boolean deleteOne(Backups backups, BackupInfo backup, Cause cause) throws BarmanException {
        BackupId id = backup.id();
        LocalDateTime localStart = LocalDateTime.now(clock);
        Instant start = clock.instant();
        if (isSyncing(id) || !isDeletable(backup)) {
            return false;
        }
        Optional<WalRemovalPlan> plan = WalRemovalPlan.forDeletion(
                backups,
                backup,
                catalog.keepAnnotation().targets(backups),
                cause,
                server.backup().options().contains("exclusive_backup"));
        if (plan.isPresent()) {
            verifyIndex();
        }
        boolean resumed = catalog.deleteMarker().isSet(id);
        catalog.deleteMarker().set(id);
        observer.reached(DeleteStep.MARKED);
        try {
            hooks.before(HookEvent.DELETE, environment(backups, backup, false));
        } catch (InterruptedIOException e) {
            Thread.currentThread().interrupt();
            throw new BackupException(
                    "the deletion of backup " + id + " of server " + server.name() + " was interrupted", e);
        }
        messages.info("Deleting backup " + id + " for server " + server.name());
        try {
            removeData(backup);
        } catch (IOException e) {
            messages.error("Failure deleting backup " + id + " for server " + server.name() + ".\n" + IoReason.of(e));
            return false;
        }
        observer.reached(DeleteStep.DATA_REMOVED);
        if (plan.isPresent()) {
            messages.info("Delete associated WAL segments:");
            wals.remove(plan.get(), resumed, name -> messages.info("\t" + name));
        }
        observer.reached(DeleteStep.WALS_REMOVED);
        if (!removeRecord(backup)) {
            return false;
        }
        messages.info("Deleted backup " + id + " (start time: " + BarmanDates.ctime(localStart) + ", elapsed time: "
                + HumanDuration.format(Duration.between(start, clock.instant())) + ")");
        forgetChild(backup);
        backups.next(id).ifPresent(this::refreshSizes);
        removeSyncLock(id);
        hooks.after(HookEvent.DELETE, environment(backups, backup, true));
        return true;
    }

    /** A backup that is being copied from another node is locked by that copy alone. */
    private boolean isSyncing(BackupId id) throws BarmanException {
        try {
            if (LockFile.probe(syncLock(id)).isEmpty()) {
                return false;
            }
        } catch (IOException e) {
            throw new BackupException("cannot look at lock " + syncLock(id) + ": " + IoReason.of(e, syncLock(id)), e);
        }
        messages.error("Another process is holding the lock for backup " + id + " of server " + server.name() + ".");
        return true;
    }

    private boolean isDeletable(BackupInfo backup) {
        if (backup.type() == BackupType.SNAPSHOT && backup.snapshotsInfo() != null) {
            messages.error("Failure deleting backup " + backup.id() + " for server " + server.name()
                    + ".\nIts data is in snapshots of a cloud provider, which this release cannot delete");
            return false;
        }
        return true;
    }

    private void verifyIndex() throws BarmanException {
        try {
            wals.verify();
        } catch (IOException e) {
            throw new BackupException(e.getMessage() + "\nNothing was deleted", e);
        }
    }

    private void removeData(BackupInfo backup) throws IOException, BarmanException {
        BackupId id = backup.id();
        if (!catalog.infoFile(id).startsWith(directories.meta())) {
            // A record inside the directory that is going to be removed would vanish too early.
            catalog.save(backup);
        }
        Path data = catalog.dataDirectory(id);
        if (!backup.status().isCopyDone()) {
            // The copy of a killed backup may go on, and would fill the directory while it is emptied.
            LeftoverPrograms.terminate("--pgdata=" + data);
        }
        List<Path> trees = new ArrayList<>();
        for (Tablespace tablespace : backup.tablespaces()) {
            Path tree = catalog.tablespaceDirectory(id, tablespace.oid());
            if (!tree.startsWith(data)) {
                trees.add(tree);
            }
        }
        trees.add(data);
        for (Path tree : trees) {
            FileTrees.remove(tree);
        }
    }

    private boolean removeRecord(BackupInfo backup) throws BarmanException {
        BackupId id = backup.id();
        Path directory = catalog.directory(id);
        try {
            FileTrees.remove(directory);
            if (Files.isDirectory(directories.basebackups())) {
                Fsync.directory(directories.basebackups());
            }
        } catch (IOException e) {
            messages.error("Failure deleting backup " + id + " for server " + server.name() + ".\n" + e
                    + "\nPlease remove the directory " + directory + " and repeat the deletion");
            return false;
        }
        observer.reached(DeleteStep.DIRECTORY_REMOVED);
        catalog.remove(id);
        observer.reached(DeleteStep.RECORD_REMOVED);
        catalog.deleteMarker().clear(id);
        observer.reached(DeleteStep.MARK_CLEARED);
        catalog.deleteMarker().clearStale(catalog.ids());
        return true;
    }

    private void forgetChild(BackupInfo deleted) throws BarmanException {
        BackupId parentId = deleted.parentBackupId();
        if (parentId == null) {
            return;
        }
        Optional<BackupInfo> parent = catalog.find(parentId);
        if (parent.isPresent() && parent.get().childrenBackupIds().contains(deleted.id())) {
            List<BackupId> children = new ArrayList<>(parent.get().childrenBackupIds());
            children.remove(deleted.id());
            catalog.save(parent.get().toBuilder().childrenBackupIds(children).build());
        }
    }

    /** Files that the next backup shared with the deleted one are its own now. */
    private void refreshSizes(BackupInfo next) {
        if (next.type() != BackupType.RSYNC) {
            return;
        }
        try {
            BackupSizes sizes = BackupSizes.of(catalog.directory(next.id()));
            Optional<BackupInfo> current = catalog.find(next.id());
            if (current.isPresent()) {
                catalog.save(current.get().toBuilder()
                        .size(sizes.totalBytes())
                        .deduplicatedSize(sizes.deduplicatedBytes())
                        .build());
            }
        } catch (IOException | BarmanException e) {
            messages.warning("Cannot compute the sizes of backup " + next.id() + " again: " + e.getMessage());
        }
    }

    private void removeSyncLock(BackupId id) throws BarmanException {
        try {
            LockFile.deleteIfFree(syncLock(id));
        } catch (IOException e) {
            throw new BackupException(
                    "cannot remove lock file " + syncLock(id) + ": " + IoReason.of(e, syncLock(id)), e);
        }
    }

    private Path syncLock(BackupId id) {
        return directories.lockFile(id + "-sync-backup");
    }

    /** Scripts behind the deletion of a failed backup are not told its neighbours, as in Barman. */
    private BackupHookEnvironment environment(Backups backups, BackupInfo backup, boolean after) {
        boolean silent = after && backup.status() == BackupStatus.FAILED;
        return new BackupHookEnvironment(
                backup.id().value(),
                catalog.directory(backup.id()),
                directories.meta().resolve(backup.id() + "-backup.info"),
                backup.status().name(),
                silent ? "" : neighbour(backups.previous(backup.id())),
                silent ? "" : neighbour(backups.next(backup.id())),
                backup.error() == null ? "" : backup.error());
    }

    private static String neighbour(Optional<BackupInfo> backup) {
        return backup.map(info -> info.id().value()).orElse("");
    }
}
