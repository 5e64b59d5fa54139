// SPDX-License-Identifier: Apache-2.0
package dev.barman.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentParserTest {
    private final ArgumentParser parser = new ArgumentParser("demo", "Shows how arguments are parsed.")
            .immediate("show this help", "-h", "--help")
            .flag("less output", "-q", "--quiet")
            .flag("more output", "-v", "--verbose")
            .flag("gzip", "-z", "--gzip")
            .flag("bzip2", "-j", "--bzip2")
            .option("JOBS", "number of jobs", "-p", "--parallel")
            .option("LEVEL", "level", "--compression-level")
            .option("USER", "user", "-P", "--profile", "--aws-profile")
            .flag("partial", "--partial")
            .greedyOption("TAG", "tags", "--tags")
            .positional("HOST", "host")
            .positional("SERVER", "server")
            .optionalPositional("WAL", "wal")
            .exclusive("--gzip", "--bzip2");

    @Test
    void optionsAndPositionalsMayBeMixed() throws Exception {
        ParsedArguments parsed = parser.parse("host", "-p", "3", "server", "--gzip", "wal");

        assertThat(parsed.positional("HOST")).isEqualTo("host");
        assertThat(parsed.positional("SERVER")).isEqualTo("server");
        assertThat(parsed.optionalPositional("WAL")).isEqualTo("wal");
        assertThat(parsed.value("--parallel")).isEqualTo("3");
        assertThat(parsed.has("--gzip")).isTrue();
        assertThat(parsed.has("--bzip2")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"-p8", "-p=8", "--parallel=8", "--para=8", "--parallel 8", "-p 8", "-qp8", "-qvp 8"})
    void everySpellingOfAnOptionWithValueIsUnderstood(String spelling) throws Exception {
        String[] words = (spelling + " h s").split(" ");

        assertThat(parser.parse(words).value("--parallel")).isEqualTo("8");
    }

    @Test
    void clusterOfFlagsCountsEachOfThem() throws Exception {
        ParsedArguments parsed = parser.parse("-qvv", "h", "s");

        assertThat(parsed.count("--verbose")).isEqualTo(2);
        assertThat(parsed.count("--quiet")).isEqualTo(1);
    }

    @Test
    void negativeNumberIsAValue() throws Exception {
        assertThat(parser.parse("--compression-level", "-7", "h", "s").value("--compression-level"))
                .isEqualTo("-7");
    }

    @Test
    void everythingAfterTwoDashesIsPositional() throws Exception {
        ParsedArguments parsed = parser.parse("h", "--", "-z", "--gzip");

        assertThat(parsed.positional("SERVER")).isEqualTo("-z");
        assertThat(parsed.optionalPositional("WAL")).isEqualTo("--gzip");
        assertThat(parsed.has("--gzip")).isFalse();
    }

    @Test
    void exactNameIsNoAmbiguityAndTwoNamesOfOneOptionNeitherAre() throws Exception {
        assertThat(parser.parse("--partial", "h", "s").has("--partial")).isTrue();
        assertThat(parser.parse("--pro", "x", "h", "s").value("--aws-profile")).isEqualTo("x");
    }

    @Test
    void lastOfTellsWhichOfSeveralCameLast() throws Exception {
        ParsedArguments parsed = parser.parse("-v", "-q", "h", "s");

        assertThat(parsed.lastOf("--verbose", "--quiet")).isEqualTo("--quiet");
        assertThat(parsed.lastOf("--gzip")).isNull();
    }

    @Test
    void repeatedOptionKeepsAllValuesInOrder() throws Exception {
        ParsedArguments parsed = parser.parse("-P", "a", "--profile", "b", "h", "s");

        assertThat(parsed.values("--aws-profile")).containsExactly("a", "b");
        assertThat(parsed.value("--aws-profile")).isEqualTo("b");
        assertThat(parsed.values("--parallel")).isEmpty();
    }

    @Test
    void greedyOptionTakesAllWordsUpToTheNextOption() throws Exception {
        ParsedArguments parsed = parser.parse("--tags", "a,1", "b,2", "--", "h", "s");

        assertThat(parsed.values("--tags")).containsExactly("a,1", "b,2");
        assertThat(parsed.positional("SERVER")).isEqualTo("s");
        assertThat(parser.parse("--tags", "a", "-z", "h", "s").values("--tags")).containsExactly("a");
        assertThat(parser.parse("--tags=a", "h", "s").values("--tags")).containsExactly("a");
        assertThatThrownBy(() -> parser.parse("h", "s", "--tags", "-z"))
                .hasMessage("argument --tags: expected at least one argument");
    }

    @Test
    void helpNeedsNoPositionals() throws Exception {
        assertThat(parser.parse("-h").has("--help")).isTrue();
        assertThat(parser.parse("--help", "--nonsense").has("--help")).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "h                | the following arguments are required: SERVER",
                "-q               | the following arguments are required: HOST, SERVER",
                "h s w x y        | unrecognized arguments: x y",
                "--nonsense h s   | unrecognized arguments: --nonsense",
                "-x h s           | unrecognized arguments: -x",
                "--par 3 h s      | ambiguous option: --par could match --parallel, --partial",
                "h s -p           | argument -p/--parallel: expected one argument",
                "h s -p -z        | argument -p/--parallel: expected one argument",
                "-z -j h s        | argument -j/--bzip2: not allowed with argument -z/--gzip",
                "--gzip=9 h s     | argument -z/--gzip: ignored explicit argument '9'",
                "--nonsense -h    | unrecognized arguments: --nonsense",
            })
    void wrongCommandLineIsRefused(String line, String message) {
        assertThatThrownBy(() -> parser.parse(line.split(" ")))
                .isInstanceOf(UsageException.class)
                .hasMessage(message);
    }

    /** "Not given" for a name that nothing has would hide the mistake. */
    @Test
    void askingForWhatIsNotDeclaredIsAnError() throws Exception {
        ParsedArguments parsed = parser.parse("--profile", "x", "h", "s");

        assertThat(parsed.value("--aws-profile")).isEqualTo("x");
        assertThat(parsed.knows("--aws-profile")).isTrue();
        assertThat(parsed.knows("--profile")).isFalse();
        assertThat(parsed.knows("-P")).isFalse();
        List<ThrowingCallable> questions = List.of(
                () -> parsed.value("--profile"),
                () -> parsed.has("--profile"),
                () -> parsed.count("--profile"),
                () -> parsed.values("--profile"),
                () -> parsed.required("--profile"),
                () -> parsed.number("--profile", 1),
                () -> parsed.lastOf("--gzip", "--profile"));
        assertThat(questions)
                .allSatisfy(question -> assertThatThrownBy(question)
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("--profile"));
        assertThatThrownBy(() -> parsed.optionalPositional("PLACE"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PLACE");
        assertThat(parsed.optionalPositional("WAL")).isNull();
    }

    @Test
    void helpNamesEveryOptionWithinTheLineWidth() {
        String help = parser.help();

        assertThat(help)
                .startsWith("usage: demo [options] HOST SERVER [WAL]\n")
                .contains("  -p, --parallel JOBS     number of jobs\n")
                .contains("  -P, --profile, --aws-profile USER\n                          user\n");
        assertThat(help.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(80));
    }
}
