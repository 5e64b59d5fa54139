// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.util.Arrays;

/** The bytes that custom compressed data begins with (option {@code custom_compression_magic}). Immutable. */
public final class MagicBytes {
    private final byte[] bytes;

    private MagicBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @throws IllegalArgumentException for an empty array */
    public static MagicBytes of(byte[] bytes) {
        if (bytes.length == 0) {
            throw new IllegalArgumentException("magic bytes are empty");
        }
        return new MagicBytes(bytes.clone());
    }

    /**
     * Reads hexadecimal text. As in Barman the first two characters, meant to be {@code 0x}, are dropped whatever they
     * are.
     *
     * @throws IllegalArgumentException if the rest is empty, of odd length, or not hexadecimal
     */
    public static MagicBytes parse(String text) {
        String hex = text.length() < 2 ? "" : text.substring(2);
        if (hex.length() % 2 != 0) {
            throw new IllegalArgumentException("Odd-length string: '" + text + "'");
        }
        byte[] bytes = new byte[hex.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            int high = Character.digit(hex.charAt(2 * i), 16);
            int low = Character.digit(hex.charAt(2 * i + 1), 16);
            if (high < 0 || low < 0) {
                throw new IllegalArgumentException("Non-hexadecimal digit found: '" + text + "'");
            }
            bytes[i] = (byte) (high << 4 | low);
        }
        if (bytes.length == 0) {
            throw new IllegalArgumentException("no magic bytes in '" + text + "'");
        }
        return new MagicBytes(bytes);
    }

    /** The number of bytes. */
    public int length() {
        return bytes.length;
    }

    /** Whether the first {@code length} bytes of {@code head} begin with these. */
    public boolean matches(byte[] head, int length) {
        return length >= bytes.length && Arrays.equals(head, 0, bytes.length, bytes, 0, bytes.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MagicBytes that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** The bytes as {@code 0x} and lower-case hexadecimal digits. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("0x");
        for (byte b : bytes) {
            text.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
        }
        return text.toString();
    }
}
