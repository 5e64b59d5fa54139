// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.text.PythonText;
import dev.barman.wal.TimelineId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A checked recovery target with all that goes with it. Immutable.
 *
 * @param target where replay ends
 * @param timelineText the timeline as typed, or null
 * @param timeline the timeline that is followed
 * @param exclusive whether to stop just before the target
 * @param action what PostgreSQL does at the target, or null
 * @param standby whether the result is a standby
 */
public record RecoverySettings(
        RecoveryTarget target,
        @Nullable String timelineText,
        TimelineId timeline,
        boolean exclusive,
        @Nullable String action,
        boolean standby) {

    /** Returns whether this is a point-in-time recovery. */
    public boolean pointInTime() {
        return timelineText != null || !(target instanceof RecoveryTarget.EndOfArchive);
    }

    /** Returns the targets for the message about them, for instance {@code xid: '802', timeline: '2'}. */
    String shown() {
        String timelineShown =
                timelineText == null ? "" : "timeline: " + PythonText.repr(Long.toString(timeline.value()));
        if (target instanceof RecoveryTarget.EndOfArchive) {
            return timelineShown;
        }
        String targetShown = target.keyword() + ": " + target.shown();
        if (timelineShown.isEmpty()) {
            return targetShown;
        }
        boolean timelineFirst =
                target instanceof RecoveryTarget.RestorePoint || target instanceof RecoveryTarget.Immediate;
        return timelineFirst ? timelineShown + ", " + targetShown : targetShown + ", " + timelineShown;
    }

    /** Returns the lines of PostgreSQL's configuration that set the target. */
    List<String> lines(int postgresVersion) {
        List<String> lines = new ArrayList<>();
        if (!(target instanceof RecoveryTarget.EndOfArchive)) {
            lines.add(target.setting());
        }
        if (exclusive && target.canBeExclusive()) {
            lines.add("recovery_target_inclusive = 'False'");
        }
        if (timelineText != null) {
            lines.add("recovery_target_timeline = " + timelineText);
        }
        if (action != null) {
            lines.add(
                    postgresVersion < 90500
                            ? "pause_at_recovery_target = 'on'"
                            : "recovery_target_action = '" + action + "'");
        }
        return lines;
    }
}
