// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reader of timeline history files: one switch per line, {@code parent TAB switchpoint TAB reason}. Blank lines and lines that
 * begin with {@code #} are ignored (PostgreSQL documentation, "Timelines"; field rules as in Barman).
 */
public final class TimelineHistory {
    private TimelineHistory() {}

    /**
     * One switch.
     *
     * @param timeline the timeline whose history tells it
     * @param parent the timeline that was left
     * @param switchPoint where {@code parent} was left; WAL of the parent from there on does not belong to this history
     * @param reason PostgreSQL's remark, never empty
     */
    public record Entry(TimelineId timeline, TimelineId parent, Lsn switchPoint, String reason) {}

    /**
     * Reads an uncompressed, unencrypted history file.
     *
     * @throws HistoryFormatException {@code BadHistoryFileContents:<path>…} when the content has another format or no switch
     * @throws IOException when the file cannot be read
     */
    public static List<Entry> parse(Path file, TimelineId timeline) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return parse(in, timeline, file.toString());
        }
    }

    /**
     * Reads the content of a history file. The stream is read to its end and left open.
     *
     * @param origin what to name in errors, a path or an object's key
     * @throws HistoryFormatException {@code BadHistoryFileContents:<origin>…} when the content has another format or no switch
     * @throws IOException when the stream cannot be read
     */
    public static List<Entry> parse(InputStream content, TimelineId timeline, String origin) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (String raw : new String(content.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
            String line = raw.strip();
            if (!line.isEmpty() && line.charAt(0) != '#') {
                entries.add(entry(line, timeline, origin));
            }
        }
        if (entries.isEmpty()) {
            throw new HistoryFormatException("BadHistoryFileContents:" + origin + " (no timeline switch in it)");
        }
        return List.copyOf(entries);
    }

    private static Entry entry(String line, TimelineId timeline, String origin) throws HistoryFormatException {
        String[] fields = line.split("\t", -1);
        if (fields.length != 3) {
            throw new HistoryFormatException("BadHistoryFileContents:" + origin + " (line '" + line + "')");
        }
        try {
            return new Entry(timeline, TimelineId.of(Long.parseLong(fields[0])), Lsn.parse(fields[1]), fields[2]);
        } catch (IllegalArgumentException e) {
            throw new HistoryFormatException(
                    "BadHistoryFileContents:" + origin + " (line '" + line + "': " + e.getMessage() + ")");
        }
    }
}
