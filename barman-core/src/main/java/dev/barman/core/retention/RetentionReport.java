// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.retention;

import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.KeepTarget;
import dev.barman.core.text.BarmanDates;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The verdict of a retention policy on the backups of one server. Immutable.
 *
 * <p>Only complete backups without a parent are judged, newest first; incremental ones follow their root. A kept backup occupies a place
 * of a redundancy policy like any other.
 */
public final class RetentionReport {
    private static final Logger LOG = LoggerFactory.getLogger("barman.retention_policies");

    private final Map<BackupId, RetentionStatus> statuses;

    private RetentionReport(Map<BackupId, RetentionStatus> statuses) {
        this.statuses = statuses;
    }

    /** The report of a server without an enforced policy: no verdict on any backup. */
    public static RetentionReport none() {
        return new RetentionReport(Map.of());
    }

    /**
     * Judges the backups.
     *
     * @param serverName for the log
     * @param minimumRedundancy how many backups stay at least
     * @param backups all backups of the server, in any order
     * @param keep the keep requests of the backups that have one
     * @param clock what time it is; its zone is used in the log only
     */
    public static RetentionReport of(
            RetentionPolicy policy,
            String serverName,
            int minimumRedundancy,
            Collection<BackupInfo> backups,
            Map<BackupId, KeepTarget> keep,
            Clock clock) {
        List<BackupInfo> judged = new ArrayList<>();
        for (BackupInfo backup : backups) {
            if (backup.status() == BackupStatus.DONE && backup.parentBackupId() == null) {
                judged.add(backup);
            }
        }
        judged.sort(Comparator.comparing(BackupInfo::id).reversed());
        Judge judge = new Judge(serverName, minimumRedundancy, keep);
        if (policy instanceof RetentionPolicy.Redundancy redundancy) {
            judge.redundancy(redundancy, judged);
        } else if (policy instanceof RetentionPolicy.RecoveryWindow window) {
            judge.window(window, judged, clock);
        }
        judge.incrementals(backups);
        return new RetentionReport(judge.statuses);
    }

    /** The verdict on a backup; {@link RetentionStatus#NONE} for one that was not judged or is not known. */
    public RetentionStatus statusOf(BackupId id) {
        return statuses.getOrDefault(id, RetentionStatus.NONE);
    }

    /** The backups to delete, in ascending order of their ids. */
    public List<BackupId> obsolete() {
        List<BackupId> obsolete = new ArrayList<>();
        statuses.forEach((id, status) -> {
            if (status == RetentionStatus.OBSOLETE) {
                obsolete.add(id);
            }
        });
        return obsolete;
    }

    /** One evaluation. */
    private static final class Judge {
        private final Map<BackupId, RetentionStatus> statuses = new TreeMap<>();
        private final Set<BackupId> inside = new HashSet<>();
        private final String serverName;
        private final int minimumRedundancy;
        private final Map<BackupId, KeepTarget> keep;

        Judge(String serverName, int minimumRedundancy, Map<BackupId, KeepTarget> keep) {
            this.serverName = serverName;
            this.minimumRedundancy = minimumRedundancy;
            this.keep = keep;
        }

        void redundancy(RetentionPolicy.Redundancy policy, List<BackupInfo> newestFirst) {
            int redundancy = policy.count();
            if (redundancy < minimumRedundancy) {
                LOG.warn(
                        "Retention policy redundancy ({}) is lower than the required minimum redundancy ({}). Enforce {}.",
                        redundancy,
                        minimumRedundancy,
                        minimumRedundancy);
                redundancy = minimumRedundancy;
            }
            int position = 0;
            for (BackupInfo backup : newestFirst) {
                boolean valid = position < redundancy;
                if (valid) {
                    inside.add(backup.id());
                }
                statuses.put(backup.id(), kept(backup, valid ? RetentionStatus.VALID : RetentionStatus.OBSOLETE));
                position++;
            }
        }

