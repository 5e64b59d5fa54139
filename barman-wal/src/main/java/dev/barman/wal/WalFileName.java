// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import java.util.Optional;

/**
 * The name of a file that belongs into a WAL archive: a segment, a partial segment, a backup label or a timeline history.
 *
 * <p>The grammar, with {@code H} a hexadecimal digit of either case and literal suffixes in lower case:
 *
 * <pre>
 * segment          HHHHHHHHHHHHHHHHHHHHHHHH           timeline, log, segment
 * partial segment  HHHHHHHHHHHHHHHHHHHHHHHH.partial
 * backup label     HHHHHHHHHHHHHHHHHHHHHHHH.HHHHHHHH.backup
 * timeline history HHHHHHHH.history
 * </pre>
 *
 * <p>Only bare file names are accepted, no paths and no line ends. The numbers are not range-checked, as in Barman. Names keep
 * the case they were given: a file {@code …0a} is archived as such, while every name computed here is upper case. Equality and
 * order are those of the text, which is the order of the WAL index and of sorted directories: a label or partial comes right
 * after its segment, a history before the first segment of its timeline. Implementations are immutable.
 */
public sealed interface WalFileName extends Comparable<WalFileName>
        permits WalSegmentName, PartialSegmentName, HistoryFileName, BackupLabelFileName {

    /** The name exactly as it was given. */
    String text();

    /** The timeline in the name. */
    default TimelineId timeline() {
        return TimelineId.of(Hex.value(text(), 0, 8));
    }

    /**
     * The directory of the archive that holds the file: the upper-case timeline and log, or {@code ""} for a history, which lies
     * in the root of the archive.
     */
    default String hashDirectory() {
        return WalNames.hashDirectory(text());
    }

    /** The path inside the archive: {@code DIRECTORY/NAME}, or the bare name of a history file. */
    default String archivePath() {
        String directory = hashDirectory();
        return directory.isEmpty() ? text() : directory + '/' + text();
    }

    /** Orders by text, code point by code point. */
    @Override
    default int compareTo(WalFileName other) {
        return text().compareTo(other.text());
    }

    /**
     * Reads a bare file name.
     *
     * @throws IllegalArgumentException {@code BadXlogSegmentName:<last path component>} (Barman's text) for anything else
     */
    static WalFileName parse(String name) {
        if (WalNames.isSegment(name)) {
            return new WalSegmentName(name);
        }
        if (WalNames.isPartial(name)) {
            return new PartialSegmentName(name);
        }
        if (WalNames.isBackupLabel(name)) {
            return new BackupLabelFileName(name);
        }
        if (WalNames.isHistory(name)) {
            return new HistoryFileName(name);
        }
        throw WalNames.bad(name);
    }

    /** Reads a bare file name; empty when it has none of the four forms. */
    static Optional<WalFileName> tryParse(String name) {
        return isWalFileName(name) ? Optional.of(parse(name)) : Optional.empty();
    }

    /** Whether the text has one of the four forms. Allocates nothing. */
    static boolean isWalFileName(CharSequence name) {
        return isSegment(name) || isPartial(name) || isBackupLabel(name) || isHistory(name);
    }

    /** Whether the text is the name of a whole segment, Barman's "plain WAL". Allocates nothing. */
    static boolean isSegment(CharSequence name) {
        return WalNames.isSegment(name);
    }

    /** Whether the text is the name of a partial segment. Allocates nothing. */
    static boolean isPartial(CharSequence name) {
        return WalNames.isPartial(name);
    }

    /** Whether the text is the name of a backup label. Allocates nothing. */
    static boolean isBackupLabel(CharSequence name) {
        return WalNames.isBackupLabel(name);
    }

    /** Whether the text is the name of a timeline history. Allocates nothing. */
    static boolean isHistory(CharSequence name) {
        return WalNames.isHistory(name);
    }
}
