// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import java.nio.charset.StandardCharsets;

/**
 * The name of an object in its store: 1 to 1024 bytes of UTF-8, by convention divided by slashes.
 *
 * <p>Not allowed are a slash at the beginning or the end, the segments {@code .} and {@code ..}, control characters and lone
 * surrogates. Empty segments ({@code a//b}) are allowed, because the original Barman writes such keys.
 *
 * <p>The natural order is that of the UTF-8 bytes, in which stores list their objects. Immutable.
 *
 * @param value the key
 */
public record ObjectKey(String value) implements Comparable<ObjectKey> {
    /** The longest key in bytes of UTF-8. */
    public static final int MAX_BYTES = 1024;

    /**
     * @throws IllegalArgumentException when the text is no key, quoting it
     */
    public ObjectKey {
        if (value.isEmpty() || value.charAt(0) == '/' || value.charAt(value.length() - 1) == '/') {
            throw new IllegalArgumentException("not the key of an object: '" + value + "'");
        }
        int segmentStart = 0;
        for (int i = 0; i <= value.length(); i++) {
            char c = i < value.length() ? value.charAt(i) : '/';
            if (c == '/') {
                checkSegment(value, segmentStart, i);
                segmentStart = i + 1;
            } else if (c < ' ' || c == 0x7F) {
                throw new IllegalArgumentException("control character in the key of an object: '" + value + "'");
            } else if (Character.isSurrogate(c)) {
                if (!Character.isHighSurrogate(c)
                        || i + 1 >= value.length()
                        || !Character.isLowSurrogate(value.charAt(i + 1))) {
                    throw new IllegalArgumentException("lone surrogate in the key of an object: '" + value + "'");
                }
                i++;
            }
        }
        if (value.length() > MAX_BYTES / 3 && value.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw new IllegalArgumentException("the key of an object is longer than 1024 bytes: '" + value + "'");
        }
    }

    private static void checkSegment(String value, int start, int end) {
        int length = end - start;
        if ((length == 1 && value.charAt(start) == '.') || (length == 2 && value.startsWith("..", start))) {
            throw new IllegalArgumentException("relative segment in the key of an object: '" + value + "'");
        }
    }

    /**
     * @param value the key
     * @return the key as a type
     * @throws IllegalArgumentException when the text is no key
     */
    public static ObjectKey of(String value) {
        return new ObjectKey(value);
    }

    /**
     * @param name one or more further segments
     * @return the key below this one
     * @throws IllegalArgumentException when the result is no key
     */
    public ObjectKey child(String name) {
        return new ObjectKey(value + '/' + name);
    }

    /** {@return the last segment} */
    public String name() {
        return value.substring(value.lastIndexOf('/') + 1);
    }

    @Override
    public int compareTo(ObjectKey other) {
        return compareUtf8(value, other.value);
    }

    /**
     * Compares two texts, parts of keys for instance, as their UTF-8 bytes compare. {@link String#compareTo} differs: it puts
     * what lies beyond the basic plane before U+E000 to U+FFFF.
     *
     * @param a a text without lone surrogates
     * @param b another one
     * @return negative, zero or positive
     */
    public static int compareUtf8(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                if (Character.isSurrogate(x) != Character.isSurrogate(y)) {
                    return Character.isSurrogate(x) ? 1 : -1;
                }
                return Character.compare(x, y);
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    @Override
    public String toString() {
        return value;
    }
}
