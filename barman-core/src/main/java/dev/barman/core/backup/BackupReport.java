// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupType;
import dev.barman.core.catalog.BackupWalInfo;
import dev.barman.core.catalog.Backups;
import dev.barman.core.catalog.InvalidWalNameException;
import dev.barman.core.retention.RetentionStatus;
import dev.barman.wal.TimelineId;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * One completely copied backup in detail: its metadata, its WAL, and its place among the others.
 *
 * @param backup the metadata
 * @param wal its figures from the WAL index
 * @param childTimelines the timelines that a restore can reach from it
 * @param retention the verdict of the retention policy, null when none is enforced
 * @param previous the backup before it, null for the oldest
 * @param next the backup after it, null for the latest
 * @param chain the backup and its ancestors, the root last
 */
public record BackupReport(
        BackupInfo backup,
        BackupWalInfo wal,
        List<TimelineId> childTimelines,
        @Nullable RetentionStatus retention,
        @Nullable BackupId previous,
        @Nullable BackupId next,
        List<BackupInfo> chain) {

    /** Copies the lists. */
    public BackupReport {
        childTimelines = List.copyOf(childTimelines);
        chain = List.copyOf(chain);
    }

    /**
     * Puts a report together.
     *
     * @throws InvalidWalNameException when the WAL index has a name that is no WAL file's
     * @throws BarmanException when the catalogue or a timeline history cannot be read
     * @throws IOException when the WAL index cannot be read or a line in it is damaged
     */
    public static BackupReport of(ServerCatalog catalog, BackupInfo backup, Clock clock)
            throws BarmanException, IOException {
        Backups backups = catalog.catalog().load();
        BackupWalInfo wal =
                catalog.walFigures(backups, List.of(backup)).getOrDefault(backup.id(), BackupWalInfo.none(backup));
        if (wal.invalidName() != null) {
            throw new InvalidWalNameException(
                    "WAL", wal.invalidName(), catalog.server().name());
        }
        List<TimelineId> children = List.of();
        if (backup.timeline() != null && backup.endXlog() != null) {
            children = catalog.histories().childrenOf(backup.timeline(), backup.endXlog());
        }
        return new BackupReport(
                backup,
                wal,
                children,
                catalog.server().retention().policy() == null
                        ? null
                        : catalog.retention(backups, clock).statusOf(backup.id()),
                id(backups.previous(backup.id())),
                id(backups.next(backup.id())),
                backups.chain(backup));
    }

    private static @Nullable BackupId id(Optional<BackupInfo> backup) {
        return backup.map(BackupInfo::id).orElse(null);
    }

    /** What the backup takes on disk: files shared with other backups do not count. */
    public long deduplicatedSize() {
        if (backup.deduplicatedSize() != null) {
            return backup.deduplicatedSize();
        }
        return backup.size() == null ? 0 : backup.size();
    }

    /** {@link #deduplicatedSize()} and the WAL that makes the backup consistent. */
    public long sizeWithWals() {
        return deduplicatedSize() + wal.sizeBytes();
    }

    /** Whether the backup's kind can save space by sharing files. */
    public boolean savesResources() {
        return backup.type() == BackupType.RSYNC || backup.type() == BackupType.INCREMENTAL;
    }

    /** The bytes that sharing files saved. */
    public long resourcesSaved() {
        Long whole = backup.clusterSize() != null && backup.clusterSize() > 0 ? backup.clusterSize() : backup.size();
        return whole == null ? 0 : (long) (whole * backup.deduplicationRatio());
    }

    /** Seconds of copying, when statistics exist. */
    public OptionalDouble copySeconds() {
        return statistic("copy_time");
    }

    /** Seconds before copying, when statistics exist. */
    public OptionalDouble analysisSeconds() {
        return statistic("analysis_time");
    }

    /** How many processes copied. */
    public int workers() {
        return (int) statistic("number_of_workers").orElse(1);
    }

    /** Bytes per second of copying, when statistics exist and copying took time. */
    public OptionalDouble throughput() {
        OptionalDouble seconds = copySeconds();
        return seconds.isPresent() && seconds.getAsDouble() > 0
                ? OptionalDouble.of(deduplicatedSize() / seconds.getAsDouble())
                : OptionalDouble.empty();
    }

    private OptionalDouble statistic(String name) {
        return backup.copyStats() == null
                ? OptionalDouble.empty()
                : backup.copyStats().numberAt(name);
    }
}
