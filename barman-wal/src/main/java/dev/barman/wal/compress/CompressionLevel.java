// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.math.BigInteger;
import java.util.Locale;

/**
 * A value of the option {@code compression_level}: {@code low}, {@code medium}, {@code high} or an integer.
 *
 * <p>What it means is up to the algorithm: see {@link CompressionAlgorithm#number}. Immutable.
 *
 * @param kind whether it is a name or a number
 * @param number the number as configured, before clamping; 0 for the names
 */
public record CompressionLevel(Kind kind, int number) {

    /** The three names and the plain number. */
    public enum Kind {
        LOW,
        MEDIUM,
        HIGH,
        NUMBER
    }

    public static final CompressionLevel LOW = new CompressionLevel(Kind.LOW, 0);
    public static final CompressionLevel MEDIUM = new CompressionLevel(Kind.MEDIUM, 0);
    public static final CompressionLevel HIGH = new CompressionLevel(Kind.HIGH, 0);

    /** @throws IllegalArgumentException for a name with a number other than 0 */
    public CompressionLevel {
        if (kind != Kind.NUMBER && number != 0) {
            throw new IllegalArgumentException("level " + kind + " has no number: " + number);
        }
    }

    /** The level with this number. */
    public static CompressionLevel of(int number) {
        return new CompressionLevel(Kind.NUMBER, number);
    }

    /**
     * Reads {@code low}, {@code medium}, {@code high} (any case) or a decimal integer with an optional sign. A number
     * beyond the range of {@code int} becomes the nearest {@code int}, since it is clamped in any case.
     *
     * @throws IllegalArgumentException for any other text, quoting it
     */
    public static CompressionLevel parse(String text) {
        String trimmed = text.trim();
        switch (trimmed.toLowerCase(Locale.ROOT)) {
            case "low":
                return LOW;
            case "medium":
                return MEDIUM;
            case "high":
                return HIGH;
            default:
                break;
        }
        int digits = trimmed.startsWith("-") || trimmed.startsWith("+") ? 1 : 0;
        boolean valid = trimmed.length() > digits;
        for (int i = digits; i < trimmed.length(); i++) {
            char c = trimmed.charAt(i);
            valid &= c >= '0' && c <= '9';
        }
        if (!valid) {
            throw new IllegalArgumentException("Invalid compression level: '" + text + "'");
        }
        if (trimmed.length() - digits <= 9) {
            return of(Integer.parseInt(trimmed));
        }
        BigInteger number = new BigInteger(trimmed);
        return of(number.max(BigInteger.valueOf(Integer.MIN_VALUE))
                .min(BigInteger.valueOf(Integer.MAX_VALUE))
                .intValue());
    }

    /** The configured text: the lower-case name or the number. */
    @Override
    public String toString() {
        return kind == Kind.NUMBER ? Integer.toString(number) : kind.name().toLowerCase(Locale.ROOT);
    }
}
