// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WalSegmentCheckTest {
    private static final int MIB = TestSegments.MIB;

    private static String problem(String name, byte[] content, long size) {
        byte[] head = Arrays.copyOf(content, Math.min(content.length, WalPageHeader.LENGTH));
        return WalSegmentCheck.problem(WalSegmentName.parse(name), head, size);
    }

    private static String problem(String name, byte[] content) {
        return problem(name, content, content.length);
    }

    @Test
    void segmentOfEverySizeFitsItsName() {
        assertThat(problem("000000010000000000000003", TestSegments.segment(1, 3L * MIB, MIB)))
                .isNull();
        assertThat(problem("0000000100000002000000FF", TestSegments.segment(1, 0x2FF000000L, 16 * MIB)))
                .isNull();
        assertThat(problem("000000010000000100000003", TestSegments.segment(1, 0x10C000000L, 64 * MIB)))
                .isNull();
    }

    @Test
    void earlierTimelineInTheHeaderIsAllowedAndALaterOneIsNot() {
        byte[] onTimelineTwo = TestSegments.segment(2, 3L * MIB, MIB);

        assertThat(problem("000000030000000000000003", onTimelineTwo)).isNull();
        assertThat(problem("000000010000000000000003", onTimelineTwo))
                .isEqualTo("its header says timeline 2 at 0/300000, which does not fit the name");
    }

    @Test
    void segmentOfAnotherPositionIsRefused() {
        assertThat(problem("000000010000000000000004", TestSegments.segment(1, 3L * MIB, MIB)))
                .isEqualTo("its header says timeline 1 at 0/300000, which does not fit the name");
    }

    @Test
    void truncatedSegmentIsRefused() {
        assertThat(problem("000000010000000000000003", TestSegments.segment(1, 3L * MIB, MIB), MIB - 1))
                .isEqualTo("it has 1048575 bytes where its header announces 1048576");
    }

    @Test
    void zeroesAndOtherFilesAreRefused() {
        assertThat(problem("000000010000000000000003", new byte[MIB]))
                .isEqualTo("it does not begin with the header of a WAL segment (1048576 bytes)");
        assertThat(problem("000000010000000000000003", "1\t0/3000000\tno reason\n".getBytes()))
                .isEqualTo("it does not begin with the header of a WAL segment (22 bytes)");
    }

    @Test
    void segmentOfAReleaseToComeIsJudgedByItsSize() {
        byte[] newer = TestSegments.segment(1, 3L * MIB, MIB);
        newer[0] = 0x19;

        assertThat(problem("000000010000000000000003", newer)).isNull();
        assertThat(problem("000000010000000000000003", newer, MIB - 8192))
                .isEqualTo("it has 1040384 bytes, which is not the size of a WAL segment");
    }
}
