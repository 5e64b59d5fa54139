// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.text;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values as Python spells them: console output and metadata files of Barman contain them. */
public final class PythonText {
    private PythonText() {}

    /** {@code True} or {@code False}. */
    public static String of(boolean value) {
        return value ? "True" : "False";
    }

    /** The value's text, {@code None} for null, {@code True} and {@code False} for booleans. Strings are not quoted. */
    public static String str(@Nullable Object value) {
        if (value == null) {
            return "None";
        }
        return value instanceof Boolean flag ? of(flag) : value.toString();
    }

    /**
     * Python's {@code repr} of a text: single quotes, double ones when the text has a single and no double quote; escapes for
     * control characters and other unprintable ones; everything else, non-ASCII included, as it is.
     */
    public static String repr(@Nullable String text) {
        if (text == null) {
            return "None";
        }
        StringBuilder out = new StringBuilder(text.length() + 2);
        appendRepr(out, text);
        return out.toString();
    }

    /** {@code ['a', 'b']}. */
    public static String repr(Iterable<String> texts) {
        StringBuilder out = new StringBuilder("[");
        String separator = "";
        for (String text : texts) {
            out.append(separator);
            appendRepr(out, text);
            separator = ", ";
        }
        return out.append(']').toString();
    }

    /** {@code {'a': 1}}: keys quoted, values by {@link #str} unless they are strings, which are quoted too. In iteration order. */
    public static String repr(Map<String, ?> map) {
        StringBuilder out = new StringBuilder("{");
        String separator = "";
        for (Map.Entry<String, ?> entry : map.entrySet()) {
            out.append(separator);
            appendRepr(out, entry.getKey());
            out.append(": ");
            Object value = entry.getValue();
            if (value instanceof String text) {
                appendRepr(out, text);
            } else {
                out.append(str(value));
            }
            separator = ", ";
        }
        return out.append('}').toString();
    }

    /** {@code %.Nf} of C and Python: the exact binary value, rounded half to even. */
    public static String fixed(double value, int digits) {
        return new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    }

    /** A ratio as a percentage with two decimals: {@code 0.999} is {@code 99.90%}. */
    public static String percent(double ratio) {
        return fixed(ratio * 100, 2) + "%";
    }

    /** Appends {@link #repr(String)} of a text. */
    public static void appendRepr(StringBuilder out, String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        int index = 0;
        while (index < text.length()) {
            int c = text.codePointAt(index);
            index += Character.charCount(c);
            if (c == quote || c == '\\') {
                out.append('\\').append((char) c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c == '\r') {
                out.append("\\r");
            } else if (c == '\t') {
                out.append("\\t");
            } else if (c >= ' ' && c < 0x7f || c > 0x7f && isPrintable(c)) {
                out.appendCodePoint(c);
            } else if (c <= 0xff) {
                appendHex(out.append("\\x"), c, 2);
            } else if (c <= 0xffff) {
                appendHex(out.append("\\u"), c, 4);
            } else {
                appendHex(out.append("\\U"), c, 8);
            }
        }
        out.append(quote);
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }

    private static void appendHex(StringBuilder out, int value, int digits) {
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            out.append(Character.forDigit(value >> shift & 0xf, 16));
        }
    }
}
