// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizeTextTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "+5, 5",
        "5B, 5",
        "1KB, 1024",
        "1KiB, 1000",
        "10mb, 10485760",
        "10 MiB, 10000000",
        "1.5MB, 1572864",
        "100GB, 107374182400",
        "1TB, 1099511627776",
        "2.0001KB, 2048"
    })
    void unitsAreThoseOfTheOriginal(String text, long bytes) {
        assertThat(SizeText.parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "0", "-5", "1.5", "10k", "1e3", "KB", "1XB", "1KBB", "0.0001KB", "9999999999YB", "1.2.3MB"})
    void otherTextsAreRefused(String text) {
        assertThatThrownBy(() -> SizeText.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'" + text + "' is not a valid size string");
    }
}