        void window(RetentionPolicy.RecoveryWindow policy, List<BackupInfo> newestFirst, Clock clock) {
            Instant point = clock.instant().minus(policy.duration());
            boolean outside = false;
            int count = 0;
            for (BackupInfo backup : newestFirst) {
                RetentionStatus status;
                if (!outside) {
                    status = RetentionStatus.VALID;
                    count++;
                    outside = endedBefore(backup, point);
                    if (!outside) {
                        inside.add(backup.id());
                    }
                } else if (count < minimumRedundancy) {
                    status = RetentionStatus.POTENTIALLY_OBSOLETE;
                    count++;
                } else {
                    status = RetentionStatus.OBSOLETE;
                }
                RetentionStatus verdict = kept(backup, status);
                statuses.put(backup.id(), verdict);
                log(backup, status, verdict, point, clock);
            }
        }

        private void log(
                BackupInfo backup, RetentionStatus unkept, RetentionStatus verdict, Instant point, Clock clock) {
            if (unkept == RetentionStatus.VALID || !LOG.isInfoEnabled()) {
                return;
            }
            String limit = BarmanDates.withOffset(OffsetDateTime.ofInstant(point, clock.getZone()));
            if (verdict != unkept) {
                LOG.info(
                        "Keeping obsolete backup {} for server {} (older than {}) due to keep status: {}",
                        backup.id(),
                        serverName,
                        limit,
                        verdict);
            } else if (verdict == RetentionStatus.POTENTIALLY_OBSOLETE) {
                LOG.warn(
                        "Keeping obsolete backup {} for server {} (older than {}) due to minimum redundancy requirements ({})",
                        backup.id(),
                        serverName,
                        limit,
                        minimumRedundancy);
            } else {
                LOG.info(
                        "Reporting backup {} for server {} as OBSOLETE (older than {})",
                        backup.id(),
                        serverName,
                        limit);
            }
        }

        /** A backup whose end is not recorded is never called too old. */
        private static boolean endedBefore(BackupInfo backup, Instant point) {
            OffsetDateTime end = backup.endTime();
            return end != null && end.toInstant().isBefore(point);
        }

        private RetentionStatus kept(BackupInfo backup, RetentionStatus otherwise) {
            KeepTarget target = keep.get(backup.id());
            if (target == null) {
                return otherwise;
            }
            return target == KeepTarget.FULL ? RetentionStatus.KEEP_FULL : RetentionStatus.KEEP_STANDALONE;
        }

        /** Descendants follow their root whatever their own age and state; without a root in the catalogue they are not judged. */
        void incrementals(Collection<BackupInfo> backups) {
            Map<BackupId, BackupInfo> byId = new HashMap<>();
            for (BackupInfo backup : backups) {
                byId.put(backup.id(), backup);
            }
            for (BackupInfo backup : backups) {
                if (backup.parentBackupId() != null && backup.status() != BackupStatus.EMPTY) {
                    BackupInfo root = root(backup, byId);
                    if (root != null) {
                        statuses.put(backup.id(), inherited(root.id()));
                    }
                }
            }
        }

        private RetentionStatus inherited(BackupId root) {
            RetentionStatus status = statuses.getOrDefault(root, RetentionStatus.NONE);
            return switch (status) {
                case KEEP_FULL -> RetentionStatus.VALID;
                case KEEP_STANDALONE -> inside.contains(root) ? RetentionStatus.VALID : RetentionStatus.OBSOLETE;
                default -> status;
            };
        }

        private static @Nullable BackupInfo root(BackupInfo backup, Map<BackupId, BackupInfo> byId) {
            BackupInfo current = backup;
            for (int depth = 0; depth <= byId.size(); depth++) {
                BackupId parent = current.parentBackupId();
                if (parent == null) {
                    return current;
                }
                current = byId.get(parent);
                if (current == null) {
                    return null;
                }
            }
            return null;
        }
    }
}
