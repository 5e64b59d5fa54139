// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

/** Checks that every implementation of {@link ObjectStore} makes. */
public final class ObjectRanges {
    private ObjectRanges() {}

    /**
     * @param offset first byte of a part of an object
     * @param length its length
     * @throws IllegalArgumentException when the offset is negative or the length less than 1
     */
    public static void check(long offset, long length) {
        if (offset < 0 || length < 1) {
            throw new IllegalArgumentException("no part of an object: offset " + offset + ", length " + length);
        }
    }

    /**
     * @param number place of a part of an upload
     * @throws IllegalArgumentException when it is less than 1
     */
    public static void checkPart(int number) {
        if (number < 1) {
            throw new IllegalArgumentException("parts are numbered from 1: " + number);
        }
    }

    /**
     * @param parts how many parts were sent
     * @param highest the highest of their different numbers, 0 for no part
     * @throws IllegalStateException when one is missing in between
     */
    public static void checkParts(int parts, int highest) {
        if (parts != highest) {
            throw new IllegalStateException(
                    "parts are missing: " + parts + " were sent, the last has number " + highest);
        }
    }

    /**
     * @param maxObjects how many objects a page may have
     * @throws IllegalArgumentException when it is less than 1
     */
    public static void checkPage(int maxObjects) {
        if (maxObjects < 1) {
            throw new IllegalArgumentException("a page must have room for an object: " + maxObjects);
        }
    }
}
