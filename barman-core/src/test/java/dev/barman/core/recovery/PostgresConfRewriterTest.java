// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.recovery.PostgresConfRewriter.Rewritten;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresConfRewriterTest {
    private static Rewritten rewrite(String... lines) {
        return PostgresConfRewriter.rewrite("postgresql.conf", String.join("\n", lines) + "\n", List.of());
    }

    @Test
    void theArchiveCommandIsReplaced() {
        Rewritten rewritten = rewrite("port = 1", "  archive_command='x y' # c", "archive_mode = on");
        assertThat(rewritten.text())
                .isEqualTo(
                        "port = 1\n#BARMAN#  archive_command='x y' # c\narchive_command = false\narchive_mode = on\n");
        assertThat(rewritten.changes())
                .containsExactly(new ConfigurationNote("postgresql.conf", 1, "archive_command", "false"));
    }

    @Test
    void oldTargetsAreCommentedOut() {
        Rewritten rewritten =
                rewrite("recovery_target_name = 'a'", "recovery_target immediate", "recovery_targets = 1");
        assertThat(rewritten.text())
                .isEqualTo(
                        "#BARMAN#recovery_target_name = 'a'\n#BARMAN#recovery_target immediate\nrecovery_targets = 1\n");
        assertThat(rewritten.changes())
                .containsExactly(
                        new ConfigurationNote("postgresql.conf", 0, "recovery_target_name", null),
                        new ConfigurationNote("postgresql.conf", 1, "recovery_target", null));
    }

    @Test
    void theArchiveLibraryIsCommentedOut() {
        Rewritten rewritten = rewrite("archive_library = 'basic_archive'", "port = 1");
        assertThat(rewritten.text()).isEqualTo("#BARMAN#archive_library = 'basic_archive'\nport = 1\n");
        assertThat(rewritten.changes())
                .containsExactly(new ConfigurationNote("postgresql.conf", 0, "archive_library", null));
    }

    @Test
    void namesCountInAnyCase() {
        Rewritten rewritten = rewrite("Archive_Command = 'X'", "RECOVERY_TARGET_XID = 1", "Hba_File = '/A'");
        assertThat(rewritten.text())
                .isEqualTo("#BARMAN#Archive_Command = 'X'\narchive_command = false\n#BARMAN#RECOVERY_TARGET_XID = 1\n"
                        + "Hba_File = '/A'\n");
        assertThat(rewritten.changes())
                .containsExactly(
                        new ConfigurationNote("postgresql.conf", 0, "archive_command", "false"),
                        new ConfigurationNote("postgresql.conf", 1, "recovery_target_xid", null));
        assertThat(rewritten.dangers())
                .containsExactly(new ConfigurationNote("postgresql.conf", 3, "hba_file", "'/A'"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "#archive_command = 'x'",
                "xarchive_command = 'x'",
                "archive_command_x = 'x'",
                "restore_command = 'x'",
                "primary_conninfo = 'x'",
                "",
                "   ",
                "= x"
            })
    void otherLinesStay(String line) {
        Rewritten rewritten = rewrite(line);
        assertThat(rewritten.text()).isEqualTo(line + "\n");
        assertThat(rewritten.changes()).isEmpty();
        assertThat(rewritten.dangers()).isEmpty();
    }

    @Test
    void dangersAreNumberedInTheNewText() {
        Rewritten rewritten =
                rewrite("archive_command = 'x'", "hba_file='/a b'  # c", "include_dir 'conf.d'", "#include x");
        assertThat(rewritten.dangers())
                .containsExactly(
                        new ConfigurationNote("postgresql.conf", 2, "hba_file", "'/a b'  # c"),
                        new ConfigurationNote("postgresql.conf", 3, "include_dir", "'conf.d'"));
    }

    @Test
    void linesAreAppendedAfterAnEmptyOneAndAMissingNewlineIsSupplied() {
        assertThat(PostgresConfRewriter.rewrite("f", "a = 1", List.of("b = 2", "c = 3"))
                        .text())
                .isEqualTo("a = 1\n\nb = 2\nc = 3\n");
        assertThat(PostgresConfRewriter.rewrite("f", "archive_command = x", List.of("b = 2"))
                        .text())
                .isEqualTo("#BARMAN#archive_command = x\narchive_command = false\n\nb = 2\n");
        assertThat(PostgresConfRewriter.rewrite("f", "a = 1", List.of()).text()).isEqualTo("a = 1");
        assertThat(PostgresConfRewriter.rewrite("f", "recovery_target_xid = 1", List.of("b = 2"))
                        .text())
                .isEqualTo("#BARMAN#recovery_target_xid = 1\n\nb = 2\n");
    }

    @Test
    void anAppendedDangerIsNotOverlooked() {
        assertThat(PostgresConfRewriter.rewrite("f", "a = 1\n", List.of("include = 'x'"))
                        .dangers())
                .containsExactly(new ConfigurationNote("f", 2, "include", "'x'"));
    }

    @Test
    void quotesInsideAValueAreDoubled() {
        assertThat(PostgresConfRewriter.quote("it's")).isEqualTo("'it''s'");
    }
}
