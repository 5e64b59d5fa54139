// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Short notation for WAL files in tests: {@code 5} is segment 5 of timeline 1, {@code 2:5} one of timeline 2. */
final class WalIndexes {
    private WalIndexes() {}

    /** The name of a segment in short notation. */
    static WalSegmentName segment(String text) {
        int colon = text.indexOf(':');
        long timeline = colon < 0 ? 1 : Long.parseLong(text.substring(0, colon));
        return WalSegmentName.of(TimelineId.of(timeline), 0, Long.parseLong(text.substring(colon + 1)));
    }

    /** The full name: {@code 3}, {@code 2:3}, {@code 3.label}, {@code 3.partial}, {@code 2.history}, or a name as it is in quotes. */
    static String name(String text) {
        if (text.startsWith("'")) {
            return text.substring(1, text.length() - 1);
        } else if (text.endsWith(".history")) {
            return TimelineId.of(Long.parseLong(text.substring(0, text.indexOf('.'))))
                            .hex() + ".history";
        } else if (text.endsWith(".label")) {
            return segment(text.substring(0, text.indexOf('.'))).text() + ".00000028.backup";
        } else if (text.endsWith(".partial")) {
            return segment(text.substring(0, text.indexOf('.'))).text() + ".partial";
        }
        return segment(text).text();
    }

    /** Full names, {@code 1-4} being a range. */
    static List<String> names(String texts) {
        List<String> names = new ArrayList<>();
        for (String text : texts.split(",")) {
            String word = text.strip();
            int dash = word.indexOf('-');
            if (word.isEmpty()) {
                continue;
            }
            if (dash < 0 || word.startsWith("'")) {
                names.add(name(word));
            } else {
                int colon = word.indexOf(':');
                String prefix = word.substring(0, colon + 1);
                int from = Integer.parseInt(word.substring(colon + 1, dash));
                int to = Integer.parseInt(word.substring(dash + 1));
                for (int number = from; number <= to; number++) {
                    names.add(name(prefix + number));
                }
            }
        }
        return names;
    }

    /** An index with these files in this order, 1000 bytes each, written ten seconds apart. */
    static XlogDb index(Path directory, String texts) throws IOException {
        Path file = directory.resolve("main-xlog.db");
        StringBuilder lines = new StringBuilder();
        long time = 1_795_000_000;
        for (String name : names(texts)) {
            lines.append(name).append("\t1000\t").append(time).append(".0\tNone\tNone\n");
            time += 10;
        }
        Files.writeString(file, lines.toString());
        return new XlogDb(file);
    }

    /** A complete backup that needs these segments, its id made of a number. */
    static BackupInfo.Builder backup(int number, String begin, String end) {
        return BackupInfo.builder(id(number))
                .serverName("main")
                .mode("postgres")
                .status(BackupStatus.DONE)
                .beginWal(segment(begin))
                .timeline(segment(begin).timeline())
                .endWal(segment(end));
    }

    /** The id with this number. */
    static BackupId id(int number) {
        return BackupId.of(String.format("20261120T%06d", number));
    }

    /** The names of the entries. */
    static List<String> namesOf(List<WalEntry> entries) {
        return entries.stream().map(WalEntry::name).toList();
    }
}
