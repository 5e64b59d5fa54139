// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchivedRecordTest {
    private static final WalSegmentSize SIZE = WalSegmentSize.DEFAULT;
    private static final String HERE = "ssh barman@backup ;server=main";

    private static ReadySegment segment(String name) {
        WalSegmentName parsed = WalSegmentName.parse(name);
        return new ReadySegment(
                parsed,
                Path.of("pg_wal", name),
                new FileStamp(100 + parsed.segment(), SIZE.bytes(), 1_795_182_073_500_000_000L + parsed.segment()),
                SIZE,
                7574862340016316533L);
    }

    private static List<ReadySegment> run(String first, int count) {
        List<ReadySegment> segments = new ArrayList<>(List.of(segment(first)));
        while (segments.size() < count) {
            segments.add(
                    segment(segments.get(segments.size() - 1).name().next(SIZE).text()));
        }
        return segments;
    }

    private static ArchivedRecord after(List<List<ReadySegment>> runs) {
        ArchivedRecord record = ArchivedRecord.with(null, runs.get(0), HERE);
        for (List<ReadySegment> run : runs.subList(1, runs.size())) {
            record = ArchivedRecord.with(record, run, HERE);
        }
        return record;
    }

    @Test
    void formIsFixed() {
        ArchivedRecord record = after(List.of(run("0000000100000000000000FE", 3), run("000000020000000100000000", 1)));

        String text = new String(record.format(), StandardCharsets.US_ASCII);
        int checksum = text.indexOf("cksum ");
        assertThat(text.substring(0, checksum)).isEqualTo("""
                        barman-archived-segments 1
                        system 7574862340016316533
                        destination ssh%20barman@backup%20;server=main
                        segment-size 16777216
                        timeline 0000000100000000000000FE 000000010000000100000000
                        segment 0000000100000000000000FE 354 1795182073500000254
                        segment 0000000100000000000000FF 355 1795182073500000255
                        segment 000000010000000100000000 100 1795182073500000000
                        timeline 000000020000000100000000 000000020000000100000000
                        segment 000000020000000100000000 100 1795182073500000000
                        """);
        assertThat(ArchivedRecord.parse(record.format())).isEqualTo(record);
    }

    @Test
    void checksumIsThatOfTheProgram() {
        // printf 123456789 | cksum; printf '' | cksum
        assertThat(Cksum.of("123456789".getBytes(StandardCharsets.US_ASCII), 9)).isEqualTo(930766865L);
        assertThat(Cksum.of(new byte[0], 0)).isEqualTo(4294967295L);
        byte[] record = after(List.of(run("000000010000000000000001", 2))).format();
        assertThat(Cksum.of(record, record.length)).isNotEqualTo(Cksum.of(record, record.length - 1));
    }

    @Test
    void destinationOfAnyTextSurvives() {
        for (String text :
                List.of("", "%", "a b\nc\u00e9\u20ac%20", "command sudo 'x y' config - server \uD83D\uDC18")) {
            ArchivedRecord record = ArchivedRecord.with(null, run("000000010000000000000001", 1), text);
            assertThat(ArchivedRecord.parse(record.format())).isEqualTo(record);
        }
    }

    @Test
    void anyDamageMakesItNoRecord() {
        byte[] good = after(List.of(run("000000010000000000000001", 2))).format();
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            assertThat(ArchivedRecord.parse(bad)).as("byte %d", i).isNull();
            assertThat(ArchivedRecord.parse(Arrays.copyOf(good, i)))
                    .as("cut to %d", i)
                    .isNull();
        }
        assertThat(ArchivedRecord.parse(Arrays.copyOf(good, good.length + 1))).isNull();
    }

    @Test
    void everyRowOfTheTableOfUnsafeComparisons() {
        // The names that a plain comparison with the last archived name would skip, and that are not archived.
        ArchivedRecord secondTimeline =
                after(List.of(run("000000010000000000000020", 2), run("000000020000000000000024", 1)));
        assertThat(secondTimeline.covers(segment("000000010000000000000022"))).isFalse();
        assertThat(secondTimeline.covers(segment("000000010000000000000025"))).isFalse();
        assertThat(secondTimeline.covers(segment("000000010000000000000024"))).isFalse();
        assertThat(secondTimeline.covers(segment("000000020000000000000023"))).isFalse();
        assertThat(secondTimeline.covers(segment("000000020000000000000024"))).isTrue();
        assertThat(secondTimeline.covers(segment("000000010000000000000021"))).isTrue();
        // Another cluster's record, another destination's, another segment size's.
        ReadySegment own = segment("000000020000000000000024");
        assertThat(secondTimeline.isAbout(own, HERE)).isTrue();
        assertThat(secondTimeline.isAbout(own, HERE + "2")).isFalse();
        assertThat(secondTimeline.isAbout(
                        new ReadySegment(own.name(), own.file(), own.stamp(), SIZE, own.systemIdentifier() + 1), HERE))
                .isFalse();
        assertThat(secondTimeline.isAbout(
                        new ReadySegment(
                                own.name(),
                                own.file(),
                                own.stamp(),
                                WalSegmentSize.of(1 << 20),
                                own.systemIdentifier()),
                        HERE))
                .isFalse();
    }

    @Test
    void anotherFileUnderARecordedNameIsNotCovered() {
        ArchivedRecord record = after(List.of(run("000000010000000000000001", 8)));
        ReadySegment sent = segment("000000010000000000000005");
        FileStamp stamp = sent.stamp();

        assertThat(record.covers(sent)).isTrue();
        for (FileStamp other : List.of(
                new FileStamp(stamp.inode() + 1, stamp.sizeBytes(), stamp.modifiedNanos()),
                new FileStamp(stamp.inode(), stamp.sizeBytes(), stamp.modifiedNanos() + 1),
                new FileStamp(stamp.inode(), stamp.sizeBytes() - 1, stamp.modifiedNanos()))) {
            assertThat(record.covers(new ReadySegment(sent.name(), sent.file(), other, SIZE, sent.systemIdentifier())))
                    .isFalse();
        }
    }

    @Test
    void gapBeginsANewInterval() {
        ArchivedRecord record = after(List.of(run("000000010000000000000001", 8), run("00000001000000000000000A", 2)));

        assertThat(record.intervals()).hasSize(1);
        assertThat(record.covers(segment("000000010000000000000008"))).isFalse();
        assertThat(record.covers(segment("000000010000000000000009"))).isFalse();
        assertThat(record.covers(segment("00000001000000000000000B"))).isTrue();
    }

    @Test
    void runThatWasOvertakenNeitherShrinksNorExtendsDownward() {
        ArchivedRecord record = after(List.of(run("000000010000000000000010", 8)));

        assertThat(ArchivedRecord.with(record, run("000000010000000000000001", 3), HERE))
                .isEqualTo(record);
        assertThat(ArchivedRecord.with(record, run("000000010000000000000012", 2), HERE))
                .isEqualTo(record);
        ArchivedRecord overlapping = ArchivedRecord.with(record, run("00000001000000000000000E", 20), HERE);
        assertThat(overlapping.covers(segment("00000001000000000000000F"))).isFalse();
        assertThat(overlapping.covers(segment("000000010000000000000021"))).isTrue();
    }

    @Test
    void sizeIsBounded() {
        ArchivedRecord record =
                after(List.of(run("000000010000000000000000", 200), run("0000000100000000000000C8", 200)));
        for (int timeline = 2; timeline < 40; timeline++) {
            record = ArchivedRecord.with(record, run("%08X0000000100000000".formatted(timeline), 1), HERE);
        }

        assertThat(record.intervals()).hasSize(16);
        assertThat(record.covers(segment("000000270000000100000000"))).isTrue();
        assertThat(record.covers(segment("000000010000000000000000"))).isFalse();
        assertThat(after(List.of(run("000000010000000000000000", 200), run("0000000100000000000000C8", 200)))
                        .format()
                        .length)
                .isLessThan(16 * 1024);
    }
}
