// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;

class ConnInfoProperties {

    @Property(tries = 300)
    void everyValueSurvivesFormattingAndParsing(
            @ForAll
                    @Chars({' ', '\'', '\\', '=', '\t', '\n', 'é'})
                    @CharRange(from = 'a', to = 'd')
                    @StringLength(max = 12)
                    String value) {
        ConnInfo given = ConnInfo.parse("user=u").with("password", value).with("host", "h");
        assertThat(ConnInfo.parse(given.toDsn())).isEqualTo(given);
    }

    @Property(tries = 300)
    void arbitraryTextIsParsedOrRefusedAndNothingElse(@ForAll @StringLength(max = 40) String text) {
        if (ConnInfo.isValid(text)) {
            ConnInfo parsed = ConnInfo.parse(text);
            assertThat(ConnInfo.parse(parsed.toDsn())).isEqualTo(parsed);
        }
    }
}
