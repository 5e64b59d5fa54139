// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.testing.LauncherTree;
import dev.barman.wal.TestSegments;
import dev.barman.wal.spool.SpoolLocation;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The launcher's way around Java: it takes what lies where {@link CloudSpool} would look for it. What it thinks of a file is tested with
 * barman-wal-restore, with which it shares that.
 */
@EnabledOnOs(OS.LINUX)
class CloudSpooledLauncherTest {
    private static final int JAVA_WAS_ASKED = 4;
    private static final String WAL = "000000010000000000000003";
    private static final byte[] SEGMENT = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);

    @TempDir
    Path directory;

    private LauncherTree tree;
    private Path base;
    private Path standby;
    private Path entry;

    @BeforeEach
    void setUp() throws IOException {
        tree = LauncherTree.in(directory);
        tree.javaIs("exit 67");
        base = directory.resolve("walrestore");
        standby = Files.createDirectories(directory.toRealPath().resolve("data"));
        Files.createDirectories(standby.resolve("pg_wal"));
        Files.createDirectories(standby.resolve("global"));
        ByteBuffer control = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(
                standby.resolve("global/pg_control"),
                control.putLong(TestSegments.SYSTEM_ID).array());
    }

    /** Puts a segment where Java would look for it. */
    private void spool(String url, String endpoint, Map<String, String> environment, String server) throws IOException {
        Path archive = CloudSpool.ofArchive(
                base,
                CloudLocation.parse(url, CloudProvider.AWS_S3),
                endpoint.isEmpty() ? null : endpoint,
                environment,
                server);
        WalSpool spool =
                new WalSpool(SpoolLocation.ofStandby(archive, TestSegments.SYSTEM_ID, standby), TestSegments.SYSTEM_ID);
        spool.create(base);
        entry = Files.write(spool.directory().resolve(WAL), SEGMENT);
    }

    private int run(Map<String, String> environment, String line) throws Exception {
        Map<String, String> all = new HashMap<>(Map.of("AWS_ENDPOINT_URL", "", "AWS_ENDPOINT_URL_S3", ""));
        all.putAll(environment);
        String words = line.replace("BASE", base.toString()).replace("WAL", WAL);
        LauncherTree.Run run = LauncherTree.finish(tree.start(
                "/bin/sh",
                all,
                "-c",
                "cd '" + standby + "' && exec '" + tree.command("barman-cloud-wal-restore") + "' " + words));
        assertThat(run.err() + run.out()).isEmpty();
        return run.code();
    }

    private void assertDelivered() {
        assertThat(standby.resolve("pg_wal/RECOVERYXLOG")).hasBinaryContent(SEGMENT);
        assertThat(entry).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({
        "s3://bucket, ''",
        "s3://bucket/, ''",
        "s3://bucket/path, ''",
        "s3://my-bucket.v2/a/b_c//, ''",
        "s3://bucket/path, http://127.0.0.1:9000",
        "s3://bucket/path, https://store.example.org",
        "s3://bucket/path/, https://store.example.org/s3",
    })
    void whatLiesReadyIsDeliveredWithoutJava(String url, String endpoint) throws Exception {
        spool(url, endpoint, Map.of(), "main");
        String option = endpoint.isEmpty() ? "" : "--endpoint-url " + endpoint + " ";
        assertThat(run(Map.of(), "-p 8 --spool-dir BASE " + option + url + " main WAL pg_wal/RECOVERYXLOG"))
                .isZero();
        assertDelivered();
    }

    @Test
    void endpointMayComeFromTheEnvironment() throws Exception {
        Map<String, String> environment =
                Map.of("AWS_ENDPOINT_URL", "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000");
        spool("s3://bucket/p", "", environment, "main");
        String line = "-p 8 --spool-dir BASE s3://bucket/p main WAL pg_wal/RECOVERYXLOG";
        assertThat(run(Map.of(), line)).as("another store").isEqualTo(JAVA_WAS_ASKED);
        assertThat(run(environment, line)).isZero();
        assertDelivered();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-p8 --spool-dir=BASE -q s3://bucket/p main WAL pg_wal/RECOVERYXLOG",
                "--no-partial -P one --read-timeout 5 --parallel=4 --spool-dir BASE s3://bucket/p main WAL"
                        + " pg_wal/RECOVERYXLOG",
                "s3://bucket/p main WAL pg_wal/RECOVERYXLOG --aws-profile=x --parallel 16 --spool-dir BASE"
                        + " --outage-timeout forever --abort-on-outage --cloud-provider=aws-s3",
            })
    void optionsAreUnderstood(String line) throws Exception {
        spool("s3://bucket/p", "", Map.of(), "main");
        assertThat(run(Map.of(), line)).isZero();
        assertDelivered();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--spool-dir BASE s3://bucket/p main WAL pg_wal/RECOVERYXLOG",
                "-p 1 --spool-dir BASE s3://bucket/p main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE s3://bucket/q main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE s3://other/p main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE s3://bucket/p other WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE s3://bucket/p ../main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE s3:// main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE gs://bucket/p main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE --cloud-provider azure-blob-storage s3://bucket/p main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE --endpoint-url http://x s3://bucket/p main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE s3://bucket/p main WAL pg_wal/RECOVERYXLOG more",
                "-p 8 --spool-dir BASE s3://bucket/p main WAL",
                "-p 8 --spool-dir BASE s3://bucket/p main 00000002.history pg_wal/RECOVERYHISTORY",
                "-p 8 --spool-dir BASE -v s3://bucket/p main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-dir BASE -t s3://bucket/p main WAL pg_wal/RECOVERYXLOG",
                "-p 8 --spool-di BASE s3://bucket/p main WAL pg_wal/RECOVERYXLOG",
                "s3://bucket/p main WAL pg_wal/RECOVERYXLOG -p 8 --spool-dir",
            })
    void everythingElseIsLeftToJava(String line) throws Exception {
        spool("s3://bucket/p", "", Map.of(), "main");
        assertThat(run(Map.of(), line)).isEqualTo(JAVA_WAS_ASKED);
        assertThat(standby.resolve("pg_wal")).isEmptyDirectory();
        assertThat(entry).exists();
    }

    @Test
    void missingPartOfTheLauncherIs126() throws Exception {
        Files.delete(tree.root().resolve("lib/cloud-restore-words.sh"));
        assertThat(tree.run("barman-cloud-wal-restore").code()).isEqualTo(126);
    }
}
