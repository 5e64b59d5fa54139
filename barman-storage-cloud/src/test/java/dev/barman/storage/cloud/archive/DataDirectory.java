// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.wal.TestSegments;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** As much of a data directory as archiving looks at, with segments of 1 MiB. */
final class DataDirectory {
    private final Path root;

    DataDirectory(Path root) throws IOException {
        this.root = root;
        Files.createDirectories(root.resolve("pg_wal/archive_status"));
        cluster(TestSegments.SYSTEM_ID);
    }

    /** Says whose it is. */
    void cluster(long systemIdentifier) throws IOException {
        ByteBuffer control =
                ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN).putLong(0, systemIdentifier);
        Files.write(Files.createDirectories(root.resolve("global")).resolve("pg_control"), control.array());
    }

    static String name(int timeline, long number) {
        return String.format("%08X%08X%08X", timeline, number / 4096, number % 4096);
    }

    static byte[] content(int timeline, long number) {
        return TestSegments.segment(timeline, number * TestSegments.MIB, TestSegments.MIB);
    }

    Path wal(String name) {
        return root.resolve("pg_wal").resolve(name);
    }

    /** A complete segment, which is ready. */
    Path segment(int timeline, long number) throws IOException {
        String name = name(timeline, number);
        ready(name);
        return Files.write(wal(name), content(timeline, number));
    }

    Path file(String name, String content) throws IOException {
        ready(name);
        return Files.writeString(wal(name), content);
    }

    void ready(String name) throws IOException {
        Files.write(wal("archive_status").resolve(name + ".ready"), new byte[0]);
    }

    void notReady(String name) throws IOException {
        Files.deleteIfExists(wal("archive_status").resolve(name + ".ready"));
    }
}
