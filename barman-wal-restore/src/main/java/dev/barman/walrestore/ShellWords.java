// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import java.util.ArrayList;
import java.util.List;

/** Quoting for, and splitting like, a POSIX shell; without expansions of any kind. */
final class ShellWords {
    private ShellWords() {}

    /** Returns the word as it is if a shell reads it as one literal word, quoted otherwise. */
    static String quoteIfNeeded(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (!isSafe(word.charAt(i))) {
                return quote(word);
            }
        }
        return word.isEmpty() ? "''" : word;
    }

    /** Returns the word in single quotes, whatever it contains. */
    static String quote(String word) {
        return "'" + word.replace("'", "'\"'\"'") + "'";
    }

    private static boolean isSafe(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || "@%+=:,./-_".indexOf(c) >= 0;
    }

    /**
     * Splits a command line into words: blanks separate, single and double quotes and a backslash group.
     *
     * @throws IllegalArgumentException when a quote is not closed or there is no word at all
     */
    static List<String> split(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inWord = false;
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else if (c == '\\' && quote == '"' && i + 1 < line.length() && isEscapable(line.charAt(i + 1))) {
                    word.append(line.charAt(++i));
                } else {
                    word.append(c);
                }
            } else if (c == '\'' || c == '"') {
                quote = c;
                inWord = true;
            } else if (c == '\\' && i + 1 < line.length()) {
                word.append(line.charAt(++i));
                inWord = true;
            } else if (c == ' ' || c == '\t' || c == '\n') {
                if (inWord) {
                    words.add(word.toString());
                    word.setLength(0);
                    inWord = false;
                }
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (quote != 0) {
            throw new IllegalArgumentException("no closing quotation in: " + line);
        }
        if (inWord) {
            words.add(word.toString());
        }
        if (words.isEmpty()) {
            throw new IllegalArgumentException("empty command");
        }
        return words;
    }

    private static boolean isEscapable(char c) {
        return c == '"' || c == '\\' || c == '$' || c == '`';
    }
}
