// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.wal.TimelineId;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which archived files the deletion of a backup, or the first backup, makes useless. Immutable; a pure decision, nothing is touched.
 *
 * <p>A file goes only when Barman would remove it <em>and</em> no backup that stays can need it: not the backup's own WAL, nor what follows on its
 * timeline, nor on any higher timeline it may lead to. Barman looks at ids and at the one next backup only, and so destroys WAL that other backups
 * need when ids are out of order, when the next backup is on a later timeline, or when a backup's begin is not known.
 */
public final class WalRemovalPlan {
    private static final int SEGMENT_LENGTH = 24;

    private final @Nullable String limit;
    private final boolean everything;
    private final Set<TimelineId> protectedTimelines;
    private final List<Need> needs;
    private final boolean mixedSegmentSizes;

    private WalRemovalPlan(
            @Nullable String limit,
            boolean everything,
            Set<TimelineId> protectedTimelines,
            List<Need> needs,
            boolean mixedSegmentSizes) {
        this.limit = limit;
        this.everything = everything;
        this.protectedTimelines = Set.copyOf(protectedTimelines);
        this.needs = List.copyOf(needs);
        this.mixedSegmentSizes = mixedSegmentSizes;
    }

    /** What a backup that stays needs: a range of its own timeline, or, without an end, everything from its begin on. */
    private record Need(WalSegmentName begin, @Nullable WalSegmentName end) {

        boolean covers(WalSegmentName name, boolean mixedSegmentSizes) {
            if (end != null) {
                return name.timeline().equals(begin.timeline())
                        && compare(name, begin, mixedSegmentSizes) >= 0
                        && compare(name, end, mixedSegmentSizes) <= 0;
            }
            return name.timeline().compareTo(begin.timeline()) >= 0 && compare(name, begin, mixedSegmentSizes) >= 0;
        }

        /** Numbers inside a log cannot be compared when segments have different sizes; they count as equal then. */
        private static int compare(WalSegmentName left, WalSegmentName right, boolean mixedSegmentSizes) {
            int logs = Long.compare(left.log(), right.log());
            return logs != 0 || mixedSegmentSizes ? logs : Long.compare(left.segment(), right.segment());
        }
    }

    /** How a backup comes to be deleted. */
    public enum Cause {
        /** By the user: WAL behind a backup kept as standalone stays. */
        COMMAND,
        /** By the retention policy: of backups kept as standalone only their own WAL stays. */
        RETENTION
    }

    /**
     * What may go with a backup.
     *
     * @param backups all backups of the server, the one to be deleted included
     * @param deleted the backup to be deleted, in any status
     * @param keep the keep requests of the backups that have one
     * @param exclusive whether the server's backups are exclusive ones (before PostgreSQL 15): then nothing behind a deleted last backup is
     *     of use
     * @return empty when an earlier backup needs everything that follows it, so that nothing is even looked at
     */
    public static Optional<WalRemovalPlan> forDeletion(
            Backups backups, BackupInfo deleted, Map<BackupId, KeepTarget> keep, Cause cause, boolean exclusive) {
        Optional<BackupInfo> previous = backups.previous(deleted.id());
        while (previous.isPresent()) {
            boolean standalone = keep.get(previous.get().id()) == KeepTarget.STANDALONE;
            if (!standalone || cause == Cause.COMMAND) {
                return Optional.empty();
            }
            previous = backups.previous(previous.get().id());
        }
        BackupInfo boundary = backups.next(deleted.id()).orElse(exclusive ? null : deleted);
        return Optional.of(plan(backups, deleted, boundary, boundary == null, keep));
    }

    /**
     * What may go with the first backup of a server: the WAL before it. To be asked with the backup's begin known, during the backup or after it
     * succeeded.
     *
     * @param backups all backups of the server; the new one may be among them
     * @param created the new backup
     * @return empty when this is not the first backup, whatever its id says: another one is usable, running, or kept; also when it failed or
     *     its begin is not known
     */
    public static Optional<WalRemovalPlan> forFirstBackup(
            Backups backups, BackupInfo created, Map<BackupId, KeepTarget> keep) {
        if (created.beginWal() == null || !created.status().isArchiving()) {
            return Optional.empty();
        }
        for (BackupInfo other : backups) {
            boolean counts = other.status().isArchiving() || keep.containsKey(other.id());
            if (counts && !other.id().equals(created.id())) {
                return Optional.empty();
            }
        }
        return Optional.of(plan(backups, null, created, false, keep));
    }

    private static WalRemovalPlan plan(
            Backups backups,
            @Nullable BackupInfo deleted,
            @Nullable BackupInfo boundary,
            boolean everything,
            Map<BackupId, KeepTarget> keep) {
        String limit = boundary == null || boundary.beginWal() == null
                ? null
                : boundary.beginWal().canonical().text();
        Set<TimelineId> timelines = new HashSet<>();
        List<Need> needs = new ArrayList<>();
        WalSegmentSize size = null;
        boolean mixed = false;
        boolean unknownNeed = false;
        for (BackupInfo other : backups) {
            if (deleted != null && other.id().equals(deleted.id())) {
                continue;
            }
            KeepTarget target = keep.get(other.id());
            if (!other.status().isArchiving() && target == null) {
                continue;
            }
            WalSegmentName begin = other.beginWal();
            if (begin == null) {
                unknownNeed = true;
                continue;
            }
            mixed |= size != null && !size.equals(other.xlogSegmentSize());
            size = other.xlogSegmentSize();
            boolean standalone = target == KeepTarget.STANDALONE;
            needs.add(new Need(begin, standalone ? other.endWal() : null));
            if (other.status().isArchiving()) {
                // Barman's rule: whole timelines stay, but for the one of the backup that sets the limit.
                timelines.add(begin.timeline());
            }
        }
        if (boundary != null) {
            if (boundary.beginWal() != null) {
                timelines.remove(boundary.beginWal().timeline());
            }
        }
        if (unknownNeed) {
            return new WalRemovalPlan(null, false, Set.of(), List.of(), false);
        }
        return new WalRemovalPlan(limit, everything, timelines, needs, mixed);
    }

    /** Whether the plan removes nothing, whatever is archived: where the limit or what a backup needs is not known. */
    public boolean isEmpty() {
        return limit == null && !everything;
    }

    /**
     * Whether a file goes.
     *
     * @param name any name; one that is no WAL file's stays, and so does every history
     */
    public boolean removes(String name) {
        if (isEmpty() || WalFileName.isHistory(name) || !WalFileName.isWalFileName(name)) {
            return false;
        }
        if (limit != null && name.compareTo(limit) >= 0) {
            return false;
        }
        WalSegmentName segment = WalSegmentName.parse(name.substring(0, SEGMENT_LENGTH));
        if (protectedTimelines.contains(segment.timeline())) {
            return false;
        }
        for (Need need : needs) {
            if (need.covers(segment, mixedSegmentSizes)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The names before which everything that goes lies; null when there is no such name. Directories of the archive that sort behind it need not be
     * looked at.
     */
    public @Nullable String limit() {
        return limit;
    }
}
