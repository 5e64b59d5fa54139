// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the text of a PostgreSQL configuration file safe for a restored cluster.
 *
 * <p>Settings that would harm the origin or spoil the recovery are commented out, {@code archive_command} is replaced, new
 * recovery settings are appended. Names count in any case, as for PostgreSQL. Settings that may point outside the restored cluster are only reported. Line numbers
 * count from zero, as Barman's do. Pure.
 */
final class PostgresConfRewriter {
    private static final String MARK = "#BARMAN#";
    private static final String ARCHIVE_COMMAND = "archive_command";
    private static final Set<String> COMMENTED_OUT = Set.of(
            "archive_library",
            "recovery_target",
            "recovery_target_name",
            "recovery_target_time",
            "recovery_target_xid",
            "recovery_target_lsn",
            "recovery_target_inclusive",
            "recovery_target_timeline",
            "recovery_target_action");
    private static final Set<String> DANGEROUS = Set.of(
            "data_directory",
            "config_file",
            "hba_file",
            "ident_file",
            "external_pid_file",
            "ssl_cert_file",
            "ssl_key_file",
            "ssl_ca_file",
            "ssl_crl_file",
            "unix_socket_directory",
            "unix_socket_directories",
            "include",
            "include_dir",
            "include_if_exists");

    private PostgresConfRewriter() {}

    /**
     * A file after the change.
     *
     * @param text the new text
     * @param changes what was changed, numbered by the old text
     * @param dangers what deserves a look, numbered by the new text
     */
    record Rewritten(String text, List<ConfigurationNote> changes, List<ConfigurationNote> dangers) {}

    /**
     * Rewrites a file.
     *
     * @param fileName the name for the notes
     * @param text the old text
     * @param appended lines to put at the end after an empty line; none leaves the end as it is
     */
    static Rewritten rewrite(String fileName, String text, List<String> appended) {
        StringBuilder out = new StringBuilder(text.length() + 256);
        List<ConfigurationNote> changes = new ArrayList<>();
        int number = 0;
        for (int start = 0; start < text.length(); number++) {
            int end = lineEnd(text, start);
            String key = key(text, start, end);
            if (ARCHIVE_COMMAND.equals(key)) {
                endLine(out.append(MARK).append(text, start, end));
                out.append("archive_command = false\n");
                changes.add(new ConfigurationNote(fileName, number, ARCHIVE_COMMAND, "false"));
            } else if (key != null && COMMENTED_OUT.contains(key)) {
                out.append(MARK).append(text, start, end);
                changes.add(new ConfigurationNote(fileName, number, key, null));
            } else {
                out.append(text, start, end);
            }
            start = end;
        }
        if (!appended.isEmpty()) {
            endLine(out);
            out.append('\n');
            for (String line : appended) {
                out.append(line).append('\n');
            }
        }
        String rewritten = out.toString();
        return new Rewritten(rewritten, List.copyOf(changes), dangers(fileName, rewritten));
    }

    private static List<ConfigurationNote> dangers(String fileName, String text) {
        List<ConfigurationNote> dangers = new ArrayList<>();
        int number = 0;
        for (int start = 0; start < text.length(); number++) {
            int end = lineEnd(text, start);
            String key = key(text, start, end);
            if (key != null && DANGEROUS.contains(key)) {
                dangers.add(new ConfigurationNote(fileName, number, key, value(text, start, end, key)));
            }
            start = end;
        }
        return List.copyOf(dangers);
    }

    private static void endLine(StringBuilder out) {
        if (out.length() > 0 && out.charAt(out.length() - 1) != '\n') {
            out.append('\n');
        }
    }

    /** Returns the index behind the line, its newline included. */
    private static int lineEnd(String text, int start) {
        int newline = text.indexOf('\n', start);
        return newline < 0 ? text.length() : newline + 1;
    }

    private static int skipBlanks(String text, int from, int end) {
        int i = from;
        while (i < end && Character.isWhitespace(text.charAt(i))) {
            i++;
        }
        return i;
    }

    /** Returns the name that the line sets, in lower case, or null for an empty line; a comment's name begins with {@code #}. */
    private static @Nullable String key(String text, int start, int end) {
        int from = skipBlanks(text, start, end);
        int to = from;
        while (to < end && text.charAt(to) != '=' && !Character.isWhitespace(text.charAt(to))) {
            to++;
        }
        return from == to ? null : text.substring(from, to).toLowerCase(Locale.ROOT);
    }

    private static String value(String text, int start, int end, String key) {
        int from = skipBlanks(text, skipBlanks(text, start, end) + key.length(), end);
        if (from < end && text.charAt(from) == '=') {
            from = skipBlanks(text, from + 1, end);
        }
        return text.substring(from, end).stripTrailing();
    }

    /** Returns a text as a value of a configuration file: in single quotes, those inside doubled. */
    static String quote(String value) {
        return "'" + value.replace("'", "''") + "'";
    }
}
