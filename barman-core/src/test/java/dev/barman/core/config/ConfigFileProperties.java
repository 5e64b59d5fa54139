// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.ConfigException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ConfigFileProperties {
    @Provide
    Arbitrary<List<String>> confusingLines() {
        Arbitrary<String> pieces = Arbitraries.of(
                "[s]",
                "[",
                "]",
                "=",
                ":",
                "%",
                "%%",
                "%(a)s",
                "%(",
                ")s",
                "#",
                ";",
                " ",
                "\t",
                "a",
                "b",
                "\"",
                "'",
                "\r",
                "\u00a0",
                "\ufeff",
                "[DEFAULT]");
        return pieces.list()
                .ofMaxSize(8)
                .map(list -> String.join("", list))
                .list()
                .ofMaxSize(8);
    }

    @Property(tries = 500)
    void anyTextIsParsedOrRefusedWithAMessage(@ForAll("confusingLines") List<String> lines) {
        try {
            ConfigFile file = ConfigFile.parse("any.conf", String.join("\n", lines));
            assertThat(file.sections().values()).doesNotContainNull();
        } catch (ConfigException refused) {
            assertThat(refused.getMessage()).isNotBlank();
        }
    }

    @Provide
    Arbitrary<Map<String, Map<String, String>>> sections() {
        Arbitrary<String> name = Arbitraries.strings()
                .withCharRange('a', 'z')
                .withChars('_')
                .ofMinLength(1)
                .ofMaxLength(8);
        Arbitrary<String> line = Arbitraries.strings()
                .withCharRange('a', 'z')
                .withChars("=: ;#'\"[]é")
                .ofMaxLength(12)
                .map(String::strip)
                .filter(text -> !text.startsWith("#") && !text.startsWith(";"));
        Arbitrary<String> value =
                line.filter(text -> !text.isEmpty()).list().ofMaxSize(3).map(lines -> String.join("\n", lines));
        return Arbitraries.maps(name, Arbitraries.maps(name, value).ofMaxSize(4))
                .ofMaxSize(4);
    }

    @Property(tries = 300)
    void whatIsWrittenIsRead(@ForAll("sections") Map<String, Map<String, String>> sections) throws ConfigException {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, Map<String, String>> section : sections.entrySet()) {
            text.append('[').append(section.getKey()).append("]\n");
            for (Map.Entry<String, String> option : section.getValue().entrySet()) {
                text.append(option.getKey())
                        .append(" = ")
                        .append(option.getValue().replace("\n", "\n   "));
                text.append("\n# comment\n");
            }
        }
        ConfigFile file = ConfigFile.parse("written.conf", text.toString());
        assertThat(new LinkedHashMap<>(file.sections())).isEqualTo(sections);
    }

    @Property(tries = 300)
    void fourTimesAsManyPercentSignsSurviveBothInterpolations(@ForAll("percentTexts") String value)
            throws ConfigException {
        String written = value.replace("%", "%%%%");
        Map<String, String> options =
                ConfigFile.parse("p.conf", "[s]\na = " + written).sections().getOrDefault("s", Map.of());
        assertThat(Interpolation.apply("s", "a", options.getOrDefault("a", "?"), options))
                .isEqualTo(value);
    }

    @Provide
    Arbitrary<String> percentTexts() {
        return Arbitraries.strings().withChars("%(a)sY").ofMinLength(1).ofMaxLength(10);
    }
}
