// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * Text of floating-point numbers as Python writes them, which is what the files of a Barman catalogue contain: the shortest
 * decimal that reads back as the same number.
 */
public final class PythonFloat {
    private static final int MAX_DIGITS = 17;
    private static final int FIRST_EXPONENT_WITH_E = 16;
    private static final int LAST_EXPONENT_WITHOUT_E = -4;
    private static final int MAX_PARSED_LENGTH = 64;

    private PythonFloat() {}

    /**
     * Python's {@code repr}: {@code 1767319445.0}, {@code 0.1}, {@code 1e-05}, {@code 1e+16}, {@code nan}, {@code -inf}.
     */
    public static String repr(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = shortest(value);
        int exponent = shortest.precision() - shortest.scale() - 1;
        return exponent < LAST_EXPONENT_WITHOUT_E || exponent >= FIRST_EXPONENT_WITH_E
                ? scientific(shortest, exponent)
                : plain(shortest);
    }

    /**
     * The number without exponent and always with a fraction, as times are written into the WAL index.
     *
     * @throws IllegalArgumentException when it is infinite or not a number
     */
    static String fixed(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("not a finite number: " + value);
        }
        return value == 0 ? "0.0" : plain(shortest(value));
    }

    /**
     * Reads a decimal number with or without fraction and exponent, after an optional sign.
     *
     * @throws NumberFormatException for anything else: hexadecimal forms, type suffixes, {@code nan} and {@code inf} included
     */
    public static double parse(String text) {
        boolean valid = !text.isEmpty() && text.length() <= MAX_PARSED_LENGTH;
        for (int i = 0; valid && i < text.length(); i++) {
            char c = text.charAt(i);
            valid = (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
        }
        double value = valid ? Double.parseDouble(text) : Double.NaN;
        if (!Double.isFinite(value)) {
            throw new NumberFormatException("not a decimal number: '" + text + "'");
        }
        return value;
    }

    private static String plain(BigDecimal number) {
        String text = number.toPlainString();
        return text.indexOf('.') < 0 ? text + ".0" : text;
    }

    private static String scientific(BigDecimal number, int exponent) {
        String digits = number.unscaledValue().abs().toString();
        StringBuilder text = new StringBuilder();
        if (number.signum() < 0) {
            text.append('-');
        }
        text.append(digits.charAt(0));
        if (digits.length() > 1) {
            text.append('.').append(digits, 1, digits.length());
        }
        text.append(exponent < 0 ? "e-" : "e+");
        int magnitude = Math.abs(exponent);
        return (magnitude < 10 ? text.append('0') : text).append(magnitude).toString();
    }

    /**
     * The decimal with the fewest digits that reads back as {@code value}, the nearest of them. {@code Double.toString} is not
     * that before Java 19.
     */
    private static BigDecimal shortest(double value) {
        BigDecimal exact = new BigDecimal(value);
        // Most times have 15 to 17 digits, so look from the long end; fewer digits cannot work where more do not.
        BigDecimal best = exact.round(new MathContext(MAX_DIGITS, RoundingMode.HALF_EVEN));
        for (int digits = MAX_DIGITS - 1; digits > 0; digits--) {
            BigDecimal shorter = roundTripping(exact, value, digits);
            if (shorter == null) {
                break;
            }
            best = shorter;
        }
        BigDecimal stripped = best.stripTrailingZeros();
        return stripped.scale() < 0 && stripped.precision() - stripped.scale() <= FIRST_EXPONENT_WITH_E
                ? stripped.setScale(0)
                : stripped;
    }

    private static @Nullable BigDecimal roundTripping(BigDecimal exact, double value, int digits) {
        // At a power of two the neighbour below is nearer than the one above: then only the farther rounding may read
        // back.
        for (RoundingMode mode : new RoundingMode[] {RoundingMode.HALF_EVEN, RoundingMode.UP, RoundingMode.DOWN}) {
            BigDecimal rounded = exact.round(new MathContext(digits, mode));
            if (rounded.doubleValue() == value) {
                return rounded;
            }
        }
        return null;
    }
}
