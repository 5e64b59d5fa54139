// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.testing.LauncherTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The launchers with a script in the place of Java: which exit codes PostgreSQL gets to see. */
class LauncherTest {
    @TempDir
    Path directory;

    private LauncherTree tree;

    @BeforeEach
    void assemble() throws IOException {
        tree = LauncherTree.in(directory);
    }

    @ParameterizedTest
    @CsvSource({
        "0,0", "64,1", "65,2", "66,3", "143,143", "1,126", "2,126", "3,126", "70,126", "127,126", "134,126", "255,126"
    })
    void restoreLetsThroughOnlyWhatTheProgramMeans(int fromJava, int toPostgres) throws Exception {
        tree.javaIs("exit " + fromJava);
        assertThat(tree.run("barman-wal-restore").code()).isEqualTo(toPostgres);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "1,1", "2,2", "3,3", "125,125", "126,2", "134,2", "255,2"})
    void archiveNeverEndsAbove125(int fromJava, int toPostgres) throws Exception {
        tree.javaIs("exit " + fromJava);
        assertThat(tree.run("barman-wal-archive").code()).isEqualTo(toPostgres);
    }

    @Test
    void javaThatDiesOfASignalIsAnAbnormalEnd() throws Exception {
        tree.javaIs("kill -KILL $$");
        assertThat(tree.run("barman-wal-restore").code()).isEqualTo(126);
        assertThat(tree.run("barman-wal-archive").code()).isEqualTo(2);
    }

    @Test
    void javaThatCannotBeStartedIsAFailureOfTheHostAndNoAnswer() throws Exception {
        LauncherTree.Run restore = tree.run("barman-wal-restore");
        assertThat(restore.code()).isEqualTo(126);
        assertThat(tree.run("barman-wal-archive").code()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"spooled.sh", "launch.sh", "client.sh"})
    void distributionThatLacksAFileIsNoAnswerToPostgres(String file) throws Exception {
        tree.javaIs("exit 0");
        Files.delete(tree.root().resolve("lib").resolve(file));
        LauncherTree.Run run =
                tree.run("barman-wal-restore", "-p", "4", "host", "main", "000000010000000000000003", "x");
        assertThat(run.code()).isEqualTo(126);
        assertThat(run.err()).contains(file);
    }

    @Test
    void wordsArriveAsTheyAreAndStandardInputIsPassedOn() throws Exception {
        tree.javaIs("for word; do case $word in -*) ;; *) printf '<%s>' \"$word\" ;; esac; done; cat");
        Process process = tree.start(tree.command("barman-wal-restore").toString(), Map.of(), "a b", "", "*", "$HOME");
        process.getOutputStream().write("from stdin".getBytes(StandardCharsets.UTF_8));
        LauncherTree.Run run = LauncherTree.finish(process);
        assertThat(run.code()).isZero();
        assertThat(run.out()).endsWith("<dev.barman.walrestore.WalRestoreMain><a b><><*><$HOME>from stdin");
    }

    @ParameterizedTest
    @CsvSource({"TERM", "INT", "HUP", "QUIT"})
    void signalsReachTheProgramAndItsCodeIsKept(String signal) throws Exception {
        Path ready = directory.resolve("ready");
        tree.javaIs("trap 'echo stopped; exit 65' TERM; : >" + ready
                + "; i=0; while [ $i -lt 200 ]; do i=$((i + 1)); sleep 0.05; done");
        // A Java virtual machine blocks SIGQUIT for its children.
        Path python = Path.of("/usr/bin/python3");
        assumeTrue(!signal.equals("QUIT") || Files.isExecutable(python));
        String launcher = tree.command("barman-wal-restore").toString();
        String unblocked = "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []);"
                + " os.execv(sys.argv[1], sys.argv[1:])";
        Process process = signal.equals("QUIT")
                ? tree.start(python.toString(), Map.of(), "-c", unblocked, launcher)
                : tree.start(launcher, Map.of());
        for (int i = 0; i < 200 && !Files.exists(ready); i++) {
            Thread.sleep(25);
        }
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
        LauncherTree.Run run = LauncherTree.finish(process);
        assertThat(run.out()).isEqualTo("stopped\n");
        assertThat(run.code()).isEqualTo(2);
    }

    @Test
    void distributionIsFoundThroughSymbolicLinks() throws Exception {
        tree.javaIs("for word; do printf '%s\\n' \"$word\"; done");
        Path bin = Files.createDirectories(directory.resolve("usr/bin"));
        Path first = Files.createSymbolicLink(
                bin.resolve("barman-wal-archive"), Path.of("../../dist/bin/barman-wal-archive"));
        Path second = Files.createSymbolicLink(directory.resolve("link"), first);
        LauncherTree.Run run = LauncherTree.finish(tree.start(second.toString(), Map.of()));
        assertThat(run.out()).contains(tree.root().toRealPath().resolve("lib/barman-wal-restore.jar") + "\n");
    }

    @Test
    void jvmIsToldToKeepQuietAndWhereTheNativeLibrariesAre() throws Exception {
        tree.javaIs("for word; do printf '%s\\n' \"$word\"; done");
        Files.createDirectories(tree.root().resolve("lib/native/this"));
        Files.createFile(tree.root().resolve("lib/classes.jsa"));
        Path lib = tree.root().toRealPath().resolve("lib");
        assertThat(tree.run("barman-wal-restore").out().lines())
                .contains(
                        "-XX:SharedArchiveFile=" + lib.resolve("classes.jsa"),
                        "-Xlog:disable",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-UsePerfData",
                        "-Djava.library.path=" + lib.resolve("native/this"));
    }

    @Test
    void emptyLocaleBecomesUtf8AndAnotherOneStays() throws Exception {
        tree.javaIs("printf '%s' \"$LC_CTYPE\"");
        String command = tree.command("barman-wal-archive").toString();
        Map<String, String> none = Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", "");
        assertThat(LauncherTree.finish(tree.start(command, none)).out()).isEqualTo("C.UTF-8");
        Map<String, String> german = Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", "de_DE");
        assertThat(LauncherTree.finish(tree.start(command, german)).out()).isEmpty();
    }
}
