// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher with a script in the place of Java: as which user, and with which words, the program is started. */
class LauncherTest {
    private static final Path MODULE = Path.of("").toAbsolutePath();
    private static final String SHOW_USER = "echo \"$(id -un) $(id -gn) $HOME\"";

    @TempDir
    Path directory;

    private Path distribution;

    @BeforeEach
    void assemble() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        distribution = directory.resolve("dist");
        copy(MODULE.resolve("src/main/launcher"), distribution);
        copy(MODULE.resolve("../packaging/lib"), distribution.resolve("lib"));
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

    /** A Java that names the user to switch to when it is asked, and else does what the script says. */
    private void javaIs(String user, String script) throws IOException {
        Path java = directory.resolve("java");
        Files.writeString(
                java,
                "#!/bin/sh\ncase \"$*\" in *dev.barman.cli.RunAs*) echo \"" + user + "\"; exit 0 ;; esac\n" + script
                        + "\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private String run(String... arguments) throws Exception {
        List<String> argv = Stream.concat(
                        Stream.of(distribution.resolve("bin/barman").toString()), Stream.of(arguments))
                .toList();
        ProcessBuilder builder = new ProcessBuilder(argv).redirectErrorStream(true);
        builder.environment().put("BARMAN_JAVA", directory.resolve("java").toString());
        Process process = builder.start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + ":" + out;
    }

    private static String output(String... command) throws Exception {
        Process process = new ProcessBuilder(command).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    private static String home(String user) throws Exception {
        return output("getent", "passwd", user).split(":", -1)[5];
    }

    @Test
    void rootBecomesTheConfiguredUserWithItsGroupsAndHome() throws Exception {
        assumeThat(System.getProperty("user.name")).isEqualTo("root");
        javaIs("nobody", SHOW_USER);
        assertThat(run("list-servers"))
                .isEqualTo("0:nobody " + output("id", "-gn", "nobody") + " " + home("nobody") + "\n");
    }

    @Test
    void rootStaysRootWhenNoUserIsNamed() throws Exception {
        assumeThat(System.getProperty("user.name")).isEqualTo("root");
        javaIs("", "id -un");
        assertThat(run("list-servers")).isEqualTo("0:root\n");
    }

    @Test
    void versionAndHelpAskForNoUser() throws Exception {
        javaIs("nosuchuser", "id -un");
        assertThat(run("--version")).isEqualTo("0:" + System.getProperty("user.name") + "\n");
        assertThat(run("-h")).isEqualTo("0:" + System.getProperty("user.name") + "\n");
    }

    @Test
    void wordsAndTheExitCodeArePassedOn() throws Exception {
        javaIs(
                "",
                "for word; do case $word in -X* | -D* | -cp | /*) ;; *) printf '<%s>' \"$word\" ;; esac; done; exit 3");
        assertThat(run("get-wal", "a b", "", "$x")).isEqualTo("3:<dev.barman.cli.Main><get-wal><a b><><$x>");
    }

    @Test
    void programIsToldItsOwnPathForBackgroundWork() throws Exception {
        javaIs("", "for word; do case $word in -Dbarman.program=*) echo \"${word#*=}\" ;; esac; done");
        assertThat(run("cron")).isEqualTo("0:" + distribution.resolve("bin/barman") + "\n");
    }

    /** The training runs cron, which starts the program that it was started with. */
    @Test
    void preparationStartedByItsOwnTrainingEndsAtOnce() throws Exception {
        Path runs = directory.resolve("runs");
        javaIs("", "echo run >>" + runs + "; \"" + distribution.resolve("lib/prepare") + "\" -q archive-wal x");
        ProcessBuilder builder =
                new ProcessBuilder(distribution.resolve("lib/prepare").toString()).redirectErrorStream(true);
        builder.environment().put("BARMAN_JAVA", directory.resolve("java").toString());
        Process process = builder.start();
        process.getInputStream().readAllBytes();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(runs)).containsExactly("run", "run");
    }
}
