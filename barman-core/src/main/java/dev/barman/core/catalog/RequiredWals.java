// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.BarmanException;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.catalog.XlogDbCursor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which archived files a restore needs. Histories are always among them, labels and partials of the range too; targets by time, transaction or
 * name do not narrow the choice, because no index tells when a transaction happened.
 *
 * @param timeline the highest timeline to follow
 * @param targetLsn where the restore ends, null when it is not a position
 * @param immediate whether it ends as soon as the backup is consistent
 */
public record RequiredWals(TimelineId timeline, @Nullable Lsn targetLsn, boolean immediate) {

    /** Everything up to the end of the archive. */
    public static RequiredWals upTo(TimelineId timeline) {
        return new RequiredWals(timeline, null, false);
    }

    /**
     * What a timeline on the command line means.
     *
     * @param keyword a number, {@code current} (the backup's), {@code latest} (the highest one with an archived segment; histories do not
     *     count), or null for that of the backup's end
     * @throws BarmanException when it is none of these, or the backup has no timeline
     * @throws IOException when the index cannot be read
     */
    public static TimelineId timeline(@Nullable String keyword, BackupInfo backup, XlogDb index)
            throws BarmanException, IOException {
        if (keyword == null) {
            if (backup.endWal() != null) {
                return backup.endWal().timeline();
            }
            return current(backup);
        }
        return switch (keyword) {
            case "current" -> current(backup);
            case "latest" -> latest(backup, index);
            default -> number(keyword);
        };
    }

    private static TimelineId latest(BackupInfo backup, XlogDb index) throws BarmanException, IOException {
        long[] latest = {current(backup).value()};
        index.scan(line -> {
            if (line.isPlainSegment()) {
                latest[0] = Math.max(latest[0], line.timeline());
            }
            return true;
        });
        return TimelineId.of(latest[0]);
    }

    private static TimelineId number(String keyword) throws BarmanException {
        try {
            long number = Long.parseLong(keyword);
            if (number > 0) {
                return TimelineId.of(number);
            }
        } catch (IllegalArgumentException e) {
            // the same message as for zero and below
        }
        throw new BarmanException("'" + keyword + "' is not a valid timeline keyword");
    }

    private static TimelineId current(BackupInfo backup) throws BarmanException {
        if (backup.timeline() == null) {
            throw new BarmanException("the timeline of backup " + backup.id() + " is not known");
        }
        return backup.timeline();
    }

    /**
     * Picks the files from the index, in its order.
     *
     * @param serverName for the message about a damaged index
     * @throws BarmanException when the backup has no begin or end, or a name in the index is no WAL file's
     * @throws IOException when the index cannot be read or a line in it is damaged
     */
    public List<WalEntry> select(XlogDb index, BackupInfo backup, String serverName)
            throws BarmanException, IOException {
        if (backup.beginWal() == null || backup.endWal() == null) {
            throw new BarmanException(
                    "the WAL files of backup " + backup.id() + " are not known: its status is " + backup.status());
        }
        Selection selection = new Selection(
                backup.beginWal().text(),
                backup.endWal().text(),
                targetLsn == null
                        ? null
                        : WalSegmentName.containing(timeline, targetLsn, backup.xlogSegmentSize())
                                .text());
        index.scan(selection::visit);
        if (selection.invalidName != null) {
            throw new InvalidWalNameException(selection.invalidName, serverName);
        }
        return selection.entries;
    }

    /** One pass over the index. */
    private final class Selection {
        private final List<WalEntry> entries = new ArrayList<>();
        private final String begin;
        private final String end;
        private final @Nullable String limit;
        private @Nullable String invalidName;

        Selection(String begin, String end, @Nullable String limit) {
            this.begin = begin;
            this.end = end;
            this.limit = limit;
        }

        boolean visit(XlogDbCursor line) throws IOException {
            if (line.isHistory()) {
                entries.add(line.entry());
                return true;
            }
            if (!line.isWalFileName()) {
                invalidName = line.name();
                return false;
            }
            boolean wanted = line.compareName(begin) >= 0 && line.timeline() <= timeline.value() && !isBeyond(line);
            if (wanted) {
                entries.add(line.entry());
            }
            return true;
        }

        /** Barman ends its walk at the first such file; but one that is needed may have been archived after it. */
        private boolean isBeyond(XlogDbCursor line) {
            return line.compareName(end) > 0 && (immediate || (limit != null && line.compareName(limit) > 0));
        }
    }
}
