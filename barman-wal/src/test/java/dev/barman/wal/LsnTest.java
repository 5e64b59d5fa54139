// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LsnTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "1/",
                "/1",
                "-1/0",
                "0/-1",
                "+1/0",
                " 1/0",
                "1/0 ",
                "0x1/0",
                "123456789/0",
                "0/123456789",
                "G/0"
            })
    void malformedTextIsRefusedAndQuoted(String text) {
        assertThatThrownBy(() -> Lsn.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @Test
    void theWholeUnsignedRangeIsAvailable() {
        Lsn last = Lsn.parse("FFFFFFFF/FFFFFFFF");
        assertThat(Long.toUnsignedString(last.value())).isEqualTo("18446744073709551615");
        assertThat(last).isGreaterThan(Lsn.parse("7FFFFFFF/FFFFFFFF")).hasToString("FFFFFFFF/FFFFFFFF");
        assertThatThrownBy(() -> last.plus(1)).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> Lsn.ZERO.plus(-1)).isInstanceOf(ArithmeticException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "1, FFF, FFF00000", "2, 7FF, FFE00000", "4, 3FF, FFC00000", "8, 1FF, FF800000", "16, FF, FF000000",
        "32, 7F, FE000000", "64, 3F, FC000000", "128, 1F, F8000000", "256, F, F0000000", "512, 7, E0000000",
        "1024, 3, C0000000"
    })
    void segmentSizesKnowTheHighestSegmentOfALog(long mebibytes, String highest, String mask) {
        WalSegmentSize size = WalSegmentSize.of(mebibytes << 20);
        assertThat(size.highestSegment()).isEqualTo(Long.parseLong(highest, 16));
        assertThat(size.bytes() * size.highestSegment()).isEqualTo(Long.parseLong(mask, 16));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 1, 1 << 19, 3 << 20, (1 << 20) + 1, 1L << 31, 1L << 63})
    void sizesThatPostgresqlDoesNotKnowAreRefused(long bytes) {
        assertThat(WalSegmentSize.fromBytes(bytes)).isEmpty();
        assertThatThrownBy(() -> WalSegmentSize.of(bytes)).isInstanceOf(IllegalArgumentException.class);
    }
}
