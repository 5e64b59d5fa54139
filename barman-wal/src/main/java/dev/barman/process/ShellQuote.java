// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

/** Quoting of words for a POSIX shell. */
public final class ShellQuote {
    private static final String SAFE = "@%+=:,./-_";

    private ShellQuote() {}

    /** The word as it is if no character is special to a shell, else in single quotes. */
    public static String quote(String word) {
        StringBuilder text = new StringBuilder(word.length() + 2);
        append(text, word);
        return text.toString();
    }

    static void append(StringBuilder text, String word) {
        boolean safe = !word.isEmpty();
        for (int i = 0; safe && i < word.length(); i++) {
            char c = word.charAt(i);
            safe = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || SAFE.indexOf(c) >= 0;
        }
        if (safe) {
            text.append(word);
        } else {
            text.append('\'').append(word.replace("'", "'\"'\"'")).append('\'');
        }
    }
}
