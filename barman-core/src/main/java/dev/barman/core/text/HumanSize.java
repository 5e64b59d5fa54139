// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.text;

/**
 * Sizes as people read them: base 1024, {@code 1023 B}, {@code 1.0 KiB}, {@code 34.6 MiB}.
 *
 * <p>The unit is chosen before rounding, so 1048575 is {@code 1024.0 KiB}, as Barman prints it.
 */
public final class HumanSize {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};

    private HumanSize() {}

    /** Formats a number of bytes; the sign is kept. */
    public static String format(long bytes) {
        if (bytes > -1024 && bytes < 1024) {
            return bytes + " B";
        }
        return format((double) bytes);
    }

    /** Formats a number of bytes that may have a fraction; below 1 KiB the fraction is cut off. */
    public static String format(double bytes) {
        double value = bytes;
        int unit = 0;
        while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        if (unit == 0) {
            return (long) value + " B";
        }
        return PythonText.fixed(value, 1) + " " + UNITS[unit];
    }
}
