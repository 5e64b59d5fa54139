// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.retention;

import java.time.Duration;
import java.util.Locale;

/**
 * How long backups are needed. Immutable; {@link #toString()} gives the normalised text, upper case with plural units.
 */
public sealed interface RetentionPolicy {

    /** {@code REDUNDANCY n}: the newest n backups. */
    record Redundancy(int count) implements RetentionPolicy {
        /** Checks that the count is not negative. */
        public Redundancy {
            if (count < 0) {
                throw new IllegalArgumentException("negative redundancy: " + count);
            }
        }

        @Override
        public String toString() {
            return "REDUNDANCY " + count;
        }
    }

    /** {@code RECOVERY WINDOW OF n UNITS}: whatever a restore to any time of the window needs. */
    record RecoveryWindow(int count, Unit unit) implements RetentionPolicy {
        /** Checks that the count is not negative. */
        public RecoveryWindow {
            if (count < 0) {
                throw new IllegalArgumentException("negative recovery window: " + count);
            }
        }

        /** The length of the window. */
        public Duration duration() {
            return Duration.ofDays((long) count * unit.days);
        }

        @Override
        public String toString() {
            return "RECOVERY WINDOW OF " + count + " " + unit;
        }
    }

    /** The units of a recovery window. */
    enum Unit {
        /** 24 hours. */
        DAYS(1),
        /** 7 days. */
        WEEKS(7),
        /** 31 days. */
        MONTHS(31);

        private final int days;

        Unit(int days) {
            this.days = days;
        }
    }

    /**
     * Reads {@code REDUNDANCY n} or {@code RECOVERY WINDOW OF n DAY[S]|WEEK[S]|MONTH[S]}, in any case, with any blanks between and around.
     *
     * @throws IllegalArgumentException quoting the text, for anything else
     */
    static RetentionPolicy parse(String text) {
        String[] words = text.strip().toUpperCase(Locale.ROOT).split("\\s+");
        if (words.length == 2 && words[0].equals("REDUNDANCY")) {
            return new Redundancy(number(words[1], text));
        }
        if (words.length == 5 && words[0].equals("RECOVERY") && words[1].equals("WINDOW") && words[2].equals("OF")) {
            Unit unit = switch (words[4]) {
                case "DAY", "DAYS" -> Unit.DAYS;
                case "WEEK", "WEEKS" -> Unit.WEEKS;
                case "MONTH", "MONTHS" -> Unit.MONTHS;
                default -> throw malformed(text);
            };
            return new RecoveryWindow(number(words[3], text), unit);
        }
        throw malformed(text);
    }

    private static int number(String word, String text) {
        for (int i = 0; i < word.length(); i++) {
            if (word.charAt(i) < '0' || word.charAt(i) > '9') {
                throw malformed(text);
            }
        }
        try {
            return Integer.parseInt(word);
        } catch (NumberFormatException e) {
            throw malformed(text);
        }
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException("Cannot parse retention policy: '" + text + "'");
    }
}
