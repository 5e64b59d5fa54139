// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Segments with a true first page header and content that compresses about as well as real WAL. */
public final class TestSegments {
    public static final int MIB = 1024 * 1024;
    public static final long SYSTEM_ID = 7_710_210_665_329_484_190L;

    private TestSegments() {}

    /**
     * @param timeline timeline in the header
     * @param startLsn position in the header, a multiple of the size
     * @param sizeBytes length of the segment
     * @return its content, the same for the same arguments
     */
    public static byte[] segment(int timeline, long startLsn, int sizeBytes) {
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
