// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class XlogDbLineTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "000000010000000000000003\t16777216\t1795173362.569609\tNone\tNone",
                "000000010000000000000003.00000028.backup\t347\t1795173362.5810378\tNone\tNone",
                "000000010000000100000001\t368\t1795173695.972243\tzstd\tgpg",
                "00000002.history\t78\t1767319445.0\tgzip\tNone"
            })
    void linesOfTheReferenceReadAndWriteBackTheSame(String line) throws XlogDbFormatException {
        assertThat(XlogDbLine.format(XlogDbLine.parse(line))).isEqualTo(line);
        assertThat(XlogDbLine.parse(line + "\n")).isEqualTo(XlogDbLine.parse(line));
    }

    @Test
    void olderFormatsAreReadAndWrittenWithFiveFields() throws XlogDbFormatException {
        WalEntry four = XlogDbLine.parse("000000010000000000000003\t16777216\t1406019022\tgzip");
        assertThat(four).isEqualTo(new WalEntry("000000010000000000000003", 16777216, 1406019022.0, "gzip", null));
        assertThat(XlogDbLine.format(four)).isEqualTo("000000010000000000000003\t16777216\t1406019022.0\tgzip\tNone");
        WalEntry three = XlogDbLine.parse("  000000010000000000000003  5 \t 1e9 ");
        assertThat(XlogDbLine.format(three)).isEqualTo("000000010000000000000003\t5\t1000000000.0\tNone\tNone");
    }

    @Test
    void unknownAlgorithmsAndNamesAreKept() throws XlogDbFormatException {
        String line = "garbage\t1\t2.0\tbrotli\tage";
        assertThat(XlogDbLine.format(XlogDbLine.parse(line))).isEqualTo(line);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "a", "a\t1", "a\t1\t2\tNone\tNone\tNone", "None 1 2.0", "a\u00e4 1 2.0", "a\u0000 1 2.0"})
    void aWrongNumberOfFieldsIsAnError(String line) {
        assertThatThrownBy(() -> XlogDbLine.parse(line))
                .isInstanceOf(XlogDbFormatException.class)
                .hasMessageStartingWith("cannot parse line: '");
    }

    @Test
    void theTextIsShownWithItsControlCharacters() {
        assertThatThrownBy(() -> XlogDbLine.parse("a\tb\u001b'\\\n"))
                .hasMessage("cannot parse line: 'a\\tb\\x1b\\'\\\\\\n'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"line", "-1", "1.5", "1_0", "99999999999999999999"})
    void aSizeThatIsNoNumberIsAnError(String size) {
        assertThatThrownBy(() -> XlogDbLine.parse("a\t" + size + "\t2.0"))
                .isInstanceOf(XlogDbFormatException.class)
                .hasMessage("invalid literal for int() with base 10: '" + size + "'");
    }

    @Test
    void aTimeThatIsNoNumberIsAnError() {
        assertThatThrownBy(() -> XlogDbLine.parse("a\t1\tx"))
                .isInstanceOf(XlogDbFormatException.class)
                .hasMessage("could not convert string to float: 'x'");
    }
}
