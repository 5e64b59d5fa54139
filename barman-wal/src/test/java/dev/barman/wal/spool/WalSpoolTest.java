// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.testing.SmallDisk;
import dev.barman.wal.TestSegments;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WalSpoolTest {
    private static final WalSegmentName THIRD = WalSegmentName.parse("000000010000000000000003");
    private static final byte[] SEGMENT = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);
    private static final long CLUSTER =
            WalPageHeader.parse(ByteBuffer.wrap(SEGMENT)).orElseThrow().systemIdentifier();

    @TempDir
    Path directory;

    private WalSpool spool;

    @BeforeEach
    void setUp() throws IOException {
        spool = new WalSpool(directory.resolve("base/host/main"), CLUSTER);
        spool.create(directory.resolve("base"));
    }

    private String receive(byte[] content) throws IOException {
        try (WalSpool.Incoming incoming = spool.begin(THIRD)) {
            for (int at = 0; at < content.length; at += 7000) {
                incoming.write(content, at, Math.min(7000, content.length - at));
            }
            return incoming.complete();
        }
    }

    private String[] files() {
        return spool.directory().toFile().list();
    }

    @Test
    void whatWasReceivedWholeIsFound() throws Exception {
        assertThat(spool.find(THIRD)).isNull();
        assertThat(receive(SEGMENT)).isNull();
        assertThat(spool.has(THIRD)).isTrue();
        assertThat(spool.find(THIRD)).hasBinaryContent(SEGMENT);
        assertThat(files()).containsExactly(THIRD.text());
    }

    @Test
    void moreThanASegmentIsNotWritten() throws Exception {
        byte[] longer = Arrays.copyOf(SEGMENT, SEGMENT.length + 7000);
        assertThatThrownBy(() -> receive(longer))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is longer than 1048576 bytes");
        assertThat(files()).isEmpty();
    }

    @Test
    void fullDiskLeavesNothingAndHindersNoLaterOne() throws Exception {
        assumeTrue(SmallDisk.isPossible(directory), "file systems cannot be mounted here");
        try (SmallDisk disk = SmallDisk.on(spool.directory(), "1536k")) {
            Path filling = Files.write(spool.directory().resolve("filling"), new byte[768 << 10]);
            assertThatThrownBy(() -> receive(SEGMENT)).isInstanceOf(IOException.class);
            assertThat(files()).containsExactly("filling");
            assertThat(spool.find(THIRD)).isNull();

            Files.delete(filling);
            assertThat(receive(SEGMENT)).isNull();
            assertThat(spool.find(THIRD)).hasBinaryContent(SEGMENT);
            assertThat(disk).isNotNull();
        }
    }

    @Test
    void whatDoesNotFitGetsNoName() throws Exception {
        assertThat(receive(Arrays.copyOf(SEGMENT, SEGMENT.length - 1))).contains("where its header announces");
        assertThat(receive(new byte[0])).contains("does not begin with the header");
        assertThat(receive(new byte[39])).contains("does not begin with the header");
        assertThat(receive(TestSegments.segment(1, 4L * TestSegments.MIB, TestSegments.MIB)))
                .contains("does not fit the name");
        assertThat(receive(TestSegments.segment(2, 3L * TestSegments.MIB, TestSegments.MIB)))
                .contains("does not fit the name");
        assertThat(receive(ofCluster(CLUSTER + 1))).contains("comes from another cluster");
        assertThat(files()).isEmpty();
    }

    private static byte[] ofCluster(long systemIdentifier) {
        byte[] segment = SEGMENT.clone();
        ByteBuffer.wrap(segment).order(java.nio.ByteOrder.LITTLE_ENDIAN).putLong(24, systemIdentifier);
        return segment;
    }

    @Test
    void whatIsBrokenOffLeavesNothing() throws Exception {
        try (WalSpool.Incoming incoming = spool.begin(THIRD)) {
            incoming.write(SEGMENT, 0, 100_000);
            assertThat(spool.has(THIRD)).isFalse();
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void whatWasDamagedMeanwhileIsNotHandedOutAndGoesAway() throws Exception {
        Path file = spool.directory().resolve(THIRD.text());
        for (byte[] damaged : new byte[][] {
            Arrays.copyOf(SEGMENT, SEGMENT.length / 2), new byte[SEGMENT.length], new byte[0], ofCluster(CLUSTER + 1)
        }) {
            Files.write(file, damaged);
            assertThat(spool.find(THIRD)).isNull();
            assertThat(file).doesNotExist();
        }
        Path elsewhere = Files.write(directory.resolve("elsewhere"), SEGMENT);
        Files.createSymbolicLink(file, elsewhere);
        assertThatThrownBy(() -> spool.find(THIRD)).isInstanceOf(IOException.class);
    }

    @Test
    void whatIsForgottenIsNotHandedOut() throws Exception {
        receive(SEGMENT);
        Path file = spool.directory().resolve(THIRD.text());
        long now = System.currentTimeMillis();
        Files.setLastModifiedTime(file, FileTime.fromMillis(now - WalSpool.MAX_AGE_MILLIS + 60_000));
        assertThat(spool.find(THIRD)).isNotNull();
        Files.setLastModifiedTime(file, FileTime.fromMillis(now - WalSpool.MAX_AGE_MILLIS - 1_000));
        assertThat(spool.find(THIRD)).isNull();
        assertThat(file).doesNotExist();
    }

    @Test
    void leftoversOfKilledWritersGoAway() throws Exception {
        receive(SEGMENT);
        Files.writeString(spool.directory().resolve("." + THIRD.text() + ".77.tmp"), "half");
        Files.writeString(spool.directory().resolve("prefetch.log"), "kept");
        Path old = Files.write(spool.directory().resolve("000000010000000000000001"), SEGMENT);
        Files.setLastModifiedTime(old, FileTime.fromMillis(1));

        spool.removeLeftovers();
        assertThat(files()).containsExactlyInAnyOrder(THIRD.text(), "prefetch.log");
        spool.clear();
        assertThat(files()).containsExactly("prefetch.log");
    }

    @Test
    void directoriesAreForTheOwnerAlone() throws Exception {
        for (String made : new String[] {"base", "base/host", "base/host/main"}) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(made))))
                    .isEqualTo("rwx------");
        }
    }

    @ParameterizedTest
    @CsvSource({"rwxrwx---", "rwx----w-"})
    void directoryThatOthersMayWriteToIsRefused(String mode) throws Exception {
        Files.setPosixFilePermissions(directory.resolve("base/host"), PosixFilePermissions.fromString(mode));
        assertThatThrownBy(() -> spool.create(directory.resolve("base")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("can be written to by other users");
        assertThatThrownBy(() -> WalSpool.requireOwn(directory.resolve("base/host")))
                .isInstanceOf(IOException.class);
    }

    @Test
    void linkInThePlaceOfADirectoryIsRefused() throws Exception {
        Path base = directory.resolve("other");
        Files.createDirectory(base, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createSymbolicLink(base.resolve("host"), directory.resolve("base/host"));
        WalSpool linked = new WalSpool(base.resolve("host/main"), CLUSTER);
        assertThatThrownBy(() -> linked.create(base))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is not a directory");
    }

    @Test
    void archivesClustersAndStandbysHaveDirectoriesOfTheirOwn() {
        Path base = Path.of("/spool");
        Path main = SpoolLocation.ofServer(base, "backup.example.com", "main");
        assertThat(main).isEqualTo(Path.of("/spool/backup.example.com/main"));
        Path standby = SpoolLocation.ofStandby(main, -1, Path.of("/data/a"));
        assertThat(standby.getParent()).isEqualTo(Path.of("/spool/backup.example.com/main/18446744073709551615"));
        assertThat(SpoolLocation.ofStandby(main, -1, Path.of("/data/b"))).isNotEqualTo(standby);
        assertThat(SpoolLocation.ofStandby(main, 1, Path.of("/data/a"))).isNotEqualTo(standby);
        // Whatever the names are, they stay below the base and apart.
        assertThat(SpoolLocation.ofServer(base, "../..", "a/b").toString()).startsWith("/spool/_");
        assertThat(SpoolLocation.ofServer(base, "a/b", "x").getNameCount()).isEqualTo(3);
        assertThat(SpoolLocation.ofServer(base, "a/b", "x")).isNotEqualTo(SpoolLocation.ofServer(base, "a_b", "x"));
        assertThat(SpoolLocation.ofServer(base, "", "x").getNameCount()).isEqualTo(3);
    }
}
