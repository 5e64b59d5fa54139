// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.text;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * The date forms of Barman's files and outputs, written and read by hand: the formatters of the library cost start-up time.
 *
 * <p>Times have microseconds; what is finer is cut off.
 */
public final class BarmanDates {
    private static final String[] DAYS = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    private static final String[] MONTHS = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };

    private BarmanDates() {}

    /** {@code Fri Nov 20 11:19:50 2026}, {@code Thu Jan  1 00:00:00 1970}: in the date's own offset, which is not shown. */
    public static String ctime(OffsetDateTime date) {
        return ctime(date.toLocalDateTime());
    }

    /** {@code Fri Nov 20 11:19:50 2026}. */
    public static String ctime(LocalDateTime date) {
        StringBuilder text = new StringBuilder(24);
        text.append(DAYS[date.getDayOfWeek().getValue() - 1]).append(' ');
        text.append(MONTHS[date.getMonthValue() - 1]).append(' ');
        if (date.getDayOfMonth() < 10) {
            text.append(' ');
        }
        text.append(date.getDayOfMonth()).append(' ');
        appendTime(text, date);
        return text.append(' ').append(date.getYear()).toString();
    }

    /** {@code 2026-11-20 11:20:36.108288+00:00}; the fraction has six digits and is left out when zero. */
    public static String withOffset(OffsetDateTime date) {
        return format(date, ' ');
    }

    /** {@code 2026-11-20T11:20:36.108288+00:00}. */
    public static String iso(OffsetDateTime date) {
        return format(date, 'T');
    }

    /** {@code 20261120T112036}: the form of backup ids. */
    public static String compact(LocalDateTime date) {
        StringBuilder text = new StringBuilder(15);
        appendPadded(text, date.getYear(), 4);
        appendPadded(text, date.getMonthValue(), 2);
        appendPadded(text, date.getDayOfMonth(), 2);
        text.append('T');
        appendPadded(text, date.getHour(), 2);
        appendPadded(text, date.getMinute(), 2);
        appendPadded(text, date.getSecond(), 2);
        return text.toString();
    }

    /**
     * Reads any of the forms above, {@code Z} as offset included.
     *
     * @param zone where a date without an offset is meant
     * @throws IllegalArgumentException quoting the text, when it is none of the forms
     */
    public static OffsetDateTime parse(String text, ZoneId zone) {
        try {
            Reader reader = new Reader(text.strip());
            return reader.peekIsLetter() ? reader.ctime(zone) : reader.iso(zone);
        } catch (DateTimeException | NumberFormatException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("not a date: '" + text + "'", e);
        }
    }

    static void appendPadded(StringBuilder text, long value, int digits) {
        String number = Long.toString(value);
        for (int i = number.length(); i < digits; i++) {
            text.append('0');
        }
        text.append(number);
    }

    private static String format(OffsetDateTime date, char separator) {
        StringBuilder text = new StringBuilder(32);
        appendPadded(text, date.getYear(), 4);
        text.append('-');
        appendPadded(text, date.getMonthValue(), 2);
        text.append('-');
        appendPadded(text, date.getDayOfMonth(), 2);
        text.append(separator);
        appendTime(text, date.toLocalDateTime());
        int micros = date.getNano() / 1000;
        if (micros != 0) {
            text.append('.');
            appendPadded(text, micros, 6);
        }
        int offset = date.getOffset().getTotalSeconds();
        text.append(offset < 0 ? '-' : '+');
        offset = Math.abs(offset);
        appendPadded(text, offset / 3600, 2);
        text.append(':');
        appendPadded(text, offset % 3600 / 60, 2);
        if (offset % 60 != 0) {
            text.append(':');
            appendPadded(text, offset % 60, 2);
        }
        return text.toString();
    }

    private static void appendTime(StringBuilder text, LocalDateTime date) {
        appendPadded(text, date.getHour(), 2);
        text.append(':');
        appendPadded(text, date.getMinute(), 2);
        text.append(':');
        appendPadded(text, date.getSecond(), 2);
    }

    /** One pass over one text. */
    private static final class Reader {
        private final String text;
        private int position;

        Reader(String text) {
            this.text = text;
        }

        boolean peekIsLetter() {
            char c = text.charAt(0);
            return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
        }

        OffsetDateTime iso(ZoneId zone) {
            int year = digits(4);
            expect('-');
            int month = digits(2);
            expect('-');
            int day = digits(2);
            int hour = 0;
            int minute = 0;
            int second = 0;
            int nanos = 0;
            if (position < text.length()) {
                if (!skip('T')) {
                    expect(' ');
                }
                hour = digits(2);
                expect(':');
                minute = digits(2);
                if (skip(':')) {
                    second = digits(2);
                    nanos = fraction();
                }
            }
            LocalDateTime local = LocalDateTime.of(year, month, day, hour, minute, second, nanos);
            return withOffset(local, zone);
        }

        OffsetDateTime ctime(ZoneId zone) {
            index(DAYS);
            blanks();
            int month = index(MONTHS) + 1;
            blanks();
            int day = number();
            blanks();
            int hour = digits(2);
            expect(':');
            int minute = digits(2);
            expect(':');
            int second = digits(2);
            blanks();
            int year = digits(4);
            return withOffset(LocalDateTime.of(year, month, day, hour, minute, second), zone);
        }

        private OffsetDateTime withOffset(LocalDateTime local, ZoneId zone) {
            while (skip(' ')) {
                // a blank before the offset is accepted
            }
            if (position == text.length()) {
                return local.atZone(zone).toOffsetDateTime();
            }
            ZoneOffset offset;
            if (skip('Z') || skip('z')) {
                offset = ZoneOffset.UTC;
            } else {
                int sign = skip('-') ? -1 : 1;
                if (sign > 0) {
                    expect('+');
                }
                int hours = digits(2);
                int minutes = 0;
                int seconds = 0;
                if (position < text.length()) {
                    skip(':');
                    minutes = digits(2);
                    if (position < text.length()) {
                        skip(':');
                        seconds = digits(2);
                    }
                }
                offset = ZoneOffset.ofTotalSeconds(sign * (hours * 3600 + minutes * 60 + seconds));
            }
            if (position != text.length()) {
                throw new NumberFormatException(text);
            }
            return OffsetDateTime.of(local, offset);
        }

        private int fraction() {
            if (!skip('.') && !skip(',')) {
                return 0;
            }
            int micros = 0;
            int digits = 0;
            while (position < text.length() && isDigit(text.charAt(position))) {
                if (digits < 6) {
                    micros = micros * 10 + (text.charAt(position) - '0');
                }
                digits++;
                position++;
            }
            if (digits == 0) {
                throw new NumberFormatException(text);
            }
            for (int i = digits; i < 6; i++) {
                micros *= 10;
            }
            return micros * 1000;
        }

        private int digits(int count) {
            int value = 0;
            for (int i = 0; i < count; i++) {
                char c = text.charAt(position++);
                if (!isDigit(c)) {
                    throw new NumberFormatException(text);
                }
                value = value * 10 + (c - '0');
            }
            return value;
        }

        private int number() {
            int start = position;
            while (position < text.length() && isDigit(text.charAt(position))) {
                position++;
            }
            return Integer.parseInt(text, start, position, 10);
        }

        private int index(String[] names) {
            for (int i = 0; i < names.length; i++) {
                if (text.startsWith(names[i], position)) {
                    position += names[i].length();
                    return i;
                }
            }
            throw new NumberFormatException(text);
        }

        private void blanks() {
            expect(' ');
            while (skip(' ')) {
                // any number of blanks
            }
        }

        private boolean skip(char c) {
            if (position < text.length() && text.charAt(position) == c) {
                position++;
                return true;
            }
            return false;
        }

        private void expect(char c) {
            if (!skip(c)) {
                throw new NumberFormatException(text);
            }
        }

        private static boolean isDigit(char c) {
            return c >= '0' && c <= '9';
        }
    }
}
