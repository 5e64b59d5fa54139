// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.Backups;
import dev.barman.core.catalog.WalRemovalPlan;
import dev.barman.core.catalog.WalRemovalPlan.Cause;
import dev.barman.object.ObjectKey;
import dev.barman.wal.HistoryFormatException;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineHistory;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalFileName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which WAL files in a bucket the deletion of a backup makes useless. Immutable.
 *
 * <p>What goes is what the original would remove, less whatever a remaining backup may need ({@link WalRemovalPlan}), less the WAL of timelines on
 * which any backup was made, other than the one that sets the limit, and less the WAL of timelines that are not known to have ended before that
 * one began: the original removes all of a lower timeline without backups, even while it is being written to.
 */
final class CloudWalRemoval {
    private static final int HASH_DIRECTORY_LENGTH = 16;

    private final WalRemovalPlan plan;
    private final TimelineId limitTimeline;
    private final Set<TimelineId> protectedTimelines;
    private final Set<TimelineId> endedBefore;

    private CloudWalRemoval(
            WalRemovalPlan plan,
            TimelineId limitTimeline,
            Set<TimelineId> protectedTimelines,
            Set<TimelineId> endedBefore) {
        this.plan = plan;
        this.limitTimeline = limitTimeline;
        this.protectedTimelines = Set.copyOf(protectedTimelines);
        this.endedBefore = Set.copyOf(endedBefore);
    }

    /**
     * Decides. Asks the store for one timeline history at most.
     *
     * @param backups all backups, the one to be deleted included
     * @param deleted the backup to be deleted
     * @return empty when nothing can go
     * @throws IOException when the history cannot be read
     */
    static Optional<CloudWalRemoval> of(
            CloudBackups backups, BackupInfo deleted, Cause cause, CloudWals wals, CloudLog log) throws IOException {
        Backups infos = backups.infos();
        Optional<WalRemovalPlan> plan = WalRemovalPlan.forDeletion(infos, deleted, backups.keeps(), cause, false);
        BackupInfo limit = infos.next(deleted.id()).orElse(deleted);
        if (plan.isEmpty() || plan.get().isEmpty() || limit.beginWal() == null) {
            return Optional.empty();
        }
        TimelineId limitTimeline = limit.beginWal().timeline();
        Set<TimelineId> timelines = new HashSet<>();
        for (BackupInfo backup : infos) {
            if (backup.beginWal() != null) {
                timelines.add(backup.beginWal().timeline());
            }
            if (backup.timeline() != null) {
                timelines.add(backup.timeline());
            }
        }
        timelines.remove(limitTimeline);
        return Optional.of(
                new CloudWalRemoval(plan.get(), limitTimeline, timelines, ancestors(limit, limitTimeline, wals, log)));
    }

    private static Set<TimelineId> ancestors(BackupInfo limit, TimelineId timeline, CloudWals wals, CloudLog log)
            throws IOException {
        Lsn begin = limit.beginXlog();
        Set<TimelineId> ancestors = new HashSet<>();
        if (begin == null || timeline.value() == 1) {
            return ancestors;
        }
        try {
            for (TimelineHistory.Entry entry : wals.history(timeline).orElse(List.of())) {
                if (entry.switchPoint().compareTo(begin) <= 0) {
                    ancestors.add(entry.parent());
                }
            }
        } catch (HistoryFormatException e) {
            log.warning("WAL of timelines before " + timeline.value() + " stays: " + e.getMessage());
        }
        return ancestors;
    }

    /** Whether a file goes. */
    boolean removes(WalFileName name) {
        TimelineId timeline = name.timeline();
        return !protectedTimelines.contains(timeline)
                && (timeline.equals(limitTimeline) || endedBefore.contains(timeline))
                && plan.removes(name.text());
    }

    /** The objects that go. Reads the listing no further than they can lie. */
    List<ObjectKey> objects(CloudWals wals) throws IOException {
        List<ObjectKey> objects = new ArrayList<>();
        String limit = plan.limit();
        String lastDirectory = limit == null ? "" : limit.substring(0, HASH_DIRECTORY_LENGTH);
        wals.forEach(wal -> {
            if (removes(wal.name())) {
                objects.add(wal.key());
            }
            // Keys are sorted, histories (without a directory) among the directories of their timelines.
            return wal.name().hashDirectory().compareTo(lastDirectory) <= 0;
        });
        return objects;
    }
}
