// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionSettingsTest {
    @ParameterizedTest
    @CsvSource({
        "gzip,1,6,9,1,9",
        "pygzip,1,6,9,1,9",
        "pigz,1,6,9,1,9",
        "bzip2,1,5,9,1,9",
        "pybzip2,1,5,9,1,9",
        "xz,1,3,5,1,9",
        "zstd,1,4,9,-22,22",
        "lz4,0,6,10,0,16",
        "snappy,0,0,0,0,0",
        "custom,0,0,0,0,0"
    })
    void levelsAreNamedAndClampedAsInTheReference(String id, int low, int medium, int high, int least, int most) {
        CompressionAlgorithm algorithm = CompressionAlgorithm.fromId(id).orElseThrow();
        assertThat(algorithm.id()).isEqualTo(id);
        assertThat(algorithm.number(CompressionLevel.parse("low"))).isEqualTo(low);
        assertThat(algorithm.number(CompressionLevel.parse("Medium"))).isEqualTo(medium);
        assertThat(algorithm.number(CompressionLevel.parse("HIGH"))).isEqualTo(high);
        assertThat(algorithm.number(CompressionLevel.of(-1000))).isEqualTo(least);
        assertThat(algorithm.number(CompressionLevel.of(1000))).isEqualTo(most);
    }

    @Test
    void zstdLevelZeroPassesThrough() {
        assertThat(CompressionAlgorithm.ZSTD.number(CompressionLevel.of(0))).isZero();
    }

    @Test
    void integersBeyondTheRangeOfIntAreClamped() {
        assertThat(CompressionLevel.parse("99999999999999999999").number()).isEqualTo(Integer.MAX_VALUE);
        assertThat(CompressionLevel.parse("-99999999999999999999").number()).isEqualTo(Integer.MIN_VALUE);
        assertThat(CompressionLevel.parse(" +7 ")).isEqualTo(CompressionLevel.of(7));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "best", "1.5", "-", "0x1", "6 7"})
    void otherLevelsAreRefusedAndQuoted(String text) {
        assertThatThrownBy(() -> CompressionLevel.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @Test
    void levelsPrintAsConfigured() {
        assertThat(Map.of(
                        "low", CompressionLevel.LOW.toString(),
                        "-3", CompressionLevel.of(-3).toString()))
                .allSatisfy((expected, actual) -> assertThat(actual).isEqualTo(expected));
    }

    @Test
    void unknownNamesAreNoAlgorithm() {
        assertThat(CompressionAlgorithm.fromId("none")).isEmpty();
        assertThat(CompressionAlgorithm.fromId("GZIP")).isEmpty();
    }

    @Test
    void aMissingCustomFilterIsNamed() {
        assertThatThrownBy(() -> CompressionSettings.of(CompressionAlgorithm.CUSTOM))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("custom_compression_filter");
        assertThatThrownBy(() -> CompressionSettings.custom("gzip", "", null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("custom_decompression_filter");
    }

    @Test
    void magicDropsTwoCharactersAndReadsHexadecimal() {
        assertThat(MagicBytes.parse("0x1F8b").toString()).isEqualTo("0x1f8b");
        assertThat(MagicBytes.parse("##ff")).isEqualTo(MagicBytes.of(new byte[] {-1}));
        assertThatThrownBy(() -> MagicBytes.parse("0x1f8"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Odd-length string");
        assertThatThrownBy(() -> MagicBytes.parse("0xzz")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> MagicBytes.parse("0x")).isInstanceOf(IllegalArgumentException.class);
    }
}
