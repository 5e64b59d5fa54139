// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The launchers with a script in the place of Java: which exit codes PostgreSQL gets to see. */
class LauncherTest {
    private static final Path MODULE = Path.of("").toAbsolutePath();

    @TempDir
    Path directory;

    private Path distribution;
    private Path java;

    private record Run(int code, String out, String err) {}

    @BeforeEach
    void assemble() throws IOException {
        distribution = directory.resolve("dist");
        copy(MODULE.resolve("src/main/launcher"), distribution);
        copy(MODULE.resolve("../packaging/lib"), distribution.resolve("lib"));
        java = directory.resolve("java");
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

    private void javaIs(String script) throws IOException {
        Files.writeString(java, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Process start(String command, Map<String, String> environment, String... arguments) throws IOException {
        List<String> argv =
                Stream.concat(Stream.of(command), Stream.of(arguments)).toList();
        ProcessBuilder builder = new ProcessBuilder(argv);
        builder.environment().put("BARMAN_JAVA", java.toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static Run finish(Process process) throws Exception {
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), out, err);
    }

    private Run run(String name, String... arguments) throws Exception {
        return finish(start(distribution.resolve("bin").resolve(name).toString(), Map.of(), arguments));
    }

    @ParameterizedTest
    @CsvSource({
        "0,0", "64,1", "65,2", "66,3", "143,143", "1,126", "2,126", "3,126", "70,126", "127,126", "134,126", "255,126"
    })
    void restoreLetsThroughOnlyWhatTheProgramMeans(int fromJava, int toPostgres) throws Exception {
        javaIs("exit " + fromJava);
        assertThat(run("barman-wal-restore").code()).isEqualTo(toPostgres);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "1,1", "2,2", "3,3", "125,125", "126,2", "134,2", "255,2"})
    void archiveNeverEndsAbove125(int fromJava, int toPostgres) throws Exception {
        javaIs("exit " + fromJava);
        assertThat(run("barman-wal-archive").code()).isEqualTo(toPostgres);
    }

    @Test
    void javaThatDiesOfASignalIsAnAbnormalEnd() throws Exception {
        javaIs("kill -KILL $$");
        assertThat(run("barman-wal-restore").code()).isEqualTo(126);
        assertThat(run("barman-wal-archive").code()).isEqualTo(2);
    }

    @Test
    void javaThatCannotBeStartedIsAFailureOfTheHostAndNoAnswer() throws Exception {
        Run restore = run("barman-wal-restore");
        assertThat(restore.code()).isEqualTo(126);
        assertThat(run("barman-wal-archive").code()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"spooled.sh", "launch.sh", "client.sh"})
    void distributionThatLacksAFileIsNoAnswerToPostgres(String file) throws Exception {
        javaIs("exit 0");
        Files.delete(distribution.resolve("lib").resolve(file));
        Run run = run("barman-wal-restore", "-p", "4", "host", "main", "000000010000000000000003", "x");
        assertThat(run.code()).isEqualTo(126);
        assertThat(run.err()).contains(file);
    }

    @Test
    void wordsArriveAsTheyAreAndStandardInputIsPassedOn() throws Exception {
        javaIs("for word; do case $word in -*) ;; *) printf '<%s>' \"$word\" ;; esac; done; cat");
        Process process =
                start(distribution.resolve("bin/barman-wal-restore").toString(), Map.of(), "a b", "", "*", "$HOME");
        process.getOutputStream().write("from stdin".getBytes(StandardCharsets.UTF_8));
        Run run = finish(process);
        assertThat(run.code()).isZero();
        assertThat(run.out()).endsWith("<dev.barman.walrestore.WalRestoreMain><a b><><*><$HOME>from stdin");
    }

    @ParameterizedTest
    @CsvSource({"TERM", "INT", "HUP", "QUIT"})
    void signalsReachTheProgramAndItsCodeIsKept(String signal) throws Exception {
        Path ready = directory.resolve("ready");
        javaIs("trap 'echo stopped; exit 65' TERM; : >" + ready
                + "; i=0; while [ $i -lt 200 ]; do i=$((i + 1)); sleep 0.05; done");
        // A Java virtual machine blocks SIGQUIT for its children.
        Path python = Path.of("/usr/bin/python3");
        assumeTrue(!signal.equals("QUIT") || Files.isExecutable(python));
        String launcher = distribution.resolve("bin/barman-wal-restore").toString();
        String unblocked = "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []);"
                + " os.execv(sys.argv[1], sys.argv[1:])";
        Process process = signal.equals("QUIT")
                ? start(python.toString(), Map.of(), "-c", unblocked, launcher)
                : start(launcher, Map.of());
        for (int i = 0; i < 200 && !Files.exists(ready); i++) {
            Thread.sleep(25);
        }
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
        Run run = finish(process);
        assertThat(run.out()).isEqualTo("stopped\n");
        assertThat(run.code()).isEqualTo(2);
    }

    @Test
    void distributionIsFoundThroughSymbolicLinks() throws Exception {
        javaIs("for word; do printf '%s\\n' \"$word\"; done");
        Path bin = Files.createDirectories(directory.resolve("usr/bin"));
        Path first = Files.createSymbolicLink(
                bin.resolve("barman-wal-archive"), Path.of("../../dist/bin/barman-wal-archive"));
        Path second = Files.createSymbolicLink(directory.resolve("link"), first);
        Run run = finish(start(second.toString(), Map.of()));
        assertThat(run.out()).contains(distribution.toRealPath().resolve("lib/barman-wal-restore.jar") + "\n");
    }

    @Test
    void jvmIsToldToKeepQuietAndWhereTheNativeLibrariesAre() throws Exception {
        javaIs("for word; do printf '%s\\n' \"$word\"; done");
        Files.createDirectories(distribution.resolve("lib/native/this"));
        Files.createFile(distribution.resolve("lib/classes.jsa"));
        Path lib = distribution.toRealPath().resolve("lib");
        assertThat(run("barman-wal-restore").out().lines())
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
        javaIs("printf '%s' \"$LC_CTYPE\"");
        String command = distribution.resolve("bin/barman-wal-archive").toString();
        Map<String, String> none = Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", "");
        assertThat(finish(start(command, none)).out()).isEqualTo("C.UTF-8");
        Map<String, String> german = Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", "de_DE");
        assertThat(finish(start(command, german)).out()).isEmpty();
    }
}
