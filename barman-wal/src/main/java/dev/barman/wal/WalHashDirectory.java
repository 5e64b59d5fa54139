// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

/**
 * A directory of the WAL archive, which holds the segments, partials and labels of one log of one timeline. Immutable.
 *
 * @param timeline the timeline of the files
 * @param log the log number of the files, 0 to 0xFFFFFFFF
 */
public record WalHashDirectory(TimelineId timeline, long log) {
    public WalHashDirectory {
        if (log < 0 || log > 0xFFFFFFFFL) {
            throw new IllegalArgumentException("WAL log number out of range: " + log);
        }
    }

    /**
     * Reads the sixteen hexadecimal digits, of either case.
     *
     * @throws IllegalArgumentException {@code BadXlogPrefix:<text>} for anything else
     */
    public static WalHashDirectory parse(String name) {
        if (name.length() != 16 || !Hex.isHex(name, 0, 16)) {
            throw new IllegalArgumentException("BadXlogPrefix:" + name);
        }
        return new WalHashDirectory(TimelineId.of(Hex.value(name, 0, 8)), Hex.value(name, 8, 16));
    }

    /** The directory's name: sixteen upper-case digits. */
    public String name() {
        StringBuilder text = new StringBuilder(16);
        Hex.append(text, timeline.value(), 8);
        Hex.append(text, log, 8);
        return text.toString();
    }
}
