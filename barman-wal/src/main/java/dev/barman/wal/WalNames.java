// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

/** The grammar of WAL file names, without regular expressions: these checks run for every file of a directory at start-up. */
final class WalNames {
    static final int SEGMENT_LENGTH = 24;
    static final int PARTIAL_LENGTH = 32;
    static final int LABEL_LENGTH = 40;
    static final int HISTORY_LENGTH = 16;

    private static final String PARTIAL = ".partial";
    private static final String BACKUP = ".backup";
    private static final String HISTORY = ".history";

    private WalNames() {}

    static boolean isSegment(CharSequence name) {
        return name.length() == SEGMENT_LENGTH && Hex.isHex(name, 0, SEGMENT_LENGTH);
    }

    static boolean isPartial(CharSequence name) {
        return name.length() == PARTIAL_LENGTH
                && matches(name, SEGMENT_LENGTH, PARTIAL)
                && Hex.isHex(name, 0, SEGMENT_LENGTH);
    }

    static boolean isBackupLabel(CharSequence name) {
        return name.length() == LABEL_LENGTH
                && matches(name, LABEL_LENGTH - BACKUP.length(), BACKUP)
                && name.charAt(SEGMENT_LENGTH) == '.'
                && Hex.isHex(name, 0, SEGMENT_LENGTH)
                && Hex.isHex(name, SEGMENT_LENGTH + 1, LABEL_LENGTH - BACKUP.length());
    }

    static boolean isHistory(CharSequence name) {
        return name.length() == HISTORY_LENGTH && matches(name, 8, HISTORY) && Hex.isHex(name, 0, 8);
    }

    private static boolean matches(CharSequence name, int at, String expected) {
        for (int i = 0; i < expected.length(); i++) {
            if (name.charAt(at + i) != expected.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The name of a segment; numbers over 32 bits are a programming error upstream of here. */
    static String segment(TimelineId timeline, long log, long segment) {
        StringBuilder text = new StringBuilder(SEGMENT_LENGTH);
        Hex.append(text, timeline.value(), 8);
        Hex.append(text, log, 8);
        Hex.append(text, segment, 8);
        return text.toString();
    }

    /** The upper-case timeline and log of a name that begins with a segment name. */
    static String hashDirectory(String name) {
        StringBuilder text = new StringBuilder(16);
        Hex.append(text, Hex.value(name, 0, 8), 8);
        Hex.append(text, Hex.value(name, 8, 16), 8);
        return text.toString();
    }

    static IllegalArgumentException bad(String name) {
        return new IllegalArgumentException("BadXlogSegmentName:" + name.substring(name.lastIndexOf('/') + 1));
    }
}
