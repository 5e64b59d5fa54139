// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class GlobalOptionsTest {
    private static GlobalOptions parse(String... words) throws UsageException {
        return GlobalOptions.parse(List.of(words));
    }

    @Test
    void everythingBehindTheSubcommandIsLeftToIt() throws Exception {
        GlobalOptions options = parse("-qd", "--config=x.conf", "--format", "json", "check", "-q", "srv");
        assertThat(options.quiet()).isTrue();
        assertThat(options.debug()).isTrue();
        assertThat(options.config()).isEqualTo("x.conf");
        assertThat(options.json()).isTrue();
        assertThat(options.command()).isEqualTo("check");
        assertThat(options.rest()).containsExactly("-q", "srv");
    }

    @Test
    void valuesMayBeAttachedToShortOptions() throws Exception {
        assertThat(parse("-c/etc/b.conf", "status").config()).isEqualTo("/etc/b.conf");
        assertThat(parse("-qfjson", "status").json()).isTrue();
    }

    @Test
    void longOptionsMayBeAbbreviatedUnlessTwoSpellingsFit() throws Exception {
        assertThat(parse("--conf", "x", "status").config()).isEqualTo("x");
        assertThatThrownBy(() -> parse("--col", "always", "list-servers"))
                .hasMessage("ambiguous option: --col could match --color, --colour");
    }

    @Test
    void versionWinsOverWhatFollows() throws Exception {
        assertThat(parse("-v", "nonsense", "--unknown").version()).isTrue();
    }

    @Test
    void badValuesNameTheOptionInAllItsSpellings() {
        assertThatThrownBy(() -> parse("-f", "xml", "status"))
                .hasMessage("argument -f/--format: invalid choice: 'xml' (choose from 'console', 'json')");
        assertThatThrownBy(() -> parse("--log-level", "debug", "status"))
                .hasMessageContaining("invalid choice: 'debug'");
        assertThatThrownBy(() -> parse("-c")).hasMessage("argument -c/--config: expected one argument");
    }

    @Test
    void unknownOptionsAreNamed() {
        assertThatThrownBy(() -> parse("--nope", "status")).hasMessage("unrecognized arguments: --nope");
    }

    @Test
    void noSubcommandIsNoError() throws Exception {
        assertThat(parse("-q").command()).isNull();
    }
}
