// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

/** Hexadecimal digits as WAL names use them: ASCII only, either case when read, upper case when written. */
final class Hex {
    private static final String DIGITS = "0123456789ABCDEF";

    private Hex() {}

    /** The value of one digit, or -1. */
    static int digit(int c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        if (c >= 'A' && c <= 'F') {
            return c - 'A' + 10;
        }
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    }

    static boolean isHex(CharSequence text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (digit(text.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    /** The number written in {@code [from, to)}; the caller has checked the digits and that there are at most 15. */
    static long value(CharSequence text, int from, int to) {
        long value = 0;
        for (int i = from; i < to; i++) {
            value = value << 4 | digit(text.charAt(i));
        }
        return value;
    }

    /** Upper-case digits without padding. */
    static String upper(long value) {
        int digits = 1;
        while (digits < 16 && value >>> (4 * digits) != 0) {
            digits++;
        }
        StringBuilder text = new StringBuilder(digits);
        append(text, value, digits);
        return text.toString();
    }

    /** Appends the lowest {@code digits} digits, upper case, padded with zeros. */
    static void append(StringBuilder text, long value, int digits) {
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            text.append(DIGITS.charAt((int) (value >>> shift) & 0xF));
        }
    }
}
