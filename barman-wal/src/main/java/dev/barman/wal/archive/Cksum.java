// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

/** The checksum of {@code cksum(1)}: the one that every shell has a program for. */
final class Cksum {
    private static final int POLYNOMIAL = 0x04C11DB7;

    private Cksum() {}

    /** The checksum of the first {@code length} bytes, as an unsigned number. */
    static long of(byte[] bytes, int length) {
        int[] table = table();
        int crc = 0;
        for (int i = 0; i < length; i++) {
            crc = crc << 8 ^ table[crc >>> 24 ^ bytes[i] & 0xFF];
        }
        for (int rest = length; rest != 0; rest >>>= 8) {
            crc = crc << 8 ^ table[crc >>> 24 ^ rest & 0xFF];
        }
        return ~crc & 0xFFFFFFFFL;
    }

    private static int[] table() {
        int[] table = new int[256];
        for (int i = 0; i < table.length; i++) {
            int value = i << 24;
            for (int bit = 0; bit < 8; bit++) {
                value = value << 1 ^ (value < 0 ? POLYNOMIAL : 0);
            }
            table[i] = value;
        }
        return table;
    }
}
