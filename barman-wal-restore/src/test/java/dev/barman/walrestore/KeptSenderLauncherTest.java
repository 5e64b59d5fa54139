// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.wal.TestSegments;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.archive.LastArchivedCache;
import dev.barman.wal.archive.ReadySegment;
import dev.barman.wal.archive.StateDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher of {@code barman-wal-archive --keep-connection} does with a background process, or what looks like one. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KeptSenderLauncherTest {
    private static final Path MODULE = Path.of("").toAbsolutePath();
    private static final int MIB = TestSegments.MIB;
    private static final String FIRST = "000000010000000000000003";
    private static final String WANTED = "000000010000000000000004";
    private static final String UNRECORDED = "000000010000000000000005";
    private static final String LOCAL = "/bin/cat -q";
    /** Of a script in the place of Java. */
    private static final int ASKED_JAVA = 42;

    @TempDir
    Path directory;

    private Path data;
    private Path state;
    private LastArchivedCache cache;
    private Process sender;

    @BeforeEach
    void setUp() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/stat")), "needs /proc and GNU stat");
        // The distribution, the data directory and the state directory have spaces in their paths.
        directory = Files.createDirectory(directory.toRealPath().resolve("in a directory"));
        data = directory.resolve("data");
        state = directory.resolve("state");
        Files.createDirectories(data.resolve("pg_wal/archive_status"));
        Files.createDirectory(data.resolve("global"));
        ByteBuffer control =
                ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN).putLong(0, TestSegments.SYSTEM_ID);
        Files.write(data.resolve("global/pg_control"), control.array());
        for (int number = 3; number <= 5; number++) {
            Files.write(
                    data.resolve("pg_wal").resolve("0000000100000000%08X".formatted(number)),
                    TestSegments.segment(1, (long) number * MIB, MIB));
        }
        String destination =
                new BarmanConnection("host", "barman", null, null, ShellWords.split(LOCAL)).destination("my-server");
        cache = new LastArchivedCache(new StateDirectory(state), destination, Duration.ofSeconds(5), text -> {});
        assertThat(cache.prepare()).isTrue();
        record(FIRST);
        sender = new ProcessBuilder("sleep", "60").start();
        Path java = executable("java", "exit " + ASKED_JAVA);
        assertThat(java).exists();
    }

    @AfterEach
    void endSender() throws Exception {
        sender.destroyForcibly().waitFor();
    }

    private Path executable(String name, String script) throws IOException {
        Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    private void record(String name) throws IOException {
        cache.add(List.of(Objects.requireNonNull(
                ReadySegment.look(data.resolve("pg_wal").resolve(name), WalSegmentName.parse(name)))));
    }

    private List<String> words(String... more) {
        List<String> words = new ArrayList<>(List.of("--keep-connection", "30", "--local-command", LOCAL));
        words.addAll(Arrays.asList(more));
        words.addAll(List.of("--state-directory=" + state, "host", "my-server", "pg_wal/" + WANTED));
        return words;
    }

    private void serve(Path dataDirectory, List<String> words) throws IOException {
        new SendRequests(state)
                .begin(new SendRequests.Sender(
                        sender.pid(), dataDirectory, SendProcess.commandLine(words.toArray(new String[0]))));
    }

    private Process start(List<String> words) throws IOException {
        return start("sh", words);
    }

    private Process start(String shell, List<String> words) throws IOException {
        Path distribution = directory.resolve("dist");
        if (!Files.exists(distribution)) {
            Files.createDirectories(distribution.resolve("bin"));
            Files.createDirectories(distribution.resolve("lib"));
            Files.copy(
                    MODULE.resolve("src/main/launcher/bin/barman-wal-archive"),
                    distribution.resolve("bin/barman-wal-archive"));
            for (Path from : List.of(MODULE.resolve("src/main/launcher/lib"), MODULE.resolve("../packaging/lib"))) {
                try (var files = Files.newDirectoryStream(from)) {
                    for (Path file : files) {
                        Files.copy(file, distribution.resolve("lib").resolve(file.getFileName()));
                    }
                }
            }
        }
        List<String> argv = new ArrayList<>(
                List.of(shell, distribution.resolve("bin/barman-wal-archive").toString()));
        argv.addAll(words);
        ProcessBuilder builder = new ProcessBuilder(argv)
                .directory(data.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile());
        builder.environment().put("BARMAN_JAVA", directory.resolve("java").toString());
        return builder.start();
    }

    /** Waits for the request of the launcher. */
    private Path want(Process launcher) throws Exception {
        Path want = state.resolve("want." + launcher.pid());
        while (!Files.exists(want)) {
            assertThat(launcher.isAlive()).isTrue();
            Thread.sleep(2);
        }
        assertThat(want).hasContent(WANTED);
        return want;
    }

    private int end(Process launcher) throws Exception {
        int code = launcher.waitFor();
        assertThat(directory.resolve("out")).isEmptyFile();
        assertThat(state.toFile().list((where, name) -> name.startsWith("want.")))
                .isEmpty();
        return code;
    }

    @Test
    void segmentThatTheProcessSendsAndRecordsIsArchivedWithoutJava() throws Exception {
        serve(data, words());
        Process launcher = start(words());
        Path want = want(launcher);
        // As long as it is not settled, nothing is said.
        assertThat(launcher.waitFor(150, TimeUnit.MILLISECONDS)).isFalse();
        record(WANTED);
        Files.delete(want);
        assertThat(end(launcher)).isZero();

        // The next call for it asks nobody, and leaves a sign of its use.
        assertThat(end(start(words()))).isZero();
        assertThat(state.resolve("used")).exists();
    }

    @Test
    void dashInThePlaceOfAHostIsAWord() throws Exception {
        List<String> words = new ArrayList<>(words());
        words.set(words.indexOf("host"), "-");
        serve(data, words);
        Process launcher = start(words);
        assertPassesOnceRecorded(launcher);
    }

    /** What the launcher wants is recorded by somebody else, and it ends. */
    private void assertPassesOnceRecorded(Process launcher) throws Exception {
        Path want = want(launcher);
        record(WANTED);
        Files.delete(want);
        assertThat(end(launcher)).isZero();
    }

    @Test
    void bashInThePlaceOfShDoesTheSame() throws Exception {
        Path bash = Path.of("/bin/bash");
        assumeTrue(Files.isExecutable(bash), "no bash here");
        // By this name it behaves as the shell of the standard does, with extensions.
        Path sh = Files.createSymbolicLink(directory.resolve("sh"), bash);
        serve(data, words());
        Process launcher = start(sh.toString(), words());
        assertPassesOnceRecorded(launcher);
        assertThat(end(start(sh.toString(), words("--gzip")))).isZero();
    }

    @Test
    void withParallelTheProcessIsAskedUnlessTheOptionSaysNo() throws Exception {
        List<String> words = new ArrayList<>(words("--parallel=2"));
        words.subList(0, 2).clear();
        executable("java", "[ \"$BARMAN_KEEPS\" = 1 ] || exit 1; exit " + ASKED_JAVA);
        // Java is told that later calls would ask a process.
        assertThat(end(start(words))).isEqualTo(ASKED_JAVA);

        serve(data, words);
        Process launcher = start(words);
        assertPassesOnceRecorded(launcher);

        executable("java", "[ -z \"$BARMAN_KEEPS\" ] || exit 1; exit " + ASKED_JAVA);
        for (List<String> options :
                List.of(List.of("--keep-connection=0", "--parallel=2"), List.of("--parallel=1"), List.<String>of())) {
            List<String> without = new ArrayList<>(options);
            without.addAll(words.subList(0, 2));
            without.addAll(List.of("--state-directory=" + state, "host", "my-server", "pg_wal/" + UNRECORDED));
            assertThat(end(start(without))).as("%s", options).isEqualTo(ASKED_JAVA);
        }
    }

    @Test
    void onlyTheRecordCountsAndJavaIsAskedWhenItHasNothing() throws Exception {
        serve(data, words());
        Process launcher = start(words());
        Files.delete(want(launcher));
        assertThat(end(launcher)).isEqualTo(ASKED_JAVA);
    }

    @Test
    void processThatDiesIsNotWaitedFor() throws Exception {
        serve(data, words());
        Process launcher = start(words());
        want(launcher);
        sender.destroyForcibly().waitFor();
        assertThat(end(launcher)).isEqualTo(ASKED_JAVA);
        assertThat(end(start(words()))).isEqualTo(ASKED_JAVA);
    }

    @Test
    void processThatDoesNotMoveIsNotWaitedFor() throws Exception {
        serve(data, words());
        Files.setLastModifiedTime(
                state.resolve("sender"), FileTime.from(Instant.now().minusSeconds(11)));
        assertThat(end(start(words()))).isEqualTo(ASKED_JAVA);
    }

    @Test
    void processOfOtherOptionsOrAnotherDataDirectoryIsNotAsked() throws Exception {
        serve(data, words("--zstd"));
        assertThat(end(start(words()))).isEqualTo(ASKED_JAVA);
        assertThat(end(start(words("--gzip")))).isEqualTo(ASKED_JAVA);
        serve(directory, words());
        assertThat(end(start(words()))).isEqualTo(ASKED_JAVA);

        serve(data, words("--zstd"));
        Process launcher = start(words("--zstd"));
        assertPassesOnceRecorded(launcher);
    }

    @Test
    void withoutTheOptionNobodyIsAsked() throws Exception {
        List<String> words = new ArrayList<>(words("--parallel=2"));
        words.set(1, "0");
        serve(data, words);
        assertThat(end(start(words))).isEqualTo(ASKED_JAVA);
    }

    @Test
    void callThatIsEndedTakesItsRequestAlong() throws Exception {
        serve(data, words());
        Process launcher = start(words());
        want(launcher);
        launcher.destroy();
        assertThat(end(launcher)).isEqualTo(2);
    }

    @Test
    void damagedFilesOfTheProcessAreNoProcess() throws Exception {
        for (String text : List.of("", "\n\n\n", "1", "x\n" + data + "\n\n", sender.pid() + "\n" + data + "\n")) {
            Files.writeString(state.resolve("sender"), text);
            assertThat(end(start(words()))).as("'%s'", text).isEqualTo(ASKED_JAVA);
        }
    }
}
