// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PythonLiteralTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "None",
                "True",
                "-12",
                "1e-05",
                "0.323256",
                "''",
                "'a\\nb'",
                "\"it's\"",
                "[]",
                "[1, 'a', None]",
                "()",
                "('a',)",
                "('tbs', 16408, '/var/lib/postgresql/15/tbs_data')",
                "{}",
                "{'provider': 'aws', 'snapshots': [{'mount': {'mount_options': 'rw,noatime'}, 1: None}]}",
            })
    void whatPythonPrintsComesBackUnchanged(String text) {
        assertThat(PythonLiteral.parse(text)).hasToString(text);
    }

    @Test
    void otherNotationsAreRead() {
        assertThat(PythonLiteral.parse(" [ \"a\" , 'b' ,] ")).hasToString("['a', 'b']");
        assertThat(PythonLiteral.parse("u'\\u00e9\\x41\\101\\'\\q'")).hasToString("\"\u00e9AA'\\\\q\"");
        assertThat(PythonLiteral.parse("('a')")).isEqualTo(new PythonLiteral.Text("a"));
        assertThat(PythonLiteral.parse("{'a': 1, 'a': 2,}")).hasToString("{'a': 2}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "nothing", "'a", "[1", "[1 2]", "{'a'}", "{'a': 1 'b': 2}", "1 2", "--", "'\\xzz'", "None()"
            })
    void otherTextsAreRefused(String text) {
        assertThatThrownBy(() -> PythonLiteral.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void deepNestingIsRefusedAndNoStackOverflow() {
        assertThatThrownBy(() -> PythonLiteral.parse("[".repeat(100_000))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void statisticsAreReadAndWritten() {
        Map<String, PythonLiteral> stats = new LinkedHashMap<>();
        stats.put("copy_time", PythonLiteral.Number.seconds(0.293393));
        stats.put("total_time", PythonLiteral.Number.seconds(2));
        stats.put("analysis_time", PythonLiteral.Number.seconds(1.1 - 0.8));
        PythonLiteral literal = PythonLiteral.Dict.of(stats);

        assertThat(literal).hasToString("{'copy_time': 0.293393, 'total_time': 2.0, 'analysis_time': 0.3}");
        assertThat(literal.numberAt("copy_time")).hasValue(0.293393);
        assertThat(literal.numberAt("missing")).isEmpty();
        assertThat(literal.at("total_time")).contains(new PythonLiteral.Number("2.0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"None", "False", "0", "0.0", "''", "[]", "()", "{}"})
    void emptyAndZeroCountAsFalse(String text) {
        assertThat(PythonLiteral.parse(text).isFalse()).isTrue();
    }

    @Property(tries = 200)
    void everyTextSurvives(@ForAll String text) {
        PythonLiteral literal = new PythonLiteral.Text(text);

        assertThat(PythonLiteral.parse(literal.toString())).isEqualTo(literal);
        assertThat(literal.toString()).doesNotContain("\n");
    }
}
