// SPDX-License-Identifier: Apache-2.0
package dev.barman.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.object.MemoryObjectStore;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.storage.SampleWals;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs do what their documentation says. */
class ExamplesTest {
    private static final WalSegmentSize MIB = WalSegmentSize.of(1024 * 1024);

    @TempDir
    Path directory;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    private String printed() {
        String text = printed.toString(StandardCharsets.UTF_8);
        printed.reset();
        return text;
    }

    private PrintStream out() {
        return new PrintStream(printed, true, StandardCharsets.UTF_8);
    }

    private Path segment(String name) throws Exception {
        return Files.write(
                directory.resolve(name), SampleWals.segment(WalSegmentName.parse(name), MIB, SampleWals.SYSTEM_ID));
    }

    @Test
    void archivedSegmentsAreReportedWithTheirGaps() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        for (String name : List.of(
                "000000010000000000000FFE",
                "000000010000000000000FFF",
                "000000010000000100000002",
                "000000020000000100000002")) {
            assertThat(ArchiveOneWal.archive(archive, segment(name), out())).isTrue();
            assertThat(printed()).startsWith("stored " + name + ": 1048576 bytes as ");
        }
        Path history = Files.writeString(directory.resolve("00000002.history"), "1\t1/200000\tno reason\n");
        assertThat(ArchiveOneWal.archive(archive, history, out())).isTrue();
        printed();

        XlogDb index = new XlogDb(archive.resolve("example-xlog.db"));
        WalArchiveReport.print(index, MIB, out());

        long[] bytes = new long[2];
        index.scan(line -> {
            if (line.isPlainSegment()) {
                bytes[line.timeline() == 1 ? 0 : 1] += line.sizeBytes();
            }
            return true;
        });
        assertThat(printed())
                .isEqualTo("timeline 1: 000000010000000000000FFE to 000000010000000100000002\n  3 segments, " + bytes[0]
                        + " bytes stored\n  missing: 000000010000000100000000 to 000000010000000100000001\n"
                        + "timeline 2: 000000020000000100000002 to 000000020000000100000002\n  1 segments, " + bytes[1]
                        + " bytes stored\n1 histories, backup labels and partial segments\n");
    }

    @Test
    void archivingTwiceIsSuccessAndOtherContentIsRefused() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        Path wal = segment("000000010000000000000001");

        assertThat(ArchiveOneWal.archive(archive, wal, out())).isTrue();
        printed();
        assertThat(ArchiveOneWal.archive(archive, wal, out())).isTrue();
        assertThat(printed()).isEqualTo("000000010000000000000001 was there already\n");

        byte[] other = Files.readAllBytes(wal);
        other[500_000] ^= 1;
        Files.write(wal, other);
        assertThat(ArchiveOneWal.archive(archive, wal, out())).isFalse();
        assertThat(printed()).isEqualTo("000000010000000000000001 is in the archive with another content\n");
    }

    @Test
    void bucketGetsTheFileAndThoseBehindIt() throws Exception {
        Path data = directory.resolve("data");
        Path wal = Files.createDirectories(data.resolve("pg_wal"));
        Files.createDirectory(wal.resolve("archive_status"));
        ByteBuffer control = ByteBuffer.allocate(8192)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0, Long.parseUnsignedLong(SampleWals.SYSTEM_ID));
        Files.write(Files.createDirectory(data.resolve("global")).resolve("pg_control"), control.array());
        List<String> names =
                List.of("000000010000000000000001", "000000010000000000000002", "000000010000000000000003");
        for (String name : names) {
            Files.move(segment(name), wal.resolve(name));
            Files.createFile(wal.resolve("archive_status").resolve(name + ".ready"));
        }
        MemoryObjectStore bucket = new MemoryObjectStore();
        CloudLocation location = CloudLocation.parse("s3://bucket/path", CloudProvider.AWS_S3);
        Path state = directory.resolve("state");

        for (String name : names) {
            assertThat(ArchiveToBucket.archive(() -> bucket, location, "main", state, wal.resolve(name), out()))
                    .isTrue();
        }

        // The calls for the second and the third had nothing to do.
        assertThat(printed())
                .isEqualTo(
                        names.get(0) + ": Archived\n" + names.get(1) + ": Archived\n" + names.get(2) + ": Archived\n");
        assertThat(bucket.listAll("path/main/wals/"))
                .hasSize(3)
                .allMatch(object -> object.key().value().endsWith(".zst"));
        assertThat(new XlogDb(state.resolve("main-xlog.db")).entries()).hasSize(3);
    }
}
