// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.text;

import java.time.Duration;

/** Durations as people read them ({@code 1 day, 1 hour}) and in the form of Python's {@code timedelta}. */
public final class HumanDuration {
    private static final int SECONDS_PER_DAY = 86_400;

    private HumanDuration() {}

    /**
     * The non-zero days, hours, minutes and seconds joined by commas, cut to whole seconds; {@code less than one second}
     * when nothing is left; {@code " ago"} behind a negative duration.
     */
    public static String format(Duration duration) {
        if (duration.isNegative()) {
            return format(duration.negated()) + " ago";
        }
        long seconds = duration.toSeconds();
        StringBuilder text = new StringBuilder();
        append(text, seconds / SECONDS_PER_DAY, "day");
        append(text, seconds % SECONDS_PER_DAY / 3600, "hour");
        append(text, seconds % 3600 / 60, "minute");
        append(text, seconds % 60, "second");
        return text.isEmpty() ? "less than one second" : text.toString();
    }

    /** {@link #format(Duration)} of a number of seconds with a fraction. */
    public static String ofSeconds(double seconds) {
        return format(Duration.ofNanos(Math.round(seconds * 1e9)));
    }

    /** Python's text of a {@code timedelta}: {@code 31 days, 0:00:00}, {@code 0:00:05}, {@code 1 day, 0:00:00.500000}. */
    public static String timedelta(Duration duration) {
        long days = Math.floorDiv(duration.getSeconds(), (long) SECONDS_PER_DAY);
        long rest = Math.floorMod(duration.getSeconds(), (long) SECONDS_PER_DAY);
        StringBuilder text = new StringBuilder();
        if (days != 0) {
            text.append(days).append(Math.abs(days) == 1 ? " day, " : " days, ");
        }
        text.append(rest / 3600).append(':');
        BarmanDates.appendPadded(text, rest % 3600 / 60, 2);
        text.append(':');
        BarmanDates.appendPadded(text, rest % 60, 2);
        int micros = duration.getNano() / 1000;
        if (micros != 0) {
            text.append('.');
            BarmanDates.appendPadded(text, micros, 6);
        }
        return text.toString();
    }

    private static void append(StringBuilder text, long value, String unit) {
        if (value == 0) {
            return;
        }
        if (!text.isEmpty()) {
            text.append(", ");
        }
        text.append(value).append(' ').append(unit);
        if (value != 1) {
            text.append('s');
        }
    }
}
