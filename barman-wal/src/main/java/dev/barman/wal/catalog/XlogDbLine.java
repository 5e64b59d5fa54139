// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import java.util.StringTokenizer;
import org.jspecify.annotations.Nullable;

/**
 * The text of one line of the WAL index: {@code name TAB size TAB time TAB compression TAB encryption}.
 *
 * <p>Written are always five fields, {@code None} for what is absent, the time as Python prints a float. Read are five fields,
 * four (Barman before encryption) or three, separated by any blanks.
 */
public final class XlogDbLine {
    static final String NONE = "None";

    private static final int MIN_FIELDS = 3;
    private static final int MAX_FIELDS = 5;
    private static final int MAX_SIZE_DIGITS = 18;

    private XlogDbLine() {}

    /** The line of an entry, without line feed. */
    public static String format(WalEntry entry) {
        return entry.name()
                + '\t'
                + entry.sizeBytes()
                + '\t'
                + PythonFloat.fixed(entry.time())
                + '\t'
                + orNone(entry.compression())
                + '\t'
                + orNone(entry.encryption());
    }

    private static String orNone(@Nullable String value) {
        return value == null ? NONE : value;
    }

    /**
     * Reads a line, with or without line feed.
     *
     * @throws XlogDbFormatException when the number of fields is wrong, or size or time is not a number; the message begins as
     *     Barman's does
     */
    public static WalEntry parse(String line) throws XlogDbFormatException {
        StringTokenizer fields = new StringTokenizer(line, " \t\n\r\f\u000b");
        int count = fields.countTokens();
        if (count < MIN_FIELDS || count > MAX_FIELDS) {
            throw new XlogDbFormatException("cannot parse line: " + quoted(line));
        }
        String name = fields.nextToken();
        long size = size(fields.nextToken());
        double time = time(fields.nextToken());
        String compression = fields.hasMoreTokens() ? orNull(fields.nextToken()) : null;
        String encryption = fields.hasMoreTokens() ? orNull(fields.nextToken()) : null;
        try {
            return new WalEntry(name, size, time, compression, encryption);
        } catch (IllegalArgumentException e) {
            throw new XlogDbFormatException("cannot parse line: " + quoted(line) + " (" + e.getMessage() + ")");
        }
    }

    static @Nullable String orNull(String field) {
        return field.equals(NONE) ? null : field;
    }

    private static long size(String text) throws XlogDbFormatException {
        boolean valid = text.length() <= MAX_SIZE_DIGITS;
        for (int i = 0; i < text.length(); i++) {
            valid &= text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        if (!valid) {
            throw new XlogDbFormatException("invalid literal for int() with base 10: " + quoted(text));
        }
        return Long.parseLong(text);
    }

    static double time(String text) throws XlogDbFormatException {
        try {
            return PythonFloat.parse(text);
        } catch (NumberFormatException e) {
            throw new XlogDbFormatException("could not convert string to float: " + quoted(text));
        }
    }

    /** The text in quotes with control characters made visible, so that a damaged line cannot damage the log or the terminal. */
    static String quoted(String text) {
        StringBuilder out = new StringBuilder("'");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\t' -> out.append("\\t");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\\' -> out.append("\\\\");
                case '\'' -> out.append("\\'");
                default -> {
                    if (c < ' ' || c >= 0x7F) {
                        out.append("\\x")
                                .append(Character.forDigit(c >> 4 & 0xF, 16))
                                .append(Character.forDigit(c & 0xF, 16));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('\'').toString();
    }
}
