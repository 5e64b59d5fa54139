// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import dev.barman.core.backup.IndexRepair.Line;
import dev.barman.core.catalog.InvalidWalNameException;
import dev.barman.core.catalog.WalRemovalPlan;
import dev.barman.core.config.HookEvent;
import dev.barman.core.hook.HookAbortedException;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.hook.WalHookEnvironment;
import dev.barman.core.message.Messages;
import dev.barman.file.IoReason;
import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.storage.StoredWal;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalStorage.DeleteFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Removes WAL files that a plan gives up: first their lines from the index, durably, then the files, each by its name.
 *
 * <p>Killed in between, files without a line are left, which harm nobody; the repeated removal finds them by looking through the archive. When a hook
 * script forbids to go on, the files that are still there get their lines back, at their old places. Scripts run without the index lock, so that they
 * may call commands that need it. Not thread-safe.
 */
public final class WalRemover implements WalPurge {
    private final String serverName;
    private final LockedXlogDb index;
    private final WalStorage storage;
    private final HookRunner hooks;
    private final Messages messages;
    private final IndexRepair repair;
    private final DeleteStep.Observer observer;

    /** Creates a remover for one server's archive. */
    public WalRemover(String serverName, LockedXlogDb index, WalStorage storage, HookRunner hooks, Messages messages) {
        this(serverName, index, storage, hooks, messages, step -> {});
    }

    WalRemover(
            String serverName,
            LockedXlogDb index,
            WalStorage storage,
            HookRunner hooks,
            Messages messages,
            DeleteStep.Observer observer) {
        this.serverName = serverName;
        this.index = index;
        this.storage = storage;
        this.hooks = hooks;
        this.messages = messages;
        this.repair = new IndexRepair(storage);
        this.observer = observer;
    }

    /**
     * Reads the index as a removal would, and asks the archive what a removal would ask.
     *
     * @throws IOException when the index cannot be read, a line in it is damaged, or the archive does not answer: better known before
     *     anything is deleted
     */
    public void verify() throws IOException {
        storage.probe();
        storage.sharedWith();
        index.read(db -> {
            db.scan(line -> true);
            return true;
        });
    }

    @Override
    public void remove(WalRemovalPlan plan, Consumer<String> removed) throws BarmanException {
        remove(plan, false, removed);
    }

    /**
     * Removes what the plan gives up. From an archive that serves backups of others, too, nothing is removed, which is said as a warning: the files
     * keep their lines, by which a later removal finds them.
     *
     * @param resumed whether an earlier removal for the same reason may have been interrupted: files that lost their line are looked for
     * @param removed is told each name that went, in the order of the index
     * @throws HookAbortedException when a script before the removal of a file forbids it
     * @throws BarmanException when the index or the archive cannot be read or written
     */
    public void remove(WalRemovalPlan plan, boolean resumed, Consumer<String> removed) throws BarmanException {
        if (plan.isEmpty()) {
            return;
        }
        try {
            // Without an answer the index must keep its lines: nobody else would know of the files.
            storage.probe();
            Optional<String> others = storage.sharedWith();
            if (others.isPresent()) {
                spare(plan, others.get());
            } else if (hooks.hasScripts(HookEvent.WAL_DELETE)) {
                removeWithHooks(plan, resumed, removed);
            } else {
                index.write(db -> {
                    Removal removal = takeOut(db, plan, resumed);
                    Set<String> stayed = delete(removal.files(), removed);
                    return stayed.isEmpty() || repair.putBack(db, removal.lines(), without(removal.files(), stayed));
                });
            }
        } catch (IOException e) {
            throw new BarmanException(
                    "cannot remove WAL files of server " + serverName + " from " + storage.location() + ": "
                            + IoReason.of(e),
                    e);
        }
    }

    private void spare(WalRemovalPlan plan, String others) throws IOException {
        long[] files = {0};
        index.read(db -> {
            db.scan(line -> {
                files[0] += plan.removes(line.name()) ? 1 : 0;
                return true;
            });
            return true;
        });
        if (files[0] > 0) {
            messages.warning("Keeping " + files[0] + " WAL files of server " + serverName
                    + " that no backup in its catalogue needs: " + others
                    + ". Move one of the two to another URL or server name");
        }
    }

    /** What a removal begins with: the lines that are out of the index, and all the files that are to go. */
    private record Removal(List<Line> lines, List<WalEntry> files) {}

