// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which segments of one cluster, in segments of one size, are known to be archived at one destination: an interval per timeline.
 * Immutable.
 *
 * <p>As text, one item a line, closed by the checksum that {@code cksum(1)} computes of all before it:
 *
 * <pre>
 * barman-archived-segments 1
 * system 7574862340016316533
 * destination ssh%20barman@backup%20;server=main
 * segment-size 16777216
 * timeline 000000010000000000000005 00000001000000000000000C
 * segment 00000001000000000000000B 1573021 1795182073500000000
 * segment 00000001000000000000000C 1573022 1795182075250000000
 * cksum 3038031357
 * </pre>
 *
 * The newest segments of each timeline, up to its last one, have a line with inode and modification time. (The launcher reads this,
 * to let segments pass without starting Java.)
 *
 * @param systemIdentifier the cluster
 * @param destination everything that tells one archive from another
 * @param size the segment size
 * @param intervals at most one per timeline, those that changed last at the end
 */
record ArchivedRecord(
        long systemIdentifier, String destination, WalSegmentSize size, List<ArchivedInterval> intervals) {
    private static final String TITLE = "barman-archived-segments 1";
    private static final String CHECKSUM = "cksum ";
    private static final String SEGMENT = "segment ";
    private static final int MAX_TIMELINES = 16;

    ArchivedRecord {
        intervals = List.copyOf(intervals);
    }

    /** Whether the record is about this segment's cluster and size, and about that destination. */
    boolean isAbout(ReadySegment segment, String itsDestination) {
        return systemIdentifier == segment.systemIdentifier()
                && size.bytes() == segment.size().bytes()
                && destination.equals(itsDestination);
    }

    /** Whether this very file is archived. The caller has asked {@link #isAbout}. */
    boolean covers(ReadySegment segment) {
        ArchivedInterval interval = interval(segment.name().timeline());
        return interval != null && interval.covers(ArchivedInterval.number(segment.name(), size), segment.stamp());
    }

    private @Nullable ArchivedInterval interval(TimelineId timeline) {
        for (ArchivedInterval interval : intervals) {
            if (interval.timeline().equals(timeline)) {
                return interval;
            }
        }
        return null;
    }

    /** The record after a run; null stands for none. */
    static ArchivedRecord with(@Nullable ArchivedRecord old, List<ReadySegment> archived, String destination) {
        ReadySegment requested = archived.get(0);
        ArchivedInterval added = ArchivedInterval.of(archived);
        List<ArchivedInterval> intervals = new ArrayList<>();
        if (old != null && old.isAbout(requested, destination)) {
            for (ArchivedInterval interval : old.intervals) {
                if (interval.timeline().equals(added.timeline())) {
                    added = interval.with(added);
                } else {
                    intervals.add(interval);
                }
            }
        }
        intervals.add(added);
        int surplus = Math.max(0, intervals.size() - MAX_TIMELINES);
        return new ArchivedRecord(
                requested.systemIdentifier(),
                destination,
                requested.size(),
                intervals.subList(surplus, intervals.size()));
    }

    byte[] format() {
        StringBuilder text = new StringBuilder(TITLE).append('\n');
        text.append("system ").append(Long.toUnsignedString(systemIdentifier)).append('\n');
        text.append("destination ");
        escape(destination, text);
        text.append('\n');
        text.append("segment-size ").append(size.bytes()).append('\n');
        for (ArchivedInterval interval : intervals) {
            text.append("timeline ").append(name(interval.timeline(), interval.first()));
            text.append(' ').append(name(interval.timeline(), interval.last())).append('\n');
            long number = interval.last() - interval.stamps().size();
            for (FileStamp stamp : interval.stamps()) {
                text.append(SEGMENT).append(name(interval.timeline(), ++number)).append(' ');
                text.append(stamp.inode())
                        .append(' ')
                        .append(stamp.modifiedNanos())
                        .append('\n');
            }
        }
        byte[] body = text.toString().getBytes(StandardCharsets.US_ASCII);
        text.append(CHECKSUM).append(Cksum.of(body, body.length)).append('\n');
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Reads what {@link #format} wrote.
     *
     * @return null for anything else, which is no record: a damaged one, or one of a later version
     */
    static @Nullable ArchivedRecord parse(byte[] content) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        int bodyLength = text.lastIndexOf('\n', text.length() - 2) + 1;
        if (!text.startsWith(TITLE + "\n")
                || !text.substring(bodyLength).equals(CHECKSUM + Cksum.of(content, bodyLength) + "\n")) {
            return null;
        }
        try {
            return new Lines(text, TITLE.length() + 1, bodyLength).record();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Goes through the lines between title and checksum. Not thread-safe. */
    private static final class Lines {
        private final String text;
        private final int end;
        private int at;

        Lines(String text, int from, int end) {
            this.text = text;
            this.at = from;
            this.end = end;
        }

        ArchivedRecord record() {
            long system = Long.parseUnsignedLong(value("system "));
            String destination = unescape(value("destination "));
            WalSegmentSize size = WalSegmentSize.of(Long.parseLong(value("segment-size ")));
            List<ArchivedInterval> intervals = new ArrayList<>();
            while (at < end) {
                intervals.add(interval(size));
            }
            return new ArchivedRecord(system, destination, size, intervals);
        }

        private ArchivedInterval interval(WalSegmentSize size) {
            String names = value("timeline ");
            int blank = blankIn(names);
            WalSegmentName first = WalSegmentName.parse(names.substring(0, blank));
            WalSegmentName last = WalSegmentName.parse(names.substring(blank + 1));
            if (!first.timeline().equals(last.timeline())) {
                throw new IllegalArgumentException(names);
            }
            List<FileStamp> stamps = new ArrayList<>();
            while (at < end && text.startsWith(SEGMENT, at)) {
                // The name is for those who do not count.
                String item = value(SEGMENT).substring(first.text().length() + 1);
                blank = blankIn(item);
                stamps.add(new FileStamp(
                        Long.parseLong(item.substring(0, blank)),
                        size.bytes(),
                        Long.parseLong(item.substring(blank + 1))));
            }
            return new ArchivedInterval(
                    first.timeline(),
                    ArchivedInterval.number(first, size),
                    ArchivedInterval.number(last, size),
                    stamps);
        }

        private static int blankIn(String pair) {
            int blank = pair.indexOf(' ');
            if (blank < 0) {
                throw new IllegalArgumentException(pair);
            }
            return blank;
        }

        private String value(String key) {
            int lineEnd = text.indexOf('\n', at);
            if (lineEnd < 0 || lineEnd >= end || !text.startsWith(key, at)) {
                throw new IllegalArgumentException("no " + key);
            }
            String value = text.substring(at + key.length(), lineEnd);
            at = lineEnd + 1;
            return value;
        }
    }

    private String name(TimelineId timeline, long number) {
        return WalSegmentName.containing(timeline, Lsn.of(number * size.bytes()), size)
                .text();
    }

    /** As in URLs. */
    private static void escape(String destination, StringBuilder text) {
        for (byte b : destination.getBytes(StandardCharsets.UTF_8)) {
            if (b > ' ' && b < 0x7F && b != '%') {
                text.append((char) b);
            } else {
                text.append('%').append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
            }
        }
    }

    private static String unescape(String text) {
        byte[] bytes = new byte[text.length()];
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '%') {
                bytes[length++] = (byte) Integer.parseInt(text.substring(i + 1, Math.min(i + 3, text.length())), 16);
                i += 2;
            } else {
                bytes[length++] = (byte) text.charAt(i);
            }
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}
