// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.text.BarmanDates;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTimeTest {
    @ParameterizedTest
    @CsvSource({
        "2026-11-20 12:52:12+00:00,           2026-11-20 12:52:12+00:00",
        "2026-11-20T12:52:12Z,                2026-11-20 12:52:12+00:00",
        "2026-11-20 12:52:12.345 +05:30,      2026-11-20 12:52:12.345000+05:30",
        "2026-11-20 12:52:12.3456789-0330,    2026-11-20 12:52:12.345678-03:30",
        "2026-11-20 12:52:12.123456+00,       2026-11-20 12:52:12.123456+00:00",
        "2026-11-20 12:52:12 UTC,             2026-11-20 12:52:12+00:00",
        "2026-11-20 12:52:12UTC,              2026-11-20 12:52:12+00:00",
        "2026-11-20 12:52+02,                 2026-11-20 12:52:00+02:00",
        "2026/11/20 1:02:03,                  2026-11-20 01:02:03+01:00",
        "20261120T125212,                     2026-11-20 12:52:12+01:00",
        "20261120,                            2026-11-20 00:00:00+01:00",
        "2026-07-01,                          2026-07-01 00:00:00+02:00",
        "Fri Nov 20 13:01:20 2026,            2026-11-20 13:01:20+01:00",
        "'Friday, 20 November 2026 13:01 GMT', 2026-11-20 13:01:00+00:00",
        "' 2026-11-20  12:52:12 ',            2026-11-20 12:52:12+01:00"
    })
    void manyFormsAreUnderstood(String text, String expected) {
        assertThat(BarmanDates.withOffset(TargetTime.parse(text).in(ZoneId.of("Europe/Berlin"))))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "not a time",
                "",
                "12:00",
                "2026-13-01",
                "2026-11-20 25:00:00",
                "2026-11-20 12:00:00 CEST",
                "20.11.2026",
                "2026-11-20 12:00 13:00",
                "2026-11-20 12:00:00+1",
                "2026-11-20 12:00:00+00 UTC",
                "2026-11-20T12:00:",
                "2026-02-30",
                "20261120Txxxxxx",
                "yesterday",
                "1 2 3",
                "99999999999999999999"
            })
    void whatIsNoPointInTimeIsRefused(String text) {
        assertThatThrownBy(() -> TargetTime.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith(text);
    }

    @Test
    void theLackOfAZoneIsKnown() {
        assertThat(TargetTime.parse("2026-11-20 12:00").offset()).isNull();
        assertThat(TargetTime.parse("2026-11-20 12:00Z").offset()).isNotNull();
    }
}
