// SPDX-License-Identifier: Apache-2.0
package dev.barman.log;

import java.util.Locale;
import java.util.Optional;

/**
 * A threshold of the log, in the numbers of Python's logging, which the option {@code log_level} takes too. Immutable.
 *
 * @param number 10 for {@code DEBUG}, 20 for {@code INFO}, 30 for {@code WARNING}, 40 for {@code ERROR}, 50 for
 *     {@code CRITICAL}; records with this number or a higher one are written
 */
public record LogLevel(int number) {
    public static final LogLevel DEBUG = new LogLevel(10);
    public static final LogLevel INFO = new LogLevel(20);
    public static final LogLevel WARNING = new LogLevel(30);
    public static final LogLevel ERROR = new LogLevel(40);
    public static final LogLevel CRITICAL = new LogLevel(50);

    /**
     * Reads a value of {@code log_level}: an integer, or a name in any case ({@code DEBUG INFO WARNING WARN ERROR
     * CRITICAL FATAL NOTSET}). 0 and {@code NOTSET} mean {@link #INFO}.
     *
     * @return empty for any other text
     */
    public static Optional<LogLevel> parse(String text) {
        String trimmed = text.trim();
        Optional<LogLevel> named = exactName(trimmed.toUpperCase(Locale.ROOT));
        if (named.isPresent()) {
            return named;
        }
        switch (trimmed.toUpperCase(Locale.ROOT)) {
            case "WARN" -> {
                return Optional.of(WARNING);
            }
            case "FATAL" -> {
                return Optional.of(CRITICAL);
            }
            default -> {}
        }
        try {
            int number = Integer.parseInt(trimmed);
            return Optional.of(number == 0 ? INFO : new LogLevel(number));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /**
     * Reads a value of the option {@code --log-level}: exactly {@code NOTSET}, {@code DEBUG}, {@code INFO},
     * {@code WARNING}, {@code ERROR} or {@code CRITICAL}, where {@code NOTSET} means {@link #INFO}.
     *
     * @return empty for any other text
     */
    public static Optional<LogLevel> exactName(String text) {
        return switch (text) {
            case "DEBUG" -> Optional.of(DEBUG);
            case "INFO", "NOTSET" -> Optional.of(INFO);
            case "WARNING" -> Optional.of(WARNING);
            case "ERROR" -> Optional.of(ERROR);
            case "CRITICAL" -> Optional.of(CRITICAL);
            default -> Optional.empty();
        };
    }

    /** The name, or {@code Level N} for a number without one. */
    @Override
    public String toString() {
        return switch (number) {
            case 10 -> "DEBUG";
            case 20 -> "INFO";
            case 30 -> "WARNING";
            case 40 -> "ERROR";
            case 50 -> "CRITICAL";
            default -> "Level " + number;
        };
    }
}
