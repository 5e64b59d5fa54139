// SPDX-License-Identifier: Apache-2.0
package dev.barman.examples;

import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.catalog.XlogDb;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the WAL index of a server and prints what the archive holds: per timeline the first and the last segment, their number and
 * size, and every gap between them.
 *
 * <pre>java -cp ... dev.barman.examples.WalArchiveReport /var/lib/barman/main/main-xlog.db</pre>
 *
 * <p>It needs barman-wal only, reads the index as a stream, and so takes an index of a million lines in little memory.
 */
public final class WalArchiveReport {
    private WalArchiveReport() {}

    /** The segments of one timeline, collected while the index goes by. */
    private static final class Timeline {
        private final WalSegmentName first;
        private final List<String> gaps = new ArrayList<>();
        private WalSegmentName last;
        private long segments;
        private long bytes;

        Timeline(WalSegmentName first) {
            this.first = first;
            this.last = first;
        }

        void add(WalSegmentName name, long sizeBytes, WalSegmentSize segmentSize) {
            if (segments > 0) {
                WalSegmentName expected = last.next(segmentSize);
                if (name.compareTo(expected) > 0) {
                    gaps.add(expected + " to " + name.previous(segmentSize));
                }
            }
            last = name;
            segments++;
            bytes += sizeBytes;
        }

        void print(PrintStream out) {
            out.printf("timeline %d: %s to %s%n", first.timeline().value(), first, last);
            out.printf("  %d segments, %d bytes stored%n", segments, bytes);
            for (String gap : gaps) {
                out.printf("  missing: %s%n", gap);
            }
        }
    }

    /**
     * Prints the report.
     *
     * @param args path of the index, and the segment size in bytes if it is not 16 MiB
     * @throws IOException when the index cannot be read
     */
    public static void main(String[] args) throws IOException {
        if (args.length < 1 || args.length > 2) {
            System.err.println("usage: WalArchiveReport INDEX [SEGMENT_SIZE]");
            System.exit(2);
        }
        WalSegmentSize size = args.length == 2 ? WalSegmentSize.of(Long.parseLong(args[1])) : WalSegmentSize.DEFAULT;
        print(new XlogDb(Path.of(args[0])), size, System.out);
    }

    static void print(XlogDb index, WalSegmentSize segmentSize, PrintStream out) throws IOException {
        Timeline[] current = new Timeline[1];
        long[] others = new long[1];
        index.scan(line -> {
            if (!line.isPlainSegment()) {
                others[0]++;
                return true;
            }
            WalSegmentName name = WalSegmentName.parse(line.name()).canonical();
            Timeline timeline = current[0];
            if (timeline == null || !timeline.first.timeline().equals(name.timeline())) {
                printIfAny(timeline, out);
                timeline = new Timeline(name);
                current[0] = timeline;
            }
            timeline.add(name, line.sizeBytes(), segmentSize);
            return true;
        });
        printIfAny(current[0], out);
        out.printf("%d histories, backup labels and partial segments%n", others[0]);
    }

    private static void printIfAny(@Nullable Timeline timeline, PrintStream out) {
        if (timeline != null) {
            timeline.print(out);
        }
    }
}
