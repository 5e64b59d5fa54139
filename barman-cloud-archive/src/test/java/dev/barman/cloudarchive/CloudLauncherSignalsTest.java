// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.testing.LauncherTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Signals at any moment of a launcher, under the shells that may be its {@code sh}, in directories with spaces: which exit code PostgreSQL sees,
 * and that no program stays behind.
 */
@Timeout(60)
class CloudLauncherSignalsTest {
    private static final Path PYTHON = Path.of("/usr/bin/python3");

    @TempDir
    Path temporary;

    private LauncherTree tree;
    private Path data;
    private Path started;

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        for (String shell : List.of("dash", "bash")) {
            for (String signal : List.of("TERM", "INT", "HUP", "QUIT")) {
                cases.add(Arguments.of(shell, signal, "barman-cloud-wal-archive", 4));
                cases.add(Arguments.of(shell, signal, "barman-cloud-wal-restore", 143));
            }
        }
        return cases.stream();
    }

    @BeforeEach
    void assemble() throws IOException {
        assumeTrue(Files.isExecutable(PYTHON), "no python3");
        data = Files.createDirectory(temporary.resolve("data of a server"));
        tree = LauncherTree.in(Files.createDirectory(temporary.resolve("an installation")));
        started = data.resolve("started");
    }

    private Process start(String shell, String command) throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin", shell)), "no " + shell);
        // A Java virtual machine blocks SIGQUIT for its children.
        String unblocked = "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []);"
                + " os.execv(sys.argv[1], sys.argv[1:])";
        ProcessBuilder builder = new ProcessBuilder(
                        PYTHON.toString(),
                        "-c",
                        unblocked,
                        "/bin/" + shell,
                        tree.command(command).toString(),
                        "s3://bucket",
                        "main",
                        "000000010000000000000003",
                        "pg_wal/RECOVERYXLOG")
                .directory(data.toFile());
        builder.environment()
                .put("BARMAN_JAVA", tree.root().resolveSibling("java").toString());
        return builder.start();
    }

    private static void signal(String signal, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private void awaitStart() throws Exception {
        for (int i = 0; i < 1000 && !Files.exists(started); i++) {
            Thread.sleep(10);
        }
        assertThat(started).exists();
    }

    private long pidOfJava() throws Exception {
        awaitStart();
        return Long.parseLong(Files.readString(started).strip());
    }

    /** What Java does: first of all it tells its process id. */
    private void javaIs(String script) throws IOException {
        javaIs("", script);
    }

    private void javaIs(String before, String script) throws IOException {
        tree.javaIs(before + "\necho $$ >started.new; mv started.new started\n" + script);
    }

    private static boolean lives(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void beforeJavaIsStarted(String shell, String signal, String command, int code) throws Exception {
        javaIs("exit 0");
        // The launcher looks for what it may do without Java.
        for (String file : List.of("recorded.sh", "spooled.sh")) {
            Files.writeString(tree.root().resolve("lib/" + file), ": >started\nwhile :; do :; done\n");
        }
        Process process = start(shell, command);
        awaitStart();
        signal(signal, process.pid());
        LauncherTree.Run run = LauncherTree.finish(process);
        assertThat(run.code()).isEqualTo(code);
        assertThat(run.out() + run.err()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whileJavaRunsIsStoppedAndGoesOn(String shell, String signal, String command, int code) throws Exception {
        javaIs("trap 'exit 143' TERM", "while :; do sleep 0.02; done");
        Process process = start(shell, command);
        long java = pidOfJava();
        signal("STOP", java);
        signal(signal, process.pid());
        // Its end must not be told before it has ended.
        assertThat(process.waitFor(150, TimeUnit.MILLISECONDS)).isFalse();
        signal("CONT", java);
        LauncherTree.Run run = LauncherTree.finish(process);
        assertThat(run.code()).isEqualTo(code);
        assertThat(lives(java)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void successThatComesAfterASignalIsASuccess(String shell, String signal, String command, int code)
            throws Exception {
        // As a JVM that is at its end already.
        javaIs("trap '' TERM", "while [ ! -e go ]; do sleep 0.02; done\nexit 0");
        Process process = start(shell, command);
        pidOfJava();
        signal(signal, process.pid());
        assertThat(process.waitFor(50, TimeUnit.MILLISECONDS)).isFalse();
        Files.createFile(data.resolve("go"));
        assertThat(LauncherTree.finish(process).code()).isZero();
        assertThat(code).isNotZero();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void atAnyMomentNothingStaysBehind(String shell, String signal, String command, int code) throws Exception {
        javaIs("exec sleep 3");
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 6; i++) {
            Files.deleteIfExists(started);
            Process process = start(shell, command);
            // Behind the time that Python takes.
            Thread.sleep(15 + random.nextInt(20));
            signal(signal, process.pid());
            LauncherTree.Run run = LauncherTree.finish(process);
            // In the middle of reading a command, bash may lose a trap; then it does what it was called for, and says
            // so.
            if (!shell.equals("bash")) {
                assertThat(run.code())
                        .as("the signal had an effect, seed " + seed + ", run " + i)
                        .isNotZero();
            }
            // If Java got so far, its shell may be about to tell.
            Thread.sleep(20);
            if (Files.exists(started)) {
                long java = pidOfJava();
                for (int wait = 0; wait < 100 && lives(java); wait++) {
                    Thread.sleep(10);
                }
                assertThat(lives(java)).as("seed " + seed + ", run " + i).isFalse();
            }
        }
    }

    @Test
    void archiveWithoutItsFilesIsNotAbove125() throws Exception {
        javaIs("exit 0");
        for (String shell : List.of("dash", "bash")) {
            Files.deleteIfExists(tree.root().resolve("lib/client.sh"));
            assertThat(LauncherTree.finish(start(shell, "barman-cloud-wal-archive"))
                            .code())
                    .as(shell)
                    .isBetween(1, 125);
            assertThat(LauncherTree.finish(start(shell, "barman-cloud-wal-restore"))
                            .code())
                    .as(shell)
                    .isEqualTo(126);
        }
    }
}
