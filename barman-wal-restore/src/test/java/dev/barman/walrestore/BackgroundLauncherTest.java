// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.testing.LauncherTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the background processes are started: their logs, and their sessions. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BackgroundLauncherTest {
    /** What the launchers run, without setsid. */
    private static final List<String> TOOLS = List.of("sh", "uname", "find", "cat", "id", "ps", "dirname");

    @TempDir
    Path directory;

    private LauncherTree tree;
    private Path work;

    @BeforeEach
    void setUp() throws IOException {
        directory = Files.createDirectory(directory.toRealPath().resolve("in a directory"));
        tree = LauncherTree.in(directory);
        work = Files.createDirectory(directory.resolve("work here"));
    }

    private int run(String program, Map<String, String> environment) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        tree.root().resolve("lib").resolve(program).toString(), "a word")
                .directory(work.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile());
        builder.environment().put("BARMAN_JAVA", directory.resolve("java").toString());
        builder.environment().putAll(environment);
        int code = builder.start().waitFor();
        assertThat(directory.resolve("out")).isEmptyFile();
        return code;
    }

    @ParameterizedTest
    @CsvSource({"prefetch, prefetch.log", "send, send.log"})
    void laterProcessAddsToTheLog(String program, String log) throws Exception {
        tree.javaIs("echo first >&2");
        assertThat(run(program, Map.of())).isZero();
        tree.javaIs("echo second >&2");
        assertThat(run(program, Map.of())).isZero();
        assertThat(work.resolve(log)).hasContent("first\nsecond\n");
    }

    @Test
    void logOfPrefetchingDoesNotGrowForEver() throws Exception {
        tree.javaIs("echo new >&2");
        Path log = Files.write(work.resolve("prefetch.log"), new byte[1 << 20]);
        assertThat(run("prefetch", Map.of())).isZero();
        assertThat(log).hasContent("new\n");
    }

    @ParameterizedTest
    @CsvSource({"prefetch, prefetch.log", "send, send.log"})
    void withoutSetsidTheProcessRunsInTheSessionOfItsCaller(String program, String log) throws Exception {
        Path tools = Files.createDirectory(directory.resolve("tools"));
        for (String tool : TOOLS) {
            for (String place : List.of("/bin", "/usr/bin")) {
                Path file = Path.of(place, tool);
                if (Files.isExecutable(file) && !Files.exists(tools.resolve(tool))) {
                    Files.createSymbolicLink(tools.resolve(tool), file);
                }
            }
        }
        assumeTrue(Files.exists(tools.resolve("ps")), "no ps here");
        tree.javaIs("ps -o sid= -p $$ >&2");
        String ours = session(ProcessHandle.current().pid());

        assertThat(run(program, Map.of("PATH", tools.toString()))).isZero();
        assertThat(Files.readString(work.resolve(log)).strip()).isEqualTo(ours);
        Files.delete(work.resolve(log));

        // With it, in one of its own.
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setsid")), "no setsid here");
        assertThat(run(program, Map.of())).isZero();
        assertThat(Files.readString(work.resolve(log)).strip()).isNotEqualTo(ours);
    }

    private static String session(long pid) throws IOException {
        Process ps = new ProcessBuilder("ps", "-o", "sid=", "-p", Long.toString(pid)).start();
        return new String(ps.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
    }
}
