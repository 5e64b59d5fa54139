// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.text.BarmanDates;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * The id of a backup: {@code 20261120T112036}, the local time of the Barman host when the backup began. Ids are ordered as
 * strings, and so are backups.
 *
 * <p>A directory or metadata file with another name may still be a backup that someone moved aside; its name is accepted, so that the
 * WAL files it needs are not taken for unused. {@link #isWellFormed()} tells the two apart.
 *
 * @param value not empty, usable as a file name
 */
public record BackupId(String value) implements Comparable<BackupId> {
    /** Checks the name. */
    public BackupId {
        if (value.isEmpty()
                || value.equals(".")
                || value.equals("..")
                || value.indexOf('/') >= 0
                || value.indexOf(0) >= 0) {
            throw new IllegalArgumentException("not a backup id: '" + value + "'");
        }
    }

    /** The id with this text. */
    public static BackupId of(String value) {
        return new BackupId(value);
    }

    /** Whether a text has the shape of an id: 8 digits, {@code T}, 6 digits. */
    public static boolean isWellFormed(String text) {
        if (text.length() != 15 || text.charAt(8) != 'T') {
            return false;
        }
        for (int i = 0; i < 15; i++) {
            char c = text.charAt(i);
            if (i != 8 && (c < '0' || c > '9')) {
                return false;
            }
        }
        return true;
    }

    /** Whether this id has the usual shape. */
    public boolean isWellFormed() {
        return isWellFormed(value);
    }

    /**
     * An id for a backup that begins now, greater than every existing one even when local time went back (daylight saving, a
     * corrected clock): Barman itself then sorts the new backup before the old ones and purges WAL files that those need.
     *
     * @param clock the time, in the zone of the host
     */
    public static BackupId next(Clock clock, Collection<BackupId> existing) {
        BackupId next = new BackupId(BarmanDates.compact(LocalDateTime.now(clock)));
        BackupId greatest = null;
        for (BackupId id : existing) {
            if (id.isWellFormed() && (greatest == null || id.compareTo(greatest) > 0)) {
                greatest = id;
            }
        }
        if (greatest == null || next.compareTo(greatest) > 0) {
            return next;
        }
        return greatest.successor();
    }

    private BackupId successor() {
        try {
            LocalDateTime time = LocalDateTime.of(
                    number(0, 4), number(4, 6), number(6, 8), number(9, 11), number(11, 13), number(13, 15));
            return new BackupId(BarmanDates.compact(time.plusSeconds(1)));
        } catch (DateTimeException e) {
            // Digits that are no date: count on in the digits themselves, which keeps the order.
            long digits = Long.parseLong(value.substring(0, 8) + value.substring(9)) + 1;
            String text = String.format("%014d", digits);
            return new BackupId(text.substring(0, 8) + "T" + text.substring(8));
        }
    }

    private int number(int from, int to) {
        return Integer.parseInt(value, from, to, 10);
    }

    @Override
    public int compareTo(BackupId other) {
        return value.compareTo(other.value);
    }

    // Written out: the methods that records are given are put together at run time, in tens of milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BackupId that && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }
}
