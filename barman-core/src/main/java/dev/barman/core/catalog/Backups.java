// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.BarmanException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The backups of one server as they were when the catalogue was read, in ascending order of their ids. Immutable.
 *
 * <p>"Previous", "next", "latest" and "oldest" look at completely copied backups only.
 */
public final class Backups implements Iterable<BackupInfo> {
    private final Map<BackupId, BackupInfo> byId;
    private final List<BackupInfo> all;

    /** The given backups; of two with the same id the later one wins. */
    public Backups(Collection<BackupInfo> backups) {
        Map<BackupId, BackupInfo> sorted = new TreeMap<>();
        for (BackupInfo backup : backups) {
            sorted.put(backup.id(), backup);
        }
        this.byId = new LinkedHashMap<>(sorted);
        this.all = List.copyOf(sorted.values());
    }

    /** All backups, whatever their status. */
    public List<BackupInfo> all() {
        return all;
    }

    /** The backups with a status that passes the filter, {@code BackupStatus::isCopyDone} for example. */
    public List<BackupInfo> with(Predicate<BackupStatus> filter) {
        List<BackupInfo> matching = new ArrayList<>();
        for (BackupInfo backup : all) {
            if (filter.test(backup.status())) {
                matching.add(backup);
            }
        }
        return matching;
    }

    @Override
    public Iterator<BackupInfo> iterator() {
        return all.iterator();
    }

    /** The backup with this id. */
    public Optional<BackupInfo> find(BackupId id) {
        return Optional.ofNullable(byId.get(id));
    }

    /** The greatest completely copied backup below an id, which need not exist itself. */
    public Optional<BackupInfo> previous(BackupId id) {
        Optional<BackupInfo> previous = Optional.empty();
        for (BackupInfo backup : all) {
            if (backup.id().compareTo(id) >= 0) {
                break;
            }
            if (backup.status().isCopyDone()) {
                previous = Optional.of(backup);
            }
        }
        return previous;
    }

    /** The smallest completely copied backup above an id, which need not exist itself. */
    public Optional<BackupInfo> next(BackupId id) {
        for (BackupInfo backup : all) {
            if (backup.id().compareTo(id) > 0 && backup.status().isCopyDone()) {
                return Optional.of(backup);
            }
        }
        return Optional.empty();
    }

    /** The oldest completely copied backup. */
    public Optional<BackupInfo> oldest() {
        for (BackupInfo backup : all) {
            if (backup.status().isCopyDone()) {
                return Optional.of(backup);
            }
        }
        return Optional.empty();
    }

    /** The latest completely copied backup. */
    public Optional<BackupInfo> latest() {
        return last(BackupStatus::isCopyDone, backup -> true);
    }

    /**
     * The backup that a word on the command line means: {@code latest}, {@code last}, {@code oldest}, {@code first},
     * {@code last-failed}, {@code latest-full}, {@code last-full}, an id, or the name of a completely copied backup. Only whole words
     * are shortcuts: Barman takes any part of {@code last-failed} for it, the empty text included.
     *
     * @return empty when nothing matches
     * @throws BarmanException when several backups bear the name
     */
    public Optional<BackupInfo> resolve(String word) throws BarmanException {
        return switch (word) {
            case "latest", "last" -> latest();
            case "oldest", "first" -> oldest();
            case "last-failed" -> last(status -> status == BackupStatus.FAILED, backup -> true);
            case "latest-full", "last-full" -> last(BackupStatus::isCopyDone, BackupInfo::isFull);
            default -> BackupId.isWellFormed(word) ? find(BackupId.of(word)) : byName(word);
        };
    }

    private Optional<BackupInfo> byName(String name) throws BarmanException {
        List<BackupInfo> matching = new ArrayList<>();
        for (BackupInfo backup : all) {
            if (backup.status().isCopyDone() && name.equals(backup.backupName())) {
                matching.add(backup);
            }
        }
        if (matching.size() > 1) {
            StringBuilder message = new StringBuilder("Multiple backups found matching name '")
                    .append(name)
                    .append("' (try using backup ID instead):");
            for (BackupInfo backup : matching) {
                message.append(' ').append(backup.id());
            }
            throw new BarmanException(message.toString());
        }
        return matching.isEmpty() ? Optional.empty() : Optional.of(matching.get(0));
    }

    /** The direct incremental children that exist, in the order of the parent's list, and any other backup that names this parent. */
    public List<BackupInfo> children(BackupInfo parent) {
        List<BackupInfo> children = new ArrayList<>();
        for (BackupId id : parent.childrenBackupIds()) {
            BackupInfo child = byId.get(id);
            if (child != null && !id.equals(parent.id()) && !children.contains(child)) {
                children.add(child);
            }
        }
        for (BackupInfo backup : all) {
            if (parent.id().equals(backup.parentBackupId())
                    && !backup.id().equals(parent.id())
                    && !parent.childrenBackupIds().contains(backup.id())) {
                children.add(backup);
            }
        }
        return children;
    }

    /** A backup and everything that depends on it, each one after its own children: the order of deletion. */
    public List<BackupInfo> leavesFirst(BackupInfo root) {
        List<BackupInfo> ordered = new ArrayList<>();
        Set<BackupId> seen = new HashSet<>();
        collect(root, ordered, seen);
        return ordered;
    }

    private void collect(BackupInfo backup, List<BackupInfo> ordered, Set<BackupId> seen) {
        if (seen.add(backup.id())) {
            for (BackupInfo child : children(backup)) {
                collect(child, ordered, seen);
            }
            ordered.add(backup);
        }
    }

    /**
     * The backup and its ancestors, the backup first, the root last. Ends early where a parent is missing from the catalogue.
     */
    public List<BackupInfo> chain(BackupInfo backup) {
        List<BackupInfo> chain = new ArrayList<>();
        Set<BackupId> seen = new HashSet<>();
        Optional<BackupInfo> current = Optional.of(backup);
        while (current.isPresent() && seen.add(current.get().id())) {
            chain.add(current.get());
            BackupId parent = current.get().parentBackupId();
            current = parent == null ? Optional.empty() : find(parent);
        }
        return chain;
    }

    /** How many complete backups without a parent there are: what {@code minimum_redundancy} counts. */
    public int redundancy() {
        int count = 0;
        for (BackupInfo backup : all) {
            if (backup.status() == BackupStatus.DONE && !backup.isIncremental()) {
                count++;
            }
        }
        return count;
    }

    private Optional<BackupInfo> last(Predicate<BackupStatus> status, Predicate<BackupInfo> filter) {
        Optional<BackupInfo> last = Optional.empty();
        for (BackupInfo backup : all) {
            if (status.test(backup.status()) && filter.test(backup)) {
                last = Optional.of(backup);
            }
        }
        return last;
    }
}
