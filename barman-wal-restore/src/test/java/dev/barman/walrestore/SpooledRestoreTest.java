// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.args.ArgumentParser;
import dev.barman.file.LockFile;
import dev.barman.process.OwnProcess;
import dev.barman.wal.TestSegments;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.prefetch.PrefetchStart;
import dev.barman.wal.prefetch.SpooledRestore;
import dev.barman.wal.restore.Callers;
import dev.barman.wal.restore.RestoreException;
import dev.barman.wal.spool.PrefetchRequests;
import dev.barman.wal.spool.SpoolLocation;
import dev.barman.wal.spool.WalSpool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SpooledRestoreTest {
    private static final String WAL = "000000010000000000000003";
    private static final WalSegmentName NAME = WalSegmentName.parse(WAL);
    private static final byte[] SEGMENT = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);

    @TempDir
    Path directory;

    private FakeBarman barman;
    private Path base;
    private Path standby;
    private Path destination;
    private Path background;
    private BarmanConnection connection;
    private WalSpool spool;
    private PrefetchRequests requests;
    private String err = "";

    @BeforeEach
    void setUp() throws Exception {
        barman = new FakeBarman(directory).does("cat \"$D/answer\"");
        Files.write(barman.file("answer"), SEGMENT);
        base = directory.resolve("walrestore");
        standby = Files.createDirectory(directory.resolve("data"));
        destination = standby.resolve("RECOVERYXLOG");
        background = script(
                "background",
                "pwd >\"" + directory + "/started\"; printf '%s\\n' \"$@\" >>\"" + directory
                        + "/started\"; exec sleep 1");
        ArgumentParser parser = new ArgumentParser("test", "");
        BarmanConnection.declareOptions(parser);
        connection = BarmanConnection.from(parser.parse(
                new String[] {"--local-command", barman.command(), "--config=/etc/x.conf", "host", "main"}));
        spool = new WalSpool(
                SpoolLocation.ofStandby(SpoolLocation.ofServer(base, "host", "main"), TestSegments.SYSTEM_ID, standby),
                TestSegments.SYSTEM_ID);
        requests = new PrefetchRequests(spool.directory());
    }

    private Path script(String name, String text) throws IOException {
        Path script = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script;
    }

    private void restore(String name, OptionalLong systemIdentifier, boolean partial) throws RestoreException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream errors = new PrintStream(bytes, true);
        try {
            List<String> options = partial ? List.of("--partial") : List.of();
            PrefetchStart prefetch =
                    PrefetchProcess.of(List.of(background.toString()), connection, "main", 8, List.of());
            Callers callers = Callers.now();
            new SpooledRestore(
                            base,
                            SpoolLocation.ofServer(base, "host", "main"),
                            standby,
                            systemIdentifier,
                            prefetch,
                            new WalRestoreClient(connection, "main", options, systemIdentifier, callers, errors),
                            callers,
                            warning -> errors.println("WARNING: " + warning))
                    .restore(name, destination.toString(), partial);
        } finally {
            err = bytes.toString(StandardCharsets.UTF_8);
        }
    }

    private int restore(String name) {
        try {
            restore(name, OptionalLong.of(TestSegments.SYSTEM_ID), false);
            return 0;
        } catch (RestoreException e) {
            return RestoreExit.of(e);
        }
    }

    private void put(byte[] content) throws IOException {
        spool.create(base);
        Files.write(spool.directory().resolve(WAL), content);
    }

    private boolean wasAsked() {
        return Files.exists(barman.file("args"));
    }

    private String started() throws Exception {
        Path file = directory.resolve("started");
        for (int i = 0;
                i < 500 && !(Files.exists(file) && Files.readString(file).endsWith(WAL + "\n"));
                i++) {
            Thread.sleep(10);
        }
        return Files.readString(file);
    }

    @Test
    void whatLiesReadyIsMovedAndNobodyIsAsked() throws Exception {
        put(SEGMENT);

        assertThat(restore(WAL)).as(err).isZero();
        assertThat(destination).hasBinaryContent(SEGMENT);
        assertThat(spool.directory().toFile().list()).isEmpty();
        assertThat(standby.toFile().list()).containsExactly("RECOVERYXLOG");
        assertThat(wasAsked()).isFalse();
        assertThat(err).isEmpty();
    }

    @Test
    void whatLiesOnAnotherFileSystemIsCopied() throws Exception {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory) && !Files.getFileStore(memory).equals(Files.getFileStore(directory)));
        base = Files.createTempDirectory(memory, "walrestore");
        try {
            spool = new WalSpool(
                    SpoolLocation.ofStandby(
                            SpoolLocation.ofServer(base, "host", "main"), TestSegments.SYSTEM_ID, standby),
                    TestSegments.SYSTEM_ID);
            put(SEGMENT);
            Files.writeString(destination, "old");

            assertThat(restore(WAL)).as(err).isZero();
            assertThat(destination).hasBinaryContent(SEGMENT);
            assertThat(standby.toFile().list()).containsExactly("RECOVERYXLOG");
            assertThat(spool.directory().toFile().list()).isEmpty();
            assertThat(wasAsked()).isFalse();
        } finally {
            for (Path path : new Path[] {
                spool.directory(), spool.directory().getParent(), base.resolve("host/main"), base.resolve("host"), base
            }) {
                Files.delete(path);
            }
        }
    }

    @Test
    void whatDoesNotFitIsFetchedAgain() throws Exception {
        for (byte[] unfit : List.of(
                Arrays.copyOf(SEGMENT, SEGMENT.length / 2),
                TestSegments.segment(1, 4L * TestSegments.MIB, TestSegments.MIB))) {
            put(unfit);
            assertThat(restore(WAL)).as(err).isZero();
            assertThat(destination).hasBinaryContent(SEGMENT);
            assertThat(wasAsked()).isTrue();
            Files.delete(barman.file("args"));
        }
    }

    @Test
    void afterTheFirstMissABackgroundProcessGoesOnBehind() throws Exception {
        // Gone before the background process looks: it is told whose end is its own.
        Files.writeString(standby.resolve("postmaster.pid"), "4242\n/data\n");
        barman.does("cat \"$D/answer\"", "rm '" + standby + "/postmaster.pid'");
        assertThat(restore(WAL)).as(err).isZero();

        assertThat(destination).hasBinaryContent(SEGMENT);
        assertThat(started())
                .isEqualTo(String.join(
                                "\n",
                                spool.directory().toString(),
                                "--directory",
                                spool.directory().toString(),
                                "--system-id",
                                Long.toUnsignedString(TestSegments.SYSTEM_ID),
                                "--segment-size",
                                "1048576",
                                "--standby",
                                standby.toString(),
                                "--postmaster",
                                "4242",
                                "--parallel",
                                "8",
                                "--user=barman",
                                "--config=/etc/x.conf",
                                "--local-command="
                                        + ShellWords.quote(
                                                barman.file("fake-barman").toString()),
                                "--",
                                "host",
                                "main",
                                WAL)
                        + "\n");
        assertThat(requests.isServed()).as("announced").isTrue();
    }

    @Test
    void segmentOfAnotherClusterIsNotDelivered() {
        RestoreException failure =
                catchThrowableOfType(RestoreException.class, () -> restore(WAL, OptionalLong.of(42), false));
        assertThat(failure.isDuringTransfer()).isTrue();
        assertThat(RestoreExit.of(failure)).isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(failure).hasMessageContaining("and this one has 42");
        assertThat(destination).doesNotExist();
    }

    @Test
    void outsideOfADataDirectoryTheFirstFileTellsTheCluster() throws Exception {
        restore(WAL, OptionalLong.empty(), false);
        assertThat(base.resolve("host/main/system-id")).hasContent(Long.toUnsignedString(TestSegments.SYSTEM_ID));
        Files.delete(barman.file("args"));
        put(SEGMENT);

        restore(WAL, OptionalLong.empty(), false);
        assertThat(destination).hasBinaryContent(SEGMENT);
        assertThat(wasAsked()).isFalse();

        // The cluster was created anew.
        started();
        Files.delete(directory.resolve("started"));
        Files.writeString(base.resolve("host/main/system-id"), "42");
        restore(WAL, OptionalLong.empty(), false);
        started();
        assertThat(base.resolve("host/main/system-id")).hasContent(Long.toUnsignedString(TestSegments.SYSTEM_ID));
    }

    @Test
    void absenceStartsNothing() throws Exception {
        barman.does("echo \"ERROR: WAL file '" + WAL + "' not found in server 'main'\" >&2", "exit 1");
        assertThat(restore(WAL)).isEqualTo(RestoreExit.ABSENT);
        assertThat(base).doesNotExist();
    }

    @Test
    void whatIsOnItsWayIsWaitedForAndNotAskedForTwice() throws Exception {
        spool.create(base);
        try (LockFile lock = LockFile.tryAcquire(requests.lockFile())) {
            CompletableFuture<Integer> restored = CompletableFuture.supplyAsync(() -> restore(WAL));
            for (int i = 0; i < 500 && requests.wants().isEmpty(); i++) {
                Thread.sleep(5);
            }
            assertThat(requests.wants())
                    .containsExactly(new PrefetchRequests.Want(Long.toString(OwnProcess.pid()), NAME));
            assertThat(restored).isNotDone();
            try (WalSpool.Incoming incoming = spool.begin(NAME)) {
                incoming.write(SEGMENT, 0, SEGMENT.length);
                assertThat(incoming.complete()).isNull();
            }
            assertThat(restored.get(20, TimeUnit.SECONDS)).isZero();
            assertThat(lock.path()).exists();
        }
        assertThat(destination).hasBinaryContent(SEGMENT);
        assertThat(wasAsked()).isFalse();
        assertThat(requests.wants()).isEmpty();
        assertThat(directory.resolve("started")).doesNotExist();
    }

    @Test
    void answerAboutAnotherSegmentIsNone() throws Exception {
        spool.create(base);
        long process = OwnProcess.pid();
        requests.answer(new PrefetchRequests.Want(Long.toString(process), NAME), PrefetchRequests.Answer.ABSENT);
        assertThat(requests.answer(process, NAME)).isEqualTo(PrefetchRequests.Answer.ABSENT);
        assertThat(requests.answer(process, NAME.next(WalSegmentSize.of(TestSegments.MIB))))
                .isNull();
    }

    /** Runs a restore, and answers its question as a background process would. */
    private int restoreAnswered(PrefetchRequests.Answer answer, boolean partial) throws Exception {
        spool.create(base);
        try (LockFile lock = LockFile.tryAcquire(requests.lockFile())) {
            CompletableFuture<Integer> restored = CompletableFuture.supplyAsync(() -> {
                try {
                    restore(WAL, OptionalLong.of(TestSegments.SYSTEM_ID), partial);
                    return 0;
                } catch (RestoreException e) {
                    return RestoreExit.of(e);
                }
            });
            for (int i = 0; i < 500 && requests.wants().isEmpty(); i++) {
                Thread.sleep(5);
            }
            requests.answer(requests.wants().get(0), answer);
            int code = restored.get(20, TimeUnit.SECONDS);
            assertThat(lock.path()).exists();
            return code;
        }
    }

    @Test
    void backgroundProcessThatAskedAfterwardsMaySayThatTheFileIsAbsent() throws Exception {
        assertThat(restoreAnswered(PrefetchRequests.Answer.ABSENT, false)).isEqualTo(RestoreExit.ABSENT);
        assertThat(wasAsked()).isFalse();
        assertThat(spool.directory().toFile().list()).containsExactly("prefetch.lock");
    }

    @Test
    void whereAPartialSegmentWillDoTheServerIsAskedForIt() throws Exception {
        assertThat(restoreAnswered(PrefetchRequests.Answer.ABSENT, true)).isZero();
        assertThat(barman.args()).contains("--partial");
    }

    @Test
    void whereTheBackgroundProcessCannotHelpTheServerIsAsked() throws Exception {
        assertThat(restoreAnswered(PrefetchRequests.Answer.ASK_YOURSELF, false)).isZero();
        assertThat(destination).hasBinaryContent(SEGMENT);
        // It is still there; another one would find its lock taken.
        assertThat(directory.resolve("started")).doesNotExist();
    }

    @Test
    void backgroundProcessThatDiesIsNotWaitedFor() throws Exception {
        spool.create(base);
        CompletableFuture<Integer> restored;
        LockFile lock = LockFile.tryAcquire(requests.lockFile());
        try {
            restored = CompletableFuture.supplyAsync(() -> restore(WAL));
            for (int i = 0; i < 500 && requests.wants().isEmpty(); i++) {
                Thread.sleep(5);
            }
        } finally {
            lock.close();
        }
        assertThat(restored.get(20, TimeUnit.SECONDS)).isZero();
        assertThat(destination).hasBinaryContent(SEGMENT);
        assertThat(wasAsked()).isTrue();
        assertThat(started()).endsWith(WAL + "\n");
    }

    @Test
    void questionForAHistoryEmptiesTheSpoolAndStopsTheBackgroundProcess() throws Exception {
        put(SEGMENT);
        Files.writeString(barman.file("answer"), "1\t0/3000000\tno reason\n");
        try (LockFile lock = LockFile.tryAcquire(requests.lockFile())) {
            assertThat(restore("00000002.history")).as(err).isZero();
            assertThat(lock.path()).exists();
        }
        assertThat(destination).hasContent("1\t0/3000000\tno reason\n");
        assertThat(requests.isAskedToStop()).isTrue();
        assertThat(spool.has(NAME)).isFalse();
        assertThat(directory.resolve("started")).doesNotExist();
    }

    @Test
    void spoolThatCannotBeTrustedIsNotUsed() throws Exception {
        put(TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB));
        Files.setPosixFilePermissions(spool.directory(), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(restore(WAL)).as(err).isZero();
        assertThat(err).startsWith("WARNING: nothing is fetched ahead").contains("can be written to by other users");
        assertThat(wasAsked()).isTrue();
        assertThat(directory.resolve("started")).doesNotExist();
    }

    @Test
    void backgroundProcessThatCannotBeStartedCostsOnlyAWarning() throws Exception {
        background = directory.resolve("missing");
        assertThat(restore(WAL)).as(err).isZero();
        assertThat(err).startsWith("WARNING: nothing is fetched ahead");
        assertThat(requests.isServed()).isFalse();
    }

    @Test
    void destinationThatIsADirectoryIsABadRequestForAHitToo() throws Exception {
        put(SEGMENT);
        Files.createDirectory(destination);
        assertThat(restore(WAL)).isEqualTo(RestoreExit.BAD_REQUEST);
        assertThat(spool.has(NAME)).isTrue();
    }
}
