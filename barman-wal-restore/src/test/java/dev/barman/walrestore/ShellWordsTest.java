// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class ShellWordsTest {
    @Test
    void plainWordsStayAsTheyAre() {
        assertThat(ShellWords.quoteIfNeeded("main-15.db_1:/etc/x=y,z@h%+")).isEqualTo("main-15.db_1:/etc/x=y,z@h%+");
        assertThat(ShellWords.quoteIfNeeded("")).isEqualTo("''");
        assertThat(ShellWords.quoteIfNeeded("a b")).isEqualTo("'a b'");
        assertThat(ShellWords.quoteIfNeeded("x;reboot")).isEqualTo("'x;reboot'");
        assertThat(ShellWords.quote("it's")).isEqualTo("'it'\"'\"'s'");
    }

    @Test
    void splitsLikeAShell() {
        assertThat(ShellWords.split("  sudo -n  -u barman 'my barman' \"a \\\"b\\\" \\c\" d\\ e ''"))
                .containsExactly("sudo", "-n", "-u", "barman", "my barman", "a \"b\" \\c", "d e", "");
    }

    @Test
    void refusesAnOpenQuoteAndAnEmptyCommand() {
        assertThatThrownBy(() -> ShellWords.split("barman 'x")).hasMessage("no closing quotation in: barman 'x");
        assertThatThrownBy(() -> ShellWords.split("  ")).hasMessage("empty command");
    }

    @Property(tries = 300)
    void whatIsQuotedSplitsIntoTheSameWord(
            @ForAll @AlphaChars @Chars({'\'', '"', '\\', ' ', '\n', '$', '`', '*', ';', '-'}) @StringLength(max = 12)
                    String word) {
        assertThat(ShellWords.split(ShellWords.quote(word))).isEqualTo(List.of(word));
        assertThat(ShellWords.split(ShellWords.quoteIfNeeded(word))).isEqualTo(List.of(word));
    }

    @Property(tries = 15)
    void aRealShellReadsTheQuotedWordBack(
            @ForAll
                    @AlphaChars
                    @Chars({'\'', '"', '\\', ' ', '$', '`', '*', ';', '(', '&', '~'})
                    @StringLength(max = 12)
                    String word)
            throws IOException, InterruptedException {
        Process shell = new ProcessBuilder("sh", "-c", "printf %s " + ShellWords.quoteIfNeeded(word)).start();
        String answer = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(shell.waitFor()).isZero();
        assertThat(answer).isEqualTo(word);
    }
}
