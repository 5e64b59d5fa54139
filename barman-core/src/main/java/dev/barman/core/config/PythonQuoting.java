// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

/** Blanks and quoted strings as Python understands them: the dialect and its messages depend on both. */
final class PythonQuoting {
    private PythonQuoting() {}

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

    /** Appends the texts as Python string literals with commas between them. */
    static void joinQuoted(StringBuilder out, Iterable<String> texts) {
        String separator = "";
        for (String text : texts) {
            out.append(separator).append(quote(text));
            separator = ", ";
        }
    }

    /** Returns the text as a Python string literal ({@code repr}). */
    static String quote(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder out = new StringBuilder(text.length() + 2).append(quote);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(c);
                    } else if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa1) || c == 0xad) {
                        out.append("\\x").append(Integer.toHexString(0x100 | c), 1, 3);
                    } else if (c == 0xfeff || c == 0x2028 || c == 0x2029) {
                        out.append("\\u").append(Integer.toHexString(0x10000 | c), 1, 5);
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append(quote).toString();
    }
}
