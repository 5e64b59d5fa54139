// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.BarmanException;
import dev.barman.core.RecoveryException;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.RequiredWals;
import dev.barman.core.message.Messages;
import dev.barman.core.text.BarmanDates;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.XlogDb;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/** Turns target options into settings that can be carried out. */
final class Targets {
    private static final int FIRST_WITH_ACTION = 90100;
    private static final int FIRST_WITH_IMMEDIATE = 90400;
    private static final int FIRST_WITH_ALL_ACTIONS = 90500;
    private static final int FIRST_WITH_LSN = 100000;

    private Targets() {}

    /** Reads the index and may refuse what it finds. */
    @FunctionalInterface
    interface IndexQuery<T> {
        T ask(XlogDb index) throws BarmanException, IOException;
    }

    /** Carries a checked exception through {@link LockedXlogDb}, which knows I/O only. */
    private static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        private final BarmanException refusal;

        Refused(BarmanException refusal) {
            super(refusal);
            this.refusal = refusal;
        }
    }

    static <T> T inIndex(LockedXlogDb index, IndexQuery<T> query) throws BarmanException, IOException {
        try {
            return index.read(open -> {
                try {
                    return query.ask(open);
                } catch (BarmanException e) {
                    throw new Refused(e);
                }
            });
        } catch (Refused e) {
            throw e.refusal;
        }
    }

    /** Reads a target time; without an offset it is in the given zone. */
    static OffsetDateTime time(String text, ZoneId zone) throws RecoveryException {
        try {
            return TargetTime.parse(text).in(zone);
        } catch (IllegalArgumentException e) {
            throw new RecoveryException(
                    "Unable to parse the target time parameter '" + text + "': " + e.getMessage(), e);
        }
    }

    static Lsn lsn(String text) throws RecoveryException {
        try {
            return Lsn.parse(text);
        } catch (IllegalArgumentException e) {
            throw new RecoveryException(
                    "Invalid target LSN '" + text + "': expected two hexadecimal numbers, such as 0/3000060", e);
        }
    }

    /**
     * Checks the options against the backup, in Barman's order.
     *
     * @throws BarmanException when they cannot be honoured
     */
    static RecoverySettings check(
            TargetOptions options,
            boolean standby,
            BackupInfo backup,
            LockedXlogDb index,
            ZoneId zone,
            Messages messages)
            throws BarmanException, IOException {
        int version = backup.version() == null ? Integer.MAX_VALUE : backup.version();
        RecoveryTarget target = target(options, backup, zone, messages);
        String action = options.action();
        boolean allActions = version >= FIRST_WITH_ALL_ACTIONS;
        if (action != null && !allActions && (version < FIRST_WITH_ACTION || !action.equals("pause"))) {
            throw new RecoveryException("Illegal target action '" + action + "' for this version of PostgreSQL");
        }
        if (target instanceof RecoveryTarget.Position position && version < FIRST_WITH_LSN) {
            throw new RecoveryException("Illegal use of recovery_target_lsn '" + position.text()
                    + "' for this version of PostgreSQL (version 10 minimum required)");
        }
        if (target instanceof RecoveryTarget.Immediate && version < FIRST_WITH_IMMEDIATE) {
            throw new RecoveryException("Illegal use of recovery_target_immediate for this version of PostgreSQL"
                    + " (version 9.4 minimum required)");
        }
        String timelineText = options.timeline();
        TimelineId timeline = inIndex(index, open -> RequiredWals.timeline(timelineText, backup, open));
        RecoverySettings settings =
                new RecoverySettings(target, timelineText, timeline, options.exclusive(), action, standby);
        if (action != null && !settings.pointInTime()) {
            throw new RecoveryException("Can't enable recovery target action when PITR is not required");
        }
        return settings;
    }

    private static RecoveryTarget target(TargetOptions options, BackupInfo backup, ZoneId zone, Messages messages)
            throws RecoveryException {
        if (options.time() != null) {
            return new RecoveryTarget.Time(notTooEarly(options.time(), backup, zone, messages));
        } else if (options.xid() != null) {
            return new RecoveryTarget.Transaction(options.xid());
        } else if (options.lsn() != null) {
            return new RecoveryTarget.Position(lsn(options.lsn()), options.lsn());
        } else if (options.name() != null) {
            return new RecoveryTarget.RestorePoint(options.name());
        }
        return options.immediate() ? new RecoveryTarget.Immediate() : new RecoveryTarget.EndOfArchive();
    }

    private static OffsetDateTime notTooEarly(String text, BackupInfo backup, ZoneId zone, Messages messages)
            throws RecoveryException {
        OffsetDateTime time = time(text, zone);
        if (TargetTime.parse(text).offset() == null) {
            messages.warning("No time zone has been specified through '--target-time' command-line option. Barman"
                    + " assumed the same time zone from the Barman host.");
        }
        @Nullable OffsetDateTime end = backup.endTime();
        if (end != null && time.isBefore(end)) {
            throw new RecoveryException("The requested target time " + BarmanDates.withOffset(time)
                    + " is before the backup end time " + BarmanDates.withOffset(end));
        }
        return time;
    }
}
