// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetentionPolicyTest {

    @ParameterizedTest
    @CsvSource({
        "REDUNDANCY 2, REDUNDANCY 2",
        "'  redundancy   007 ', REDUNDANCY 7",
        "RECOVERY WINDOW OF 2 WEEKS, RECOVERY WINDOW OF 2 WEEKS",
        "recovery window of 1 day, RECOVERY WINDOW OF 1 DAYS",
        "Recovery Window Of 3 Month, RECOVERY WINDOW OF 3 MONTHS",
    })
    void policiesAreNormalised(String text, String normalised) {
        assertThat(RetentionPolicy.parse(text)).hasToString(normalised);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "REDUNDANCY",
                "REDUNDANCY -1",
                "REDUNDANCY +1",
                "REDUNDANCY 2 backups",
                "REDUNDANCY 99999999999",
                "RECOVERY WINDOW 2 DAYS",
                "RECOVERY WINDOW OF 2 HOURS",
                "RECOVERY WINDOW OF DAYS",
                "WINDOW OF 2 DAYS",
            })
    void otherTextsAreRefused(String text) {
        assertThatThrownBy(() -> RetentionPolicy.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @ParameterizedTest
    @CsvSource({"RECOVERY WINDOW OF 3 DAYS, 3", "RECOVERY WINDOW OF 2 WEEKS, 14", "RECOVERY WINDOW OF 2 MONTHS, 62"})
    void windowsHaveALength(String text, int days) {
        RetentionPolicy.RecoveryWindow window = (RetentionPolicy.RecoveryWindow) RetentionPolicy.parse(text);

        assertThat(window.duration()).hasDays(days);
    }
}
