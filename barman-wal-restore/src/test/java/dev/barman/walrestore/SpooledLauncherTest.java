// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.wal.TestSegments;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.spool.SpoolLocation;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher's way around Java: taken for what WalSpool would hand out, and for nothing else. */
@EnabledOnOs(OS.LINUX)
class SpooledLauncherTest {
    private static final Path MODULE = Path.of("").toAbsolutePath();
    private static final int JAVA_WAS_ASKED = 3;
    private static final String WAL = "000000010000000000000003";
    private static final byte[] SEGMENT = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);

    @TempDir
    Path directory;

    private Path launcher;
    private Path java;
    private Path base;
    private Path standby;
    private WalSpool spool;

    @BeforeEach
    void setUp() throws IOException {
        Path distribution = directory.resolve("dist");
        copy(MODULE.resolve("src/main/launcher"), distribution);
        copy(MODULE.resolve("../packaging/lib"), distribution.resolve("lib"));
        launcher = distribution.resolve("bin/barman-wal-restore");
        java = Files.writeString(directory.resolve("java"), "#!/bin/sh\nexit " + RestoreExit.BAD_REQUEST + "\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        base = directory.resolve("walrestore");
        standby = Files.createDirectories(directory.toRealPath().resolve("pg-data_15/main.1"));
        Files.createDirectories(standby.resolve("pg_wal"));
        Files.createDirectories(standby.resolve("global"));
        cluster(TestSegments.SYSTEM_ID);
        spool = new WalSpool(
                SpoolLocation.ofStandby(SpoolLocation.ofServer(base, "host", "main"), TestSegments.SYSTEM_ID, standby),
                TestSegments.SYSTEM_ID);
        spool.create(base);
        put(SEGMENT);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    private void cluster(long systemIdentifier) throws IOException {
        ByteBuffer control = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
        control.putLong(systemIdentifier);
        Files.write(standby.resolve("global/pg_control"), control.array());
    }

    private Path entry() {
        return spool.directory().resolve(WAL);
    }

    private void put(byte[] content) throws IOException {
        Files.write(entry(), content);
    }

    private Path destination() {
        return standby.resolve("pg_wal/RECOVERYXLOG");
    }

    private int run(String... arguments) throws Exception {
        List<String> argv = new ArrayList<>(List.of(launcher.toString()));
        argv.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(argv).directory(standby.toFile());
        builder.environment().put("BARMAN_JAVA", java.toString());
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(directory.resolve("output")).isEmptyFile();
        return process.exitValue();
    }

    private int restore() throws Exception {
        return run("-p", "8", "--spool-dir", base.toString(), "host", "main", WAL, "pg_wal/RECOVERYXLOG");
    }

    private void assertLeftToJava() throws Exception {
        assertThat(restore()).isEqualTo(JAVA_WAS_ASKED);
        assertThat(destination()).doesNotExist();
        assertThat(entry()).exists();
    }

    @Test
    void whatLiesReadyIsDeliveredWithoutJava() throws Exception {
        assertThat(restore()).isZero();
        assertThat(destination()).hasBinaryContent(SEGMENT);
        assertThat(spool.directory()).isEmptyDirectory();
        assertThat(restore()).as("nothing there").isEqualTo(JAVA_WAS_ASKED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-p8 --spool-dir=BASE host main WAL pg_wal/RECOVERYXLOG",
                "-U bob --port 22 -c /etc/x.conf -P -s 3 --parallel=4 --spool-dir BASE host main WAL pg_wal/RECOVERYXLOG",
                "host main WAL pg_wal/RECOVERYXLOG --user=bob --config=x --parallel 16 --spool-dir BASE --keep-compression"
                        + " --local-command=x --outage-timeout forever",
            })
    void optionsAreUnderstood(String line) throws Exception {
        assertThat(run(words(line))).isZero();
        assertThat(destination()).hasBinaryContent(SEGMENT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--spool-dir BASE host main WAL pg_wal/RECOVERYXLOG",
                "-p 0 --spool-dir BASE host main WAL pg_wal/RECOVERYXLOG",
                "-p 1 --spool-dir BASE host main WAL pg_wal/RECOVERYXLOG",
                "-p x --spool-dir BASE host main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE host main WAL pg_wal/RECOVERYXLOG more",
                "-p 8 --spool-dir BASE host main WAL",
                "-p 8 --spool-dir BASE other main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE host other WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE host ../main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE host main 00000002.history pg_wal/RECOVERYHISTORY",
                "-p 8 --spool-dir BASE host main WAL.partial pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE host main WAL pg_wal",
                "-p 8 --spool-dir BASE host main WAL missing/RECOVERYXLOG",
                "-p 8 --spool-dir BASE host main WAL",
                "-p 8 --spool-dir BASE --test host main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE -z host main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE --unknown host main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-di BASE host main WAL pg_wal/RECOVERYXLOG",
                "host main WAL pg_wal/RECOVERYXLOG -p 8 --spool-dir",
                "",
            })
    void everythingElseIsLeftToJava(String line) throws Exception {
        assertThat(run(words(line))).isEqualTo(JAVA_WAS_ASKED);
        assertThat(destination()).doesNotExist();
        assertThat(entry()).exists();
    }

    private String[] words(String line) {
        return line.isEmpty()
                ? new String[0]
                : line.replace("BASE", base.toString())
                        .replace(" WAL", " " + WAL)
                        .split(" ");
    }

    /** Every byte that the header check of WalSegmentCheck looks at. */
    @ParameterizedTest
    @CsvSource({"1", "2", "4", "8", "10", "12", "24", "31", "32", "35"})
    void headerThatDoesNotFitIsLeftToJava(int at) throws Exception {
        byte[] other = SEGMENT.clone();
        other[at] ^= at == 2 ? 2 : at == 10 ? 0x10 : 0x40;
        put(other);
        assertThat(spool.find(WalSegmentName.parse(WAL)))
                .as("what Java thinks of it")
                .isNull();
        put(other);
        assertLeftToJava();
    }

    @Test
    void otherSizeIsLeftToJava() throws Exception {
        put(Arrays.copyOf(SEGMENT, SEGMENT.length - 1));
        assertLeftToJava();
        put(Arrays.copyOf(SEGMENT, SEGMENT.length + 1));
        assertLeftToJava();
        put(new byte[0]);
        assertLeftToJava();
    }

    @Test
    void dashInThePlaceOfAHostIsAWord() throws Exception {
        WalSpool other = new WalSpool(
                SpoolLocation.ofStandby(SpoolLocation.ofServer(base, "-", "main"), TestSegments.SYSTEM_ID, standby),
                TestSegments.SYSTEM_ID);
        other.create(base);
        Files.move(entry(), other.directory().resolve(WAL));
        assertThat(run("-p", "8", "--spool-dir", base.toString(), "-", "main", WAL, "pg_wal/RECOVERYXLOG"))
                .isZero();
        assertThat(destination()).hasBinaryContent(SEGMENT);
    }

    @Test
    void newerTimelineInTheHeaderIsLeftToJavaAndAnOlderOneIsNot() throws Exception {
        put(TestSegments.segment(2, 3L * TestSegments.MIB, TestSegments.MIB));
        assertLeftToJava();
        String later = "00000003" + WAL.substring(8);
        Files.move(entry(), spool.directory().resolve(later));
        assertThat(run("-p", "8", "--spool-dir", base.toString(), "host", "main", later, "pg_wal/RECOVERYXLOG"))
                .isZero();
    }

    @Test
    void positionsBeyondTheFirstLogAreComputedRightly() throws Exception {
        String far = "0000000A000000FE00000FFF";
        byte[] segment = TestSegments.segment(1, (0xFEL << 32) + 0xFFFL * TestSegments.MIB, TestSegments.MIB);
        Files.write(spool.directory().resolve(far), segment);
        String[] arguments = {"-p", "8", "--spool-dir", base.toString(), "host", "main", far, "pg_wal/RECOVERYXLOG"};
        assertThat(run(arguments)).isZero();
        assertThat(destination()).hasBinaryContent(segment);

        // The same position with a segment number that no log has.
        String wrong = "0000000A000000FD00001FFF";
        Files.write(spool.directory().resolve(wrong), segment);
        arguments[6] = wrong;
        assertThat(run(arguments)).isEqualTo(JAVA_WAS_ASKED);
    }

    @Test
    void otherClusterIsLeftToJava() throws Exception {
        cluster(TestSegments.SYSTEM_ID + 1);
        assertLeftToJava();
        Files.delete(standby.resolve("global/pg_control"));
        assertLeftToJava();
    }

    @Test
    void clusterWithAnIdentifierOf64BitsIsServed() throws Exception {
        cluster(-2);
        WalSpool large =
                new WalSpool(SpoolLocation.ofStandby(SpoolLocation.ofServer(base, "host", "main"), -2, standby), -2);
        large.create(base);
        byte[] segment = SEGMENT.clone();
        ByteBuffer.wrap(segment).order(ByteOrder.LITTLE_ENDIAN).putLong(24, -2);
        Files.write(large.directory().resolve(WAL), segment);
        assertThat(restore()).isZero();
    }

    @Test
    void forgottenEntryIsLeftToJava() throws Exception {
        long old = System.currentTimeMillis() - WalSpool.MAX_AGE_MILLIS - 5_000;
        Files.setLastModifiedTime(entry(), FileTime.fromMillis(old));
        assertLeftToJava();
    }

    @Test
    void directoryThatOthersMayUseIsLeftToJava() throws Exception {
        Files.setPosixFilePermissions(spool.directory(), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertLeftToJava();
    }

    @Test
    void linksAreLeftToJava() throws Exception {
        Path elsewhere = directory.resolve("elsewhere");
        Files.move(entry(), elsewhere);
        Files.createSymbolicLink(entry(), elsewhere);
        assertLeftToJava();
        Files.delete(entry());
        Files.move(elsewhere, entry());
        Path moved = directory.resolve("moved");
        Files.move(spool.directory(), moved);
        Files.createSymbolicLink(spool.directory(), moved);
        assertLeftToJava();
    }

    @Test
    void whatLiesOnAnotherFileSystemIsCopied() throws Exception {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory) && !Files.getFileStore(memory).equals(Files.getFileStore(directory)));
        Path other = Files.createTempDirectory(memory, "walrestore");
        WalSpool elsewhere = new WalSpool(
                SpoolLocation.ofStandby(SpoolLocation.ofServer(other, "host", "main"), TestSegments.SYSTEM_ID, standby),
                TestSegments.SYSTEM_ID);
        try {
            elsewhere.create(other);
            Files.write(elsewhere.directory().resolve(WAL), SEGMENT);
            assertThat(run("-p", "8", "--spool-dir", other.toString(), "host", "main", WAL, "pg_wal/RECOVERYXLOG"))
                    .isZero();
            assertThat(destination()).hasBinaryContent(SEGMENT);
            assertThat(standby.resolve("pg_wal").toFile().list()).containsExactly("RECOVERYXLOG");
            assertThat(elsewhere.directory()).isEmptyDirectory();
        } finally {
            for (Path path = elsewhere.directory(); !path.equals(memory); path = path.getParent()) {
                Files.delete(path);
            }
        }
    }

    private CompletableFuture<Integer> restoreWaiting() throws Exception {
        Path aside = directory.resolve("aside");
        Files.move(entry(), aside);
        CompletableFuture<Integer> restored = CompletableFuture.supplyAsync(() -> {
            try {
                return restore();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        Thread.sleep(300);
        return restored;
    }

    @Test
    void whatALivingProcessHasAskedForIsWaitedFor() throws Exception {
        Files.createFile(spool.directory().resolve("coming." + WAL));
        Files.writeString(
                spool.directory().resolve("prefetch.lock"),
                ProcessHandle.current().pid() + "\n");
        CompletableFuture<Integer> restored = restoreWaiting();
        assertThat(restored).isNotDone();
        Files.move(directory.resolve("aside"), entry());
        assertThat(restored.get(20, TimeUnit.SECONDS)).isZero();
        assertThat(destination()).hasBinaryContent(SEGMENT);
    }

    @Test
    void whatDoesNotComeAfterAllIsLeftToJava() throws Exception {
        Path coming = Files.createFile(spool.directory().resolve("coming." + WAL));
        Files.writeString(
                spool.directory().resolve("prefetch.lock"),
                ProcessHandle.current().pid() + "\n");
        CompletableFuture<Integer> restored = restoreWaiting();
        assertThat(restored).isNotDone();
        Files.delete(coming);
        assertThat(restored.get(20, TimeUnit.SECONDS)).isEqualTo(JAVA_WAS_ASKED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"4194305\n", "", "x\n", "-1\n"})
    void nobodyWaitsForAProcessThatIsNoMore(String lock) throws Exception {
        Files.createFile(spool.directory().resolve("coming." + WAL));
        Files.writeString(spool.directory().resolve("prefetch.lock"), lock);
        assertThat(restoreWaiting().get(5, TimeUnit.SECONDS)).isEqualTo(JAVA_WAS_ASKED);
    }

    @Test
    void dataDirectoryIsFoundThroughALinkToo() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("link"), standby);
        ProcessBuilder builder = new ProcessBuilder(
                "sh",
                "-c",
                "cd \"$1\" && shift && exec \"$@\"",
                "sh",
                link.toString(),
                launcher.toString(),
                "-p8",
                "--spool-dir",
                base.toString(),
                "host",
                "main",
                WAL,
                "pg_wal/RECOVERYXLOG");
        builder.environment().put("BARMAN_JAVA", java.toString());
        assertThat(builder.inheritIO().start().waitFor()).isZero();
        assertThat(destination()).hasBinaryContent(SEGMENT);
    }
}
