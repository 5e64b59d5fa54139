// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HumanFormsTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1000, 1000 B",
        "1023, 1023 B",
        "-200, -200 B",
        "1024, 1.0 KiB",
        "1048575, 1024.0 KiB",
        "-29465600, -28.1 MiB",
        "36249350, 34.6 MiB",
        "39061786, 37.3 MiB",
        "9223372036854775807, 8.0 EiB",
    })
    void sizesAreRoundedAfterTheUnitIsChosen(long bytes, String text) {
        assertThat(HumanSize.format(bytes)).isEqualTo(text);
        assertThat(HumanSize.format((double) bytes)).isEqualTo(text);
    }

    @Test
    void roundingIsThatOfPython() {
        // 1.25 and 1.75 are exact in binary: half to even, as printf does
        assertThat(HumanSize.format(1280.0)).isEqualTo("1.2 KiB");
        assertThat(HumanSize.format(1792.0)).isEqualTo("1.8 KiB");
        assertThat(HumanSize.format(Math.pow(1024, 8) * 5000)).isEqualTo("5000.0 YiB");
        assertThat(PythonText.percent(0.998996)).isEqualTo("99.90%");
        assertThat(PythonText.percent(0)).isEqualTo("0.00%");
        assertThat(PythonText.percent(0.999999)).isEqualTo("100.00%");
        assertThat(PythonText.fixed(1841.63499, 2)).isEqualTo("1841.63");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | less than one second",
                "0.999 | less than one second",
                "1 | 1 second",
                "1.999 | 1 second",
                "60 | 1 minute",
                "759 | 12 minutes, 39 seconds",
                "84605 | 23 hours, 30 minutes, 5 seconds",
                "90000 | 1 day, 1 hour",
                "604800 | 7 days",
                "2678400 | 31 days",
                "-61 | 1 minute, 1 second ago",
            })
    void durationsNameTheirNonZeroUnits(double seconds, String text) {
        assertThat(HumanDuration.ofSeconds(seconds)).isEqualTo(text);
    }

    @Test
    void durationsInPythonForm() {
        assertThat(HumanDuration.timedelta(Duration.ofDays(31))).isEqualTo("31 days, 0:00:00");
        assertThat(HumanDuration.timedelta(Duration.ofHours(25))).isEqualTo("1 day, 1:00:00");
        assertThat(HumanDuration.timedelta(Duration.ofMillis(3_605_500))).isEqualTo("1:00:05.500000");
        assertThat(HumanDuration.timedelta(Duration.ofSeconds(-1))).isEqualTo("-1 day, 23:59:59");
    }

    @Test
    void datesHaveThreeForms() {
        OffsetDateTime date = OffsetDateTime.of(2026, 11, 20, 11, 20, 36, 108_288_000, ZoneOffset.UTC);

        assertThat(BarmanDates.ctime(date)).isEqualTo("Fri Nov 20 11:20:36 2026");
        assertThat(BarmanDates.withOffset(date)).isEqualTo("2026-11-20 11:20:36.108288+00:00");
        assertThat(BarmanDates.iso(date)).isEqualTo("2026-11-20T11:20:36.108288+00:00");
        assertThat(BarmanDates.compact(date.toLocalDateTime())).isEqualTo("20261120T112036");
    }

    @Test
    void zeroFractionIsLeftOutAndDaysArePadded() {
        OffsetDateTime date = OffsetDateTime.of(1970, 1, 1, 0, 0, 0, 999, ZoneOffset.ofHoursMinutes(-3, -30));

        assertThat(BarmanDates.ctime(date)).isEqualTo("Thu Jan  1 00:00:00 1970");
        assertThat(BarmanDates.withOffset(date)).isEqualTo("1970-01-01 00:00:00-03:30");
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-20 11:20:36.108288+00:00, 2026-11-20T11:20:36.108288Z",
        "2026-11-20T11:20:36Z, 2026-11-20T11:20:36Z",
        "2026-11-20 11:20:36.5+01:00, 2026-11-20T11:20:36.5+01:00",
        "2026-11-20 11:20:36-0330, 2026-11-20T11:20:36-03:30",
        "2026-11-20 11:20:36+05, 2026-11-20T11:20:36+05:00",
        "2026-07-20 11:20:36, 2026-07-20T11:20:36+02:00",
        "Fri Nov 20 11:20:36 2026, 2026-11-20T11:20:36+01:00",
        "Thu Jan  1 00:00:00 1970, 1970-01-01T00:00:00+01:00",
    })
    void allFormsAreRead(String text, OffsetDateTime expected) {
        assertThat(BarmanDates.parse(text, ZoneId.of("Europe/Rome"))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-13-20 11:20:36",
        "2026-11-20 11:20:36 tomorrow",
        "today",
        "''",
        "2026-11-20 11:20:3x",
        "2026-11-20 11:20:36."
    })
    void otherTextsAreRefused(String text) {
        assertThatThrownBy(() -> BarmanDates.parse(text, ZoneOffset.UTC))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @Test
    void localDateTimesInCtimeForm() {
        assertThat(BarmanDates.ctime(LocalDateTime.of(2026, 2, 3, 4, 5, 6))).isEqualTo("Tue Feb  3 04:05:06 2026");
    }

    @Test
    void valuesInPythonSpelling() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("b", 7);
        map.put("a", "it's");
        map.put("c", null);

        assertThat(PythonText.str(null)).isEqualTo("None");
        assertThat(PythonText.str(true)).isEqualTo("True");
        assertThat(PythonText.repr("a\tb\n'\\")).isEqualTo("\"a\\tb\\n'\\\\\"");
        assertThat(PythonText.repr("both ' and \"")).isEqualTo("'both \\' and \"'");
        assertThat(PythonText.repr("\u0001\u007f\u00e9\u200b\ud83d\ude00"))
                .isEqualTo("'\\x01\\x7f\u00e9\\u200b\ud83d\ude00'");
        assertThat(PythonText.repr(List.of("a", "b"))).isEqualTo("['a', 'b']");
        assertThat(PythonText.repr(map)).isEqualTo("{'b': 7, 'a': \"it's\", 'c': None}");
    }
}