    private Removal takeOut(XlogDb db, WalRemovalPlan plan, boolean resumed) throws IOException {
        List<Line> lines = new ArrayList<>();
        List<String> invalid = new ArrayList<>();
        String[] stayed = {null};
        db.scan(line -> {
            if (!line.isWalFileName()) {
                invalid.add(line.name());
            } else if (plan.removes(line.name())) {
                lines.add(new Line(line.entry(), stayed[0]));
            } else {
                stayed[0] = line.name();
            }
            return true;
        });
        for (String name : invalid) {
            messages.error(InvalidWalNameException.message("WAL", name, serverName));
        }
        if (!lines.isEmpty() || !invalid.isEmpty()) {
            db.retain(line -> line.isWalFileName() && !plan.removes(line.name()));
        }
        observer.reached(DeleteStep.INDEX_REWRITTEN);
        List<WalEntry> files = new ArrayList<>();
        for (Line line : lines) {
            files.add(line.entry());
        }
        if (resumed) {
            addUnindexed(plan, files);
        }
        return new Removal(lines, files);
    }

    private void removeWithHooks(WalRemovalPlan plan, boolean resumed, Consumer<String> removed)
            throws HookAbortedException, IOException {
        Removal removal = index.write(db -> takeOut(db, plan, resumed));
        Set<String> gone = new HashSet<>();
        try {
            deleteWithHooks(removal.files(), name -> {
                gone.add(name);
                removed.accept(name);
            });
        } catch (HookAbortedException | IOException e) {
            settle(db -> repair.putBack(db, removal.lines(), gone));
            throw e;
        }
        settle(db -> repair.forget(db, gone));
    }

    /** Brings the index up to date in every case: waiting for its lock would fail on an interrupted thread. */
    private void settle(LockedXlogDb.Action<Boolean> action) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            index.write(action);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void addUnindexed(WalRemovalPlan plan, List<WalEntry> files) throws IOException {
        Set<String> known = new HashSet<>();
        for (WalEntry file : files) {
            known.add(file.name());
        }
        storage.list(wal -> {
            String name = wal.name().text();
            if (plan.removes(name) && !known.contains(name)) {
                files.add(entry(wal));
            }
        });
    }

    private static WalEntry entry(StoredWal wal) {
        return new WalEntry(wal.name().text(), wal.sizeBytes(), WalEntry.epochSeconds(wal.modified()), null, null);
    }

    private static Set<String> without(List<WalEntry> files, Set<String> stayed) {
        Set<String> gone = new HashSet<>();
        for (WalEntry file : files) {
            if (!stayed.contains(file.name())) {
                gone.add(file.name());
            }
        }
        return gone;
    }

    /** Returns the names of files that could not be removed. They keep their lines, by which a later removal tries again. */
    private Set<String> delete(List<WalEntry> files, Consumer<String> removed) throws IOException {
        List<WalFileName> names = new ArrayList<>(files.size());
        for (WalEntry file : files) {
            names.add(WalFileName.parse(file.name()));
        }
        Map<String, String> failures = new LinkedHashMap<>();
        for (DeleteFailure failure : storage.delete(names)) {
            failures.put(failure.name().text(), failure.reason());
        }
        for (WalFileName name : names) {
            String reason = failures.get(name.text());
            if (reason == null) {
                removed.accept(name.text());
            } else {
                messages.warning(ignored(name.text(), reason));
            }
        }
        return failures.keySet();
    }

    private void deleteWithHooks(List<WalEntry> files, Consumer<String> removed)
            throws HookAbortedException, IOException {
        for (WalEntry file : files) {
            WalFileName name = WalFileName.parse(file.name());
            String location = storage.stat(name).map(StoredWal::location).orElse(name.archivePath());
            hooks.before(HookEvent.WAL_DELETE, environment(file, location, ""));
            List<DeleteFailure> failures = storage.delete(List.of(name));
            String error = "";
            if (failures.isEmpty()) {
                removed.accept(file.name());
            } else {
                error = ignored(file.name(), failures.get(0).reason());
                messages.warning(error);
            }
            hooks.after(HookEvent.WAL_DELETE, environment(file, location, error));
        }
    }

    private String ignored(String name, String reason) {
        return "Ignoring deletion of WAL file " + name + " for server " + serverName + ": " + reason;
    }

    private static WalHookEnvironment environment(WalEntry file, String location, String error) {
        return new WalHookEnvironment(file.name(), location, file.sizeBytes(), file.time(), file.compression(), error);
    }
}
