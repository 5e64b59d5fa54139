// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

/** Blanks as Python understands them: the dialect trims them. */
final class PythonBlanks {
    private PythonBlanks() {}

    /** Returns whether {@code str.strip()} of Python would remove the character. */
    static boolean isSpace(char c) {
        if (c < 0x80) {
            return c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f);
        }
        return c == 0x85 || c == 0xa0 || Character.isSpaceChar(c);
    }

    static String strip(String text, int start, int end) {
        int from = start;
        int to = end;
        while (from < to && isSpace(text.charAt(from))) {
            from++;
        }
        while (to > from && isSpace(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    static String strip(String text) {
        return strip(text, 0, text.length());
    }
}
