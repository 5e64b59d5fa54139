// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.StringTokenizer;
import org.jspecify.annotations.Nullable;

/**
 * A point in time as people write it: ISO 8601 with {@code T} or a blank, compact digits, a date alone, or words in the
 * manner of {@code ctime}; with an offset, {@code Z} or {@code UTC}, or without a zone. Immutable.
 *
 * @param local the date and the time of day
 * @param offset the offset that was given, or null
 */
record TargetTime(LocalDateTime local, @Nullable ZoneOffset offset) {
    private static final String MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec ";
    private static final String WEEKDAYS = "mon tue wed thu fri sat sun ";

    /**
     * Reads a text.
     *
     * @throws IllegalArgumentException when it is no point in time; the message tells why
     */
    static TargetTime parse(String text) {
        try {
            return new Parser(text).parse();
        } catch (DateTimeException | NumberFormatException impossible) {
            throw new IllegalArgumentException(impossible.getMessage() + ": " + text, impossible);
        }
    }

    /** Returns the instant; without an offset the text is in the given zone. */
    OffsetDateTime in(ZoneId zone) {
        return offset != null ? local.atOffset(offset) : local.atZone(zone).toOffsetDateTime();
    }

    /** Collects the parts of a date, which may come in any order. */
    private static final class Parser {
        private final String text;
        private @Nullable LocalDate date;
        private @Nullable LocalTime time;
        private @Nullable ZoneOffset offset;
        private int year = -1;
        private int month = -1;
        private int day = -1;

        Parser(String text) {
            this.text = text;
        }

        TargetTime parse() {
            StringTokenizer words = new StringTokenizer(text, " \t,");
            while (words.hasMoreTokens()) {
                word(words.nextToken());
            }
            if (date == null && year >= 0 && month >= 0 && day >= 0) {
                date = LocalDate.of(year, month, day);
            }
            if (date == null) {
                throw unknown();
            }
            LocalTime timeOfDay = time == null ? LocalTime.MIDNIGHT : time;
            return new TargetTime(LocalDateTime.of(date, timeOfDay), offset);
        }

        private IllegalArgumentException unknown() {
            return new IllegalArgumentException("Unknown string format: " + text);
        }

        private void word(String word) {
            if (Character.isLetter(word.charAt(0))) {
                name(word);
            } else if (word.charAt(0) == '+' || (word.charAt(0) == '-' && time != null)) {
                zone(word);
            } else if (word.indexOf(':') > 0) {
                int separator = word.indexOf('T');
                if (separator > 0 && Character.isDigit(word.charAt(separator - 1))) {
                    isoDate(word.substring(0, separator));
                    timeWithZone(word.substring(separator + 1));
                } else {
                    timeWithZone(word);
                }
            } else if (word.length() == 15 && word.charAt(8) == 'T') {
                isoDate(word.substring(0, 8));
                compactTime(word.substring(9));
            } else if (word.length() >= 8) {
                isoDate(word);
            } else {
                number(word);
            }
        }

        private void name(String word) {
            String lower = word.toLowerCase(Locale.ROOT);
            if (lower.equals("z") || lower.equals("utc") || lower.equals("gmt")) {
                zone("Z");
                return;
            }
            String head = lower.length() < 3 ? lower + "?" : lower.substring(0, 3) + " ";
            int index = MONTHS.indexOf(head);
            if (index >= 0 && month < 0) {
                month = index / 4 + 1;
            } else if (!WEEKDAYS.contains(head)) {
                throw unknown();
            }
        }

        private void number(String word) {
            int value = digits(word);
            if (word.length() == 4 && year < 0) {
                year = value;
            } else if (word.length() <= 2 && day < 0) {
                day = value;
            } else {
                throw unknown();
            }
        }

        private void isoDate(String word) {
            if (date != null) {
                throw unknown();
            }
            if (word.length() == 8 && isDigits(word)) {
                date = LocalDate.of(
                        digits(word.substring(0, 4)), digits(word.substring(4, 6)), digits(word.substring(6)));
                return;
            }
            char separator = word.indexOf('/') > 0 ? '/' : '-';
            int first = word.indexOf(separator);
            int second = word.indexOf(separator, first + 1);
            if (first != 4 || second < 0) {
                throw unknown();
            }
            date = LocalDate.of(
                    digits(word.substring(0, first)),
                    digits(word.substring(first + 1, second)),
                    digits(word.substring(second + 1)));
        }

        private void timeWithZone(String word) {
            int end = 0;
            while (end < word.length() && "0123456789:.".indexOf(word.charAt(end)) >= 0) {
                end++;
            }
            timeOfDay(word.substring(0, end));
            if (end < word.length()) {
                String rest = word.substring(end);
                if (rest.charAt(0) == '+' || rest.charAt(0) == '-') {
                    zone(rest);
                } else {
                    name(rest);
                }
            }
        }

        private void timeOfDay(String word) {
            if (time != null) {
                throw unknown();
            }
            String[] parts = word.split(":", -1);
            if (parts.length < 2 || parts.length > 3) {
                throw unknown();
            }
            int second = 0;
            int nano = 0;
            if (parts.length == 3) {
                int dot = parts[2].indexOf('.');
                second = digits(dot < 0 ? parts[2] : parts[2].substring(0, dot));
                if (dot >= 0) {
                    String fraction = parts[2].substring(dot + 1);
                    digits(fraction);
                    nano = digits((fraction + "000000").substring(0, 6)) * 1000;
                }
            }
            time = LocalTime.of(digits(parts[0]), digits(parts[1]), second, nano);
        }

        private void compactTime(String word) {
            time = LocalTime.of(digits(word.substring(0, 2)), digits(word.substring(2, 4)), digits(word.substring(4)));
        }

        private void zone(String word) {
            if (offset != null) {
                throw unknown();
            }
            if (word.equals("Z")) {
                offset = ZoneOffset.UTC;
                return;
            }
            String digits = word.substring(1).replace(":", "");
            if (digits.length() != 2 && digits.length() != 4) {
                throw unknown();
            }
            int minutes =
                    digits(digits.substring(0, 2)) * 60 + (digits.length() == 4 ? digits(digits.substring(2)) : 0);
            offset = ZoneOffset.ofTotalSeconds((word.charAt(0) == '-' ? -60 : 60) * minutes);
        }

        private static boolean isDigits(String word) {
            for (int i = 0; i < word.length(); i++) {
                if (word.charAt(i) < '0' || word.charAt(i) > '9') {
                    return false;
                }
            }
            return !word.isEmpty();
        }

        private int digits(String word) {
            if (!isDigits(word)) {
                throw unknown();
            }
            return Integer.parseInt(word.length() > 9 ? word.substring(0, 9) : word);
        }
    }
}
