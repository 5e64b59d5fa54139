// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackupIdTest {
    private static final Clock NOW = Clock.fixed(Instant.parse("2026-11-20T11:20:36Z"), ZoneId.of("Europe/Rome"));

    @Test
    void idIsLocalTime() {
        assertThat(BackupId.next(NOW, List.of())).hasToString("20261120T122036");
    }

    @Test
    void idIsNeverBelowOrEqualToAnExistingOne_hazardClockWentBack() {
        assertThat(BackupId.next(NOW, List.of(BackupId.of("20261120T132000"), BackupId.of("20261120T120000"))))
                .hasToString("20261120T132001");
        assertThat(BackupId.next(NOW, List.of(BackupId.of("20261120T122036")))).hasToString("20261120T122037");
        assertThat(BackupId.next(NOW, List.of(BackupId.of("20261231T235959")))).hasToString("20270101T000000");
        assertThat(BackupId.next(NOW, List.of(BackupId.of("20269999T999999")))).hasToString("20270000T000000");
    }

    @Test
    void namesThatAreNoIdsDoNotCount() {
        assertThat(BackupId.next(NOW, List.of(BackupId.of("zzz")))).hasToString("20261120T122036");
    }

    @ParameterizedTest
    @CsvSource({
        "20261120T112036, true",
        "20261120t112036, false",
        "20261120T11203, false",
        "2026112XT112036, false",
        "20261120T1120366, false",
        "latest, false"
    })
    void shapeOfIds(String text, boolean wellFormed) {
        assertThat(BackupId.isWellFormed(text)).isEqualTo(wellFormed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "/"})
    void whatCannotBeAFileNameIsRefused(String text) {
        assertThatThrownBy(() -> BackupId.of(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
