// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import java.math.BigDecimal;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Sizes on the command line: a number of bytes, or a number with a unit. As in the original, {@code KB}, {@code MB} and so on are powers of 1024, and
 * {@code KiB}, {@code MiB} and so on powers of 1000.
 */
final class SizeText {
    private static final String PREFIXES = "KMGTPEZY";

    private SizeText() {}

    /**
     * The size that an option has.
     *
     * @param key the option
     * @param shown how messages call it
     * @return null when it is not given
     */
    static @Nullable Long option(ParsedArguments arguments, String key, String shown) throws UsageException {
        String text = arguments.value(key);
        if (text == null) {
            return null;
        }
        try {
            return parse(text);
        } catch (IllegalArgumentException e) {
            throw new UsageException("argument " + shown + ": " + e.getMessage());
        }
    }

    /**
     * Reads a size.
     *
     * @return bytes, at least 1
     * @throws IllegalArgumentException quoting the text, when it is no size or less than 1
     */
    static long parse(String text) {
        String upper = text.strip().toUpperCase(Locale.ROOT);
        int digits = 0;
        while (digits < upper.length() && "+.0123456789".indexOf(upper.charAt(digits)) >= 0) {
            digits++;
        }
        String unit = upper.substring(digits).strip();
        try {
            BigDecimal number = new BigDecimal(upper.substring(0, digits));
            if (unit.isEmpty() && number.scale() > 0) {
                throw invalid(text);
            }
            long bytes = number.multiply(factor(unit)).toBigInteger().longValueExact();
            if (bytes >= 1) {
                return bytes;
            }
        } catch (ArithmeticException e) {
            throw invalid(text);
        } catch (IllegalArgumentException e) {
            throw invalid(text);
        }
        throw invalid(text);
    }

    private static IllegalArgumentException invalid(String text) {
        return new IllegalArgumentException("'" + text + "' is not a valid size string");
    }

    private static BigDecimal factor(String unit) {
        if (unit.isEmpty() || unit.equals("B")) {
            return BigDecimal.ONE;
        }
        int power = PREFIXES.indexOf(unit.charAt(0)) + 1;
        if (power == 0) {
            throw invalid(unit);
        }
        return switch (unit.substring(1)) {
            case "B" -> BigDecimal.valueOf(1024).pow(power);
            case "IB" -> BigDecimal.valueOf(1000).pow(power);
            default -> throw invalid(unit);
        };
    }
}
