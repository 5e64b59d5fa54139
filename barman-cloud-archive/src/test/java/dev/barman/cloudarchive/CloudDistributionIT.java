// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.TestSegments;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.archive.LastArchivedCache;
import dev.barman.wal.archive.ReadySegment;
import dev.barman.wal.archive.StateDirectory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
                .noneMatch(jar -> jar.matches("\\./(barman-core|barman-storage-local|postgresql|checker-qual)-.*"));
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

    /** Nothing listens at port 1; the libraries get as far as that. */
    @ParameterizedTest
    @CsvSource({
        "barman-cloud-wal-archive, azure-blob-storage, http://127.0.0.1:1/account/container",
        "barman-cloud-backup-list, azure-blob-storage, http://127.0.0.1:1/account/container",
        "barman-cloud-wal-archive, google-cloud-storage, gs://bucket",
        "barman-cloud-backup-list, google-cloud-storage, gs://bucket",
    })
    void theLibrariesOfEveryProviderAreComplete(String command, String provider, String url) throws Exception {
        List<String> words = new ArrayList<>(List.of(
                distribution.resolve("bin/" + command).toString(), "--cloud-provider", provider, "-t", url, "main"));
        if (command.equals("barman-cloud-wal-archive")) {
            words.add("000000010000000000000004");
        }
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
        builder.environment().put("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1");
        builder.environment()
                .put(
                        "AZURE_STORAGE_CONNECTION_STRING",
                        "DefaultEndpointsProtocol=http;AccountName=account;AccountKey=a2V5;"
                                + "BlobEndpoint=http://127.0.0.1:1/account;");
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isEqualTo(CloudExit.UNREACHABLE);
        assertThat(out).contains("no answer").hasLineCount(1);
    }

    @Test
    void classesComeFromTheClassArchive() throws Exception {
        for (String command : List.of("barman-cloud-wal-archive", "barman-cloud-backup-list")) {
            assertThat(run(command, "-Xlog:class+load:stdout", "--version"))
                    .containsPattern("dev\\.barman\\.args\\.ArgumentParser source: shared objects file");
        }
    }

    @Test
    void segmentThatIsRecordedLoadsNothingOfTheSdk(@TempDir Path directory) throws Exception {
        String name = "000000010000000000000004";
        Path file = Files.createDirectories(directory.resolve("pg_wal")).resolve(name);
        Files.write(file, TestSegments.segment(1, 4L * TestSegments.MIB, TestSegments.MIB));
        ByteBuffer control =
                ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN).putLong(0, TestSegments.SYSTEM_ID);
        Files.write(Files.createDirectory(directory.resolve("global")).resolve("pg_control"), control.array());
        // With its whole path, so that the launcher leaves the decision to Java.
        String[] words = {
            "--parallel=8",
            "--endpoint-url=http://127.0.0.1:1",
            "--state-directory=" + directory.resolve("state"),
            "s3://bucket",
            "main",
            file.toString()
        };
        WalArchiveRequest request =
                WalArchiveRequest.of(CloudWalArchiveMain.parser().parse(words), System.getenv());
        StateDirectory state = new StateDirectory(directory.resolve("state"));
        LastArchivedCache record =
                new LastArchivedCache(state, request.destination(), Duration.ofSeconds(1), warning -> {});
        assertThat(record.prepare()).isTrue();
        record.add(List.of(ReadySegment.look(file, WalSegmentName.parse(name))));

        assertThat(run("barman-cloud-wal-archive", "-Xlog:class+load:stdout", words))
                .contains("dev.barman.wal.archive.LastArchivedCache ")
                .doesNotContain("software.amazon", "com.azure");
    }
}
