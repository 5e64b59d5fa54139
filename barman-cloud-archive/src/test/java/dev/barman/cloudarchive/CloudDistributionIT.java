// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the build made for users. */
class CloudDistributionIT {
    private static Path distribution;

    @BeforeAll
    static void find() throws Exception {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            distribution = files.filter(file -> Files.isDirectory(file.resolve("bin")))
                    .findFirst()
                    .orElseThrow()
                    .toAbsolutePath();
        }
    }

    private static List<String> jars(String list) throws Exception {
        return Arrays.asList(
                Files.readString(distribution.resolve("lib/" + list)).strip().split(":", -1));
    }

    private static String run(String command, String javaOptions, String... words) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(Stream.concat(
                                Stream.of(distribution.resolve("bin/" + command).toString()), Stream.of(words))
                        .toList())
                .redirectErrorStream(true);
        builder.environment().put("BARMAN_JAVA_OPTS", javaOptions);
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }

    @Test
    void listedJarsAreThereAndThoseForWalCommandsAreFew() throws Exception {
        for (String list : List.of("wal.jars", "backup.jars")) {
            assertThat(jars(list))
                    .allSatisfy(jar ->
                            assertThat(distribution.resolve("lib/" + jar)).isRegularFile());
        }
        assertThat(jars("backup.jars")).containsAll(jars("wal.jars"));
        assertThat(jars("wal.jars"))
                .anyMatch(jar -> jar.startsWith("./barman-wal-"))
                .noneMatch(jar -> jar.matches("\\./(barman-core|barman-storage-local|postgresql|gson)-.*"));
    }

    @Test
    void everyCommandStarts() throws Exception {
        try (Stream<Path> files = Files.list(distribution.resolve("bin"))) {
            for (Path file : files.toList()) {
                String command = file.getFileName().toString();
                assertThat(run(command, "", "--version")).contains(command);
            }
        }
    }

    @Test
    void classesComeFromTheClassArchive() throws Exception {
        for (String command : List.of("barman-cloud-wal-archive", "barman-cloud-backup-list")) {
            assertThat(run(command, "-Xlog:class+load:stdout", "--version"))
                    .containsPattern("dev\\.barman\\.args\\.ArgumentParser source: shared objects file");
        }
    }
}
