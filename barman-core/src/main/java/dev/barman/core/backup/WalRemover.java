// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.InvalidWalNameException;
import dev.barman.core.catalog.WalRemovalPlan;
import dev.barman.core.config.HookEvent;
import dev.barman.core.hook.HookAbortedException;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.hook.WalHookEnvironment;
import dev.barman.core.message.Messages;
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
import org.jspecify.annotations.Nullable;

/**
 * Removes WAL files that a plan gives up: first their lines from the index, durably, then the files, each by its name.
 *
 * <p>Killed in between, files without a line are left, which harm nobody; the repeated removal finds them by looking through the archive. When a hook
 * script forbids to go on, the files that are still there get their lines back, at their old places. Not thread-safe.
 */
public final class WalRemover implements WalPurge {
    private final String serverName;
    private final LockedXlogDb index;
    private final WalStorage storage;
    private final HookRunner hooks;
    private final Messages messages;
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
        this.observer = observer;
    }

    /**
     * Reads the index as a removal would.
     *
     * @throws IOException when the index cannot be read or a line in it is damaged: better known before anything is deleted
     */
    public void verify() throws IOException {
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
     * Removes what the plan gives up.
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
        Optional<HookAbortedException> abort;
        try {
            abort = index.write(db -> Optional.ofNullable(remove(db, plan, resumed, removed)));
        } catch (IOException e) {
            throw new BarmanException(
                    "cannot remove WAL files of server " + serverName + " from " + storage.location() + ": "
                            + e.getMessage(),
                    e);
        }
        if (abort.isPresent()) {
            throw abort.get();
        }
    }

    /** A file to be removed, and how many lines that stay come before its own. */
    private record Candidate(WalEntry entry, long staying) {}

    private @Nullable HookAbortedException remove(
            XlogDb db, WalRemovalPlan plan, boolean resumed, Consumer<String> removed) throws IOException {
        List<Candidate> candidates = new ArrayList<>();
        List<String> invalid = new ArrayList<>();
        long[] staying = {0};
        db.scan(line -> {
            if (!line.isWalFileName()) {
                invalid.add(line.name());
            } else if (plan.removes(line.name())) {
                candidates.add(new Candidate(line.entry(), staying[0]));
            } else {
                staying[0]++;
            }
            return true;
        });
        for (String name : invalid) {
            messages.error(InvalidWalNameException.message("WAL", name, serverName));
        }
        if (!candidates.isEmpty() || !invalid.isEmpty()) {
            db.retain(line -> line.isWalFileName() && !plan.removes(line.name()));
        }
        observer.reached(DeleteStep.INDEX_REWRITTEN);
        List<WalEntry> files = new ArrayList<>();
        for (Candidate candidate : candidates) {
            files.add(candidate.entry());
        }
        if (resumed) {
            addUnindexed(plan, files);
        }
        if (!hooks.hasScripts(HookEvent.WAL_DELETE)) {
            delete(files, removed);
            return null;
        }
        Set<String> gone = new HashSet<>();
        try {
            deleteWithHooks(files, name -> {
                gone.add(name);
                removed.accept(name);
            });
            return null;
        } catch (HookAbortedException e) {
            putBack(db, candidates, gone);
            return e;
        } catch (IOException e) {
            putBack(db, candidates, gone);
            throw e;
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

    private void delete(List<WalEntry> files, Consumer<String> removed) throws IOException {
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

    /** Merges the lines of files that were not removed back into the index. */
    private static void putBack(XlogDb db, List<Candidate> candidates, Set<String> gone) throws IOException {
        List<Candidate> back = new ArrayList<>();
        for (Candidate candidate : candidates) {
            if (!gone.contains(candidate.entry().name())) {
                back.add(candidate);
            }
        }
        List<WalEntry> staying = db.entries();
        List<WalEntry> merged = new ArrayList<>(staying.size() + back.size());
        int position = 0;
        for (Candidate candidate : back) {
            while (position < candidate.staying() && position < staying.size()) {
                merged.add(staying.get(position++));
            }
            merged.add(candidate.entry());
        }
        merged.addAll(staying.subList(position, staying.size()));
        db.replace(merged.iterator());
    }
}
