// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Segments with a true first page header and content that compresses about as well as real WAL. */
final class TestSegments {
    static final int MIB = 1024 * 1024;
    static final long SYSTEM_ID = 7_710_210_665_329_484_190L;

    private TestSegments() {}

    static byte[] segment(int timeline, long startLsn, int sizeBytes) {
        byte[] bytes = new byte[sizeBytes];
        byte[] noise = new byte[sizeBytes / 8];
        new Random(startLsn + timeline).nextBytes(noise);
        for (int i = 0; i < noise.length; i++) {
            bytes[8 * i] = noise[i];
        }
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) 0xD110)
                .putShort((short) 0x0002)
                .putInt(timeline)
                .putLong(startLsn)
                .putInt(0)
                .putInt(0)
                .putLong(SYSTEM_ID)
                .putInt(sizeBytes)
                .putInt(8192);
        return bytes;
    }
}
