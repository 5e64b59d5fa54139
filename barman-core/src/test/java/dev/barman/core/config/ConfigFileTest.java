// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
    private static Map<String, Map<String, String>> parse(String... lines) throws ConfigException {
        return ConfigFile.parse("x.conf", String.join("\n", lines) + "\n").sections();
    }

    private static Map<String, String> options(String... lines) throws ConfigException {
        Map<String, Map<String, String>> sections = ConfigFile.parse(
                        "x.conf", "[s]\n" + String.join("\n", lines) + "\n")
                .sections();
        return sections.getOrDefault("s", Map.of());
    }

    private static void assertFails(String message, String... lines) {
        assertThatThrownBy(() -> parse(lines))
                .isInstanceOfSatisfying(
                        ConfigException.class, e -> assertThat(e.style()).isEqualTo(Style.EXCEPTION))
                .hasMessage(message);
    }

    @Test
    void bothDelimitersWorkAndTheFirstOneWins() throws ConfigException {
        assertThat(options("a = 1", "b : 2", "c=x:y=z", "d:x=y", "e=", "f  =  spaced out  "))
                .containsExactly(
                        Map.entry("a", "1"),
                        Map.entry("b", "2"),
                        Map.entry("c", "x:y=z"),
                        Map.entry("d", "x=y"),
                        Map.entry("e", ""),
                        Map.entry("f", "spaced out"));
    }

    @Test
    void optionNamesAreLowerCasedAndSectionNamesAreNot() throws ConfigException {
        assertThat(parse("[A]", "Slot_Name = x", "[a]", "SLOT_NAME = Y"))
                .isEqualTo(Map.of("A", Map.of("slot_name", "x"), "a", Map.of("slot_name", "Y")));
    }

    @Test
    void sectionNamesAreKeptVerbatimAndTextBehindTheBracketIsIgnored() throws ConfigException {
        assertThat(parse("[ inner  space ] rubbish", "[a/b:c]", "  [indented]").keySet())
                .containsExactly(" inner  space ", "a/b:c", "indented");
    }

    @Test
    void onlyWholeLinesAreComments() throws ConfigException {
        assertThat(options("# c", "  ; c", "slot_name = a ; x", "b = 1 # y", "c = #no"))
                .containsExactly(Map.entry("slot_name", "a ; x"), Map.entry("b", "1 # y"), Map.entry("c", "#no"));
    }

    @Test
    void deeperIndentationContinuesAValue() throws ConfigException {
        assertThat(options("a = 1", "  two  ", "", "    [three]", "  # dropped", "  k = v", "b = x", "", ""))
                .containsExactly(Map.entry("a", "1\ntwo\n\n[three]\nk = v"), Map.entry("b", "x"));
    }

    @Test
    void equalIndentationStartsANewOption() throws ConfigException {
        assertThat(options("  a = 1", "  b = 2", "    more", " c = 3"))
                .containsExactly(Map.entry("a", "1"), Map.entry("b", "2\nmore"), Map.entry("c", "3"));
    }

    @Test
    void anEmptyFirstLineIsPartOfAContinuedValue() throws ConfigException {
        assertThat(options("a =", "  x")).containsExactly(Map.entry("a", "\nx"));
    }

    @Test
    void theLastDuplicateWinsAndDuplicateSectionsMerge() throws ConfigException {
        assertThat(parse("[s]", "a = 1", "a = 2", "[t]", "[s]", "b = 3"))
                .isEqualTo(Map.of("s", Map.of("a", "2", "b", "3"), "t", Map.of()));
    }

    @Test
    void defaultsAreCopiedIntoEverySectionOfTheFile() throws ConfigException {
        assertThat(parse("[s]", "a = 1", "[DEFAULT]", "a = 0", "z = %(a)s", "[t]"))
                .isEqualTo(Map.of("s", Map.of("a", "1", "z", "1"), "t", Map.of("a", "0", "z", "0")));
    }

    @Test
    void lineEndsMayBeThoseOfWindows() throws ConfigException {
        assertThat(ConfigFile.parse("x", "[s]\r\na = 1\r\n  2\r\n\r\nb=3").sections())
                .isEqualTo(Map.of("s", Map.of("a", "1\n2", "b", "3")));
    }

    @Test
    void linesWithoutDelimiterOrNameAreAllReported() {
        assertFails(
                "Source contains parsing errors: 'x.conf'\n\t[line  2]: 'this is not an option\\n'\n\t[line  3]: '=x\\n'",
                "[s]",
                "this is not an option",
                "=x");
    }

    @Test
    void textBeforeTheFirstSectionIsAnError() {
        assertFails("File contains no section headers.\nfile: 'x.conf', line: 2\n'a = 1\\n'", "# c", "a = 1");
        assertFails("File contains no section headers.\nfile: 'x.conf', line: 1\n'\\ufeff[s]\\n'", "\ufeff[s]");
        assertFails("File contains no section headers.\nfile: 'x.conf', line: 1\n\"it's\\n\"", "it's");
    }

    @Test
    void referencesAreReplacedByRawTextOfTheSameSection() throws ConfigException {
        assertThat(options("a = \"q\"", "b = <%(a)s|%(A)s>", "c = %(b)s%(b)s"))
                .containsEntry("b", "<\"q\"|\"q\">")
                .containsEntry("c", "<\"q\"|\"q\"><\"q\"|\"q\">");
    }

    @Test
    void aReferenceToNothingIsAnError() {
        assertFails(
                "Bad value substitution: option 'o' in section 's' contains an interpolation key 'barman_home' which is"
                        + " not a valid option name. Raw value: 'x%(barman_home)s'",
                "[barman]", "barman_home = /b", "[s]", "o = x%(barman_home)s");
    }

    @Test
    void aLonePercentIsAnError() {
        assertFails("'%' must be followed by '%' or '(', found: '%Y-%m'", "[s]", "a = x%Y-%m");
        assertFails("'%' must be followed by '%' or '(', found: '%'", "[s]", "a = 5%");
        assertFails("bad interpolation variable reference '%(b'", "[s]", "a = x%(b", "b = 1");
    }

    @Test
    void aDoubledPercentIsAnErrorAndFourMakeOneForTheSecondPass() throws ConfigException {
        assertFails("invalid interpolation syntax in 'ab%Y' at position 2", "[s]", "a = ab%%Y");
        assertFails("invalid interpolation syntax in '%%%(x)s%Y' at position 0", "[s]", "a = %%%%%%(x)s%%Y");
        assertThat(options("a = %%%%Y")).containsEntry("a", "%%Y");
    }

    @Test
    void endlessReferencesAreAnError() {
        assertThatThrownBy(() -> parse("[s]", "a = %(b)s", "b = %(a)s"))
                .hasMessageStartingWith("Recursion limit exceeded in value substitution: option 'a' in section 's'");
    }

    @Test
    void aDirectoryOrAMissingFileHasNoSections(@TempDir Path dir) throws ConfigException {
        assertThat(ConfigFile.read(dir.toString()).sections()).isEmpty();
        assertThat(ConfigFile.read(dir.resolve("none").toString()).sections()).isEmpty();
    }

    @Test
    void bytesThatAreNotUtf8AreAnError(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("latin1.conf");
        Files.write(file, "[s]\na = \u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> ConfigFile.read(file.toString()))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("'utf-8' codec can't decode byte 0xe9 in position 8");
        Files.writeString(file, "[s]\na = \u00e9\n");
        assertThat(ConfigFile.read(file.toString()).sections()).isEqualTo(Map.of("s", Map.of("a", "\u00e9")));
    }

    @Test
    void quotesAndNoneAreCleanedOnce() {
        List<String> raw =
                List.of("\"a\"", "'a'", "\"a \"q\" b\"", "\"x'", "''", "\"", "None", "none", "\"None\"", "'a\nb'");
        assertThat(raw.stream().map(ConfigLayers::clean))
                .containsExactly("a", "a", "a \"q\" b", "\"x'", "", "\"", "", "none", "None", "'a\nb'");
    }
}
