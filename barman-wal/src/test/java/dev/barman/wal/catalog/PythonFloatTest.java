// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expected texts are what {@code repr} of Python 3.11 prints. */
class PythonFloatTest {
    @ParameterizedTest
    @CsvSource({
        "1767319445, 1767319445.0",
        "1767319445.5, 1767319445.5",
        "1445.1234567, 1445.1234567",
        "1795173362.569609, 1795173362.569609",
        "1795173362.5810378, 1795173362.5810378",
        "0, 0.0",
        "-0.0, -0.0",
        "0.1, 0.1",
        "-1.5, -1.5",
        "0.001, 0.001",
        "0.0001, 0.0001",
        "0.00001, 1e-05",
        "5.2e-05, 5.2e-05",
        "1.25e-7, 1.25e-07",
        "1e15, 1000000000000000.0",
        "9999999999999998, 9999999999999998.0",
        "1e16, 1e+16",
        "1.5e16, 1.5e+16",
        "2e23, 2e+23",
        "8.41e21, 8.41e+21",
        "1e100, 1e+100",
        "1.7976931348623157e308, 1.7976931348623157e+308",
        "4.9e-324, 5e-324",
        "2.2250738585072014e-308, 2.2250738585072014e-308",
        "9007199254740993, 9007199254740992.0",
        "5e-324, 5e-324",
        "9.5367431640625e-07, 9.5367431640625e-07",
        "5.684341886080802e-14, 5.684341886080802e-14",
        "NaN, nan",
        "-Infinity, -inf"
    })
    void reprIsPythons(double value, String text) {
        assertThat(PythonFloat.repr(value)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0.00001, 0.00001", "1e16, 10000000000000000.0", "-12, -12.0", "1e22, 10000000000000000000000.0"})
    void timesHaveNoExponentAndAlwaysAFraction(double value, String text) {
        assertThat(PythonFloat.fixed(value)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nan", "inf", "0x1p3", "1f", "1d", "--1", ".", "1 2", "1_0", "1e999"})
    void otherTextIsNoNumber(String text) {
        assertThatThrownBy(() -> PythonFloat.parse(text))
                .isInstanceOf(NumberFormatException.class)
                .hasMessageContaining(text.isEmpty() ? "''" : text);
    }

    @Test
    void integersAndExponentsAreRead() {
        assertThat(PythonFloat.parse("1406019022")).isEqualTo(1406019022.0);
        assertThat(PythonFloat.parse("1e9")).isEqualTo(1e9);
    }

    @Test
    void fileTimesAreWhatPythonsStatGives() {
        // st_mtime_ns 1795173362581037800, st_mtime 1795173362.5810378
        assertThat(PythonFloat.repr(WalEntry.epochSeconds(Instant.ofEpochSecond(1795173362, 581037800))))
                .isEqualTo("1795173362.5810378");
        assertThat(PythonFloat.repr(WalEntry.epochSeconds(Instant.ofEpochSecond(1767319445, 0))))
                .isEqualTo("1767319445.0");
    }
}
