// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.wal.TestSegments;
import dev.barman.wal.WalSegmentName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadySegmentsTest {
    private static final int MIB = TestSegments.MIB;

    @TempDir
    Path data;

    private Path pgWal;

    @BeforeEach
    void setUp() throws IOException {
        pgWal = Files.createDirectory(data.resolve("pg_wal"));
        Files.createDirectory(pgWal.resolve("archive_status"));
    }

    private String write(int timeline, long number) throws IOException {
        String name = name(timeline, number);
        Files.write(pgWal.resolve(name), TestSegments.segment(timeline, number * MIB, MIB));
        return name;
    }

    private static String name(int timeline, long number) {
        return "%08X%08X%08X".formatted(timeline, number / 4096, number % 4096);
    }

    private void ready(int timeline, long number) throws IOException {
        mark(write(timeline, number));
    }

    private void mark(String name) throws IOException {
        Files.createFile(pgWal.resolve("archive_status").resolve(name + ".ready"));
    }

    private List<String> behind(int timeline, long number, int limit) throws IOException {
        String name = name(timeline, number);
        ReadySegment first = ReadySegment.look(pgWal.resolve(name), WalSegmentName.parse(name));
        assertThat(first).isNotNull();
        ReadySegments segments = new ReadySegments(first, limit);
        List<String> names = new ArrayList<>();
        for (ReadySegment next = segments.next(); next != null; next = segments.next()) {
            names.add(next.name().text());
        }
        assertThat(segments.next()).isNull();
        return names;
    }

    @Test
    void consecutiveSegmentsWithAMarkFollowAcrossTheEndOfALog() throws IOException {
        for (long number = 4094; number < 4100; number++) {
            ready(1, number);
        }

        assertThat(behind(1, 4094, 7))
                .containsExactly(name(1, 4095), name(1, 4096), name(1, 4097), name(1, 4098), name(1, 4099));
        assertThat(name(1, 4096)).isEqualTo("000000010000000100000000");
        assertThat(behind(1, 4094, 2)).containsExactly(name(1, 4095), name(1, 4096));
        assertThat(behind(1, 4094, 0)).isEmpty();
    }

    @Test
    void firstWithoutAMarkStopsThem() throws IOException {
        ready(1, 3);
        ready(1, 4);
        write(1, 5);
        ready(1, 6);

        assertThat(behind(1, 3, 7)).containsExactly(name(1, 4));
    }

    @Test
    void anotherTimelineIsNeverEntered() throws IOException {
        ready(1, 3);
        ready(2, 4);
        mark("00000002.history");
        mark(name(1, 4) + ".partial");
        Files.write(pgWal.resolve(name(1, 4) + ".partial"), TestSegments.segment(1, 4L * MIB, MIB));

        assertThat(behind(1, 3, 7)).isEmpty();
    }

    @Test
    void markWithoutAFileStopsThem() throws IOException {
        ready(1, 3);
        mark(name(1, 4));
        ready(1, 5);

        assertThat(behind(1, 3, 7)).isEmpty();
    }

    @Test
    void whatIsNotTheWholeSegmentOfItsNameStopsThem() throws IOException {
        byte[] good = TestSegments.segment(1, 4L * MIB, MIB);
        byte[] foreign = good.clone();
        ByteBuffer.wrap(foreign).order(ByteOrder.LITTLE_ENDIAN).putLong(24, 99);
        byte[] size = TestSegments.segment(1, 4L * MIB, 2 * MIB);
        List<byte[]> bad = List.of(
                Arrays.copyOf(good, MIB - 1),
                Arrays.copyOf(good, MIB + 1),
                new byte[0],
                new byte[MIB],
                TestSegments.segment(1, 5L * MIB, MIB),
                TestSegments.segment(2, 4L * MIB, MIB),
                foreign,
                size);
        ready(1, 3);
        ready(1, 4);
        assertThat(behind(1, 3, 7)).containsExactly(name(1, 4));
        for (int i = 0; i < bad.size(); i++) {
            Files.write(pgWal.resolve(name(1, 4)), bad.get(i));
            assertThat(behind(1, 3, 7)).as("case %d", i).isEmpty();
        }
    }

    @Test
    void segmentCopiedFromTheParentTimelineIsOneOfItsOwn() throws IOException {
        String name = name(2, 3);
        Files.write(pgWal.resolve(name), TestSegments.segment(1, 3L * MIB, MIB));

        assertThat(ReadySegment.look(pgWal.resolve(name), WalSegmentName.parse(name)))
                .isNotNull();
    }

    @Test
    void recycledFileIsNoLongerWhatItWas() throws IOException {
        Path file = pgWal.resolve(write(1, 3));
        ReadySegment segment = ReadySegment.look(file, WalSegmentName.parse(name(1, 3)));
        byte[] head = Arrays.copyOf(Files.readAllBytes(file), 40);
        assertThat(segment).isNotNull();
        assertThat(segment.isStill(head)).isTrue();
        assertThat(segment.isStill(Arrays.copyOf(TestSegments.segment(1, 9L * MIB, MIB), 40)))
                .isFalse();

        // The name leads to another inode with the same time.
        Path other = Files.write(pgWal.resolve("xlogtemp"), Files.readAllBytes(file));
        Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
        Files.move(file, pgWal.resolve(name(1, 9)));
        Files.move(other, file);
        assertThat(segment.isStill(head)).isFalse();
        Files.delete(file);
        assertThatThrownBy(() -> segment.isStill(head)).isInstanceOf(IOException.class);
    }

    @Test
    void expectedClusterIsThatOfTheDataDirectory() throws IOException {
        Files.createDirectory(data.resolve("global"));
        Path wal = pgWal.resolve(write(1, 3));
        assertThat(ReadySegment.expectedSystemIdentifier(wal)).isEmpty();

        Files.write(
                data.resolve("global/pg_control"),
                ByteBuffer.allocate(8192)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(TestSegments.SYSTEM_ID)
                        .array());

        assertThat(ReadySegment.expectedSystemIdentifier(wal)).hasValue(TestSegments.SYSTEM_ID);
        assertThat(ReadySegment.expectedSystemIdentifier(data.resolve(name(1, 3))))
                .isEmpty();
    }
}
