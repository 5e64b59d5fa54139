// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.testing.LauncherTree;
import dev.barman.wal.TestSegments;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.archive.LastArchivedCache;
import dev.barman.wal.archive.ReadySegment;
import dev.barman.wal.archive.StateDirectory;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher of {@code barman-cloud-wal-archive} decides without Java, from a record that Java wrote. */
class CloudRecordedLauncherTest {
    private static final int MIB = TestSegments.MIB;
    private static final String SENT = "000000010000000000000004";
    /** Of a script in the place of Java. */
    private static final int ASKED_JAVA = 42;

    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>();
    private LauncherTree tree;
    private TrainingStore store;
    private Path data;
    private Path home;
    private String url;

    @BeforeEach
    void archiveSomething() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/stat")), "needs /proc and GNU stat");
        data = directory.resolve("data");
        home = Files.createDirectory(directory.resolve("home"));
        Files.createDirectories(data.resolve("pg_wal/archive_status"));
        Files.createDirectory(data.resolve("global"));
        Files.write(
                data.resolve("global/pg_control"),
                ByteBuffer.allocate(8192)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(TestSegments.SYSTEM_ID)
                        .array());
        for (int number = 3; number <= 5; number++) {
            String name = "0000000100000000%08X".formatted(number);
            Files.write(data.resolve("pg_wal").resolve(name), TestSegments.segment(1, (long) number * MIB, MIB));
            if (number < 5) {
                Files.createFile(data.resolve("pg_wal/archive_status").resolve(name + ".ready"));
            }
        }
        store = TrainingStore.start();
        url = store.url();
        tree = LauncherTree.in(directory);
        tree.javaIs("exit " + ASKED_JAVA);
        record();
    }

    @AfterEach
    void stop() throws Exception {
        if (store != null) {
            store.close();
        }
    }

    /** A run of the program, which keeps its record in the default place. */
    private void record() {
        String first = data.resolve("pg_wal/000000010000000000000003").toString();
        String[] words = {"--parallel=3", "--endpoint-url", store.endpoint().toString(), url, "my-server", first};
        Map<String, String> variables = new HashMap<>(environment);
        variables.put("HOME", home.toString());
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        assertThat(CloudWalArchiveMain.run(words, variables, nowhere, nowhere)).isZero();
    }

    private int launcher(String wal, String... options) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(Stream.of(
                                Stream.of(
                                        tree.command("barman-cloud-wal-archive").toString(), "--parallel", "8"),
                                Stream.of(options),
                                Stream.of(url, "my-server", wal))
                        .flatMap(words -> words)
                        .toList())
                .directory(data.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("AWS_") || name.equals("XDG_STATE_HOME"));
        builder.environment().put("BARMAN_JAVA", directory.resolve("java").toString());
        builder.environment().put("HOME", home.toString());
        builder.environment().putAll(environment);
        int code = builder.start().waitFor();
        assertThat(directory.resolve("out")).isEmptyFile();
        return code;
    }

    private int withEndpoint(String... options) throws Exception {
        List<String> words =
                new ArrayList<>(List.of("--endpoint-url", store.endpoint().toString()));
        words.addAll(List.of(options));
        return launcher("pg_wal/" + SENT, words.toArray(new String[0]));
    }

    private Path state() throws Exception {
        try (Stream<Path> directories = Files.list(home.resolve(".local/state/barman"))) {
            return directories.findFirst().orElseThrow();
        }
    }

    @Test
    void recordedSegmentPassesWithoutJava() throws Exception {
        assertThat(withEndpoint()).isZero();
        assertThat(withEndpoint("-z", "--tag", "a,b", "--compression-level=low", "-q"))
                .isZero();
        assertThat(withEndpoint("--cloud-provider=aws-s3", "--read-timeout", "5"))
                .isZero();
        assertThat(withEndpoint("--state-directory", state().toString())).isZero();
        url = store.url() + "/";
        assertThat(withEndpoint()).isZero();
    }

    /** They may lead to an endpoint or buckets of their own. */
    @Test
    void anotherProfileOrConfigurationIsAnotherArchive() throws Exception {
        assertThat(withEndpoint("-P", "other")).isEqualTo(ASKED_JAVA);
        assertThat(withEndpoint("--aws-profile=other")).isEqualTo(ASKED_JAVA);
        environment.put("AWS_PROFILE", "other");
        assertThat(withEndpoint()).isEqualTo(ASKED_JAVA);
        environment.clear();
        environment.put("AWS_CONFIG_FILE", "/dev/null");
        assertThat(withEndpoint()).isEqualTo(ASKED_JAVA);
        environment.clear();
        assertThat(withEndpoint()).isZero();
    }

    @Test
    void recordedSegmentPassesWithItsProfileAndConfiguration() throws Exception {
        environment.put("AWS_PROFILE", "other");
        record();
        assertThat(withEndpoint()).isZero();
        environment.remove("AWS_PROFILE");
        assertThat(withEndpoint("-P", "other")).isZero();
        assertThat(withEndpoint("--profile=other")).isZero();
        environment.put("AWS_PROFILE", "other");
        assertThat(withEndpoint("-P", "third")).isEqualTo(ASKED_JAVA);
        environment.put("AWS_CONFIG_FILE", "/dev/null");
        assertThat(withEndpoint()).isEqualTo(ASKED_JAVA);
        record();
        assertThat(withEndpoint()).isZero();
        environment.remove("AWS_PROFILE");
        assertThat(withEndpoint()).isEqualTo(ASKED_JAVA);
        record();
        assertThat(withEndpoint()).isZero();
        assertThat(withEndpoint("--aws-profile", "other")).isZero();
    }

    @Test
    void endpointOfTheEnvironmentIsAsGoodAsTheOption() throws Exception {
        environment.put("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
        environment.put("AWS_ENDPOINT_URL_S3", store.endpoint().toString());
        assertThat(launcher("pg_wal/" + SENT)).isZero();
        environment.remove("AWS_ENDPOINT_URL_S3");
        assertThat(launcher("pg_wal/" + SENT)).isEqualTo(ASKED_JAVA);
        environment.put("AWS_ENDPOINT_URL", store.endpoint().toString());
        assertThat(launcher("pg_wal/" + SENT)).isZero();
    }

    @Test
    void bucketWithoutPathAndDefaultEndpointAreTheSameForBoth() throws Exception {
        String state = directory.resolve("state").toString();
        String file = data.resolve("pg_wal/" + SENT).toString();
        WalArchiveRequest request = WalArchiveRequest.of(
                CloudWalArchiveMain.parser().parse(new String[] {"s3://training", "my-server", file}), Map.of());
        LastArchivedCache record = new LastArchivedCache(
                new StateDirectory(Path.of(state)), request.destination(), Duration.ofSeconds(1), warning -> {});
        assertThat(record.prepare()).isTrue();
        record.add(List.of(ReadySegment.look(Path.of(file), WalSegmentName.parse(SENT))));
        for (String form : List.of("s3://training", "s3://training/")) {
            url = form;
            assertThat(launcher("pg_wal/" + SENT, "--state-directory", state))
                    .as(form)
                    .isZero();
        }
    }

    @Test
    void everythingElseIsAskedOfJava() throws Exception {
        assertThat(withEndpoint("--parallel=1")).isEqualTo(ASKED_JAVA);
        assertThat(withEndpoint("-t")).isEqualTo(ASKED_JAVA);
        assertThat(withEndpoint("--overwrite")).isEqualTo(ASKED_JAVA);
        assertThat(withEndpoint("--endpoint-url", "http://127.0.0.1:1")).isEqualTo(ASKED_JAVA);
        assertThat(withEndpoint("--cloud-provider", "azure-blob-storage")).isEqualTo(ASKED_JAVA);
        assertThat(withEndpoint("--state-directory", directory.toString())).isEqualTo(ASKED_JAVA);
        for (String other : List.of(
                "pg_wal/000000010000000000000005",
                "pg_wal/000000020000000000000004",
                "pg_wal/" + SENT + ".partial",
                "pg_wal/00000002.history",
                data.resolve("pg_wal/" + SENT).toString())) {
            assertThat(launcher(other, "--endpoint-url", store.endpoint().toString()))
                    .as(other)
                    .isEqualTo(ASKED_JAVA);
        }
        for (String other :
                List.of("s3://training/pat", "s3://trainin/path", "gs://training/path", "s3://training//path")) {
            url = other;
            assertThat(withEndpoint()).as(other).isEqualTo(ASKED_JAVA);
        }
        url = store.url();
        // As a hook script the file comes from the environment.
        environment.put("BARMAN_HOOK", "archive_script");
        environment.put("BARMAN_PHASE", "pre");
        assertThat(withEndpoint()).isEqualTo(ASKED_JAVA);
    }

    @Test
    void changedFileIsAskedOfJava() throws Exception {
        Path file = data.resolve("pg_wal/" + SENT);
        FileTime time = Files.getLastModifiedTime(file);
        Files.setLastModifiedTime(file, FileTime.from(time.toInstant().plusNanos(1)));
        assertThat(withEndpoint()).isEqualTo(ASKED_JAVA);
        Files.setLastModifiedTime(file, time);
        assertThat(withEndpoint()).isZero();
    }
}
