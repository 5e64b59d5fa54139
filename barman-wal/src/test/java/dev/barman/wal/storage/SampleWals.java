// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.compress.CompressionDetector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Random;

/** Files that look like WAL, for tests. */
public final class SampleWals {
    /** A modification time with all the digits a file system keeps. */
    public static final Instant MODIFIED = Instant.ofEpochSecond(1795173362L, 569609123L);

    /** The cluster the segments belong to if nothing else is said. */
    public static final String SYSTEM_ID = "7710210665329484190";

    private SampleWals() {}

    /** Bytes that compress by about a half and differ for every seed. */
    public static byte[] content(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        for (int i = 0; i < length; i++) {
            bytes[i] &= 0x2F;
        }
        return bytes;
    }

    /** A complete segment of a cluster: the first page's header, then {@link #content}. */
    public static byte[] segment(WalSegmentName name, WalSegmentSize size, String systemId) {
        byte[] bytes = content(name.text().hashCode(), (int) size.bytes());
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(0, (short) 0xD110)
                .putShort(2, (short) 0x0002)
                .putInt(4, (int) name.timeline().value())
                .putLong(8, name.startLsn(size).value())
                .putInt(16, 0)
                .putInt(20, 0)
                .putLong(24, Long.parseUnsignedLong(systemId))
                .putInt(32, (int) size.bytes())
                .putInt(36, 8192);
        return bytes;
    }

    /** Writes a new file, in the place of an old one if there is one, with the modification time {@link #MODIFIED}. */
    public static Path write(Path directory, String name, byte[] content) throws IOException {
        Path file = directory.resolve(name);
        Files.deleteIfExists(file);
        Files.write(file, content);
        Files.setLastModifiedTime(file, FileTime.from(MODIFIED));
        return file;
    }

    /** Describes a file as an archiver would. */
    public static WalToStore describe(Path file) throws IOException {
        return WalToStore.of(
                WalFileName.parse(String.valueOf(file.getFileName())), file, CompressionDetector.STANDARD.detect(file));
    }

    /** The n-th segment of timeline 1, counted from 0, at 16 MiB a segment. */
    public static String name(int n) {
        return String.format("00000001%08X%08X", n / 256, n % 256);
    }
}
