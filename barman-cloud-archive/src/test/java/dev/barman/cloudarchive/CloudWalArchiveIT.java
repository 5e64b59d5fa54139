// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.storage.cloud.s3.S3TestServer;
import dev.barman.wal.TestSegments;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command in a process of its own, against a real S3 server. */
class CloudWalArchiveIT {
    private static final String WAL = "000000010000000000000003";
    private static final byte[] SEGMENT = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);

    @TempDir
    static Path shared;

    private static S3TestServer server;
    private static int buckets;

    @TempDir
    Path directory;

    private Path bucket;
    private String url;
    private Path wal;
    private String err = "";

    @BeforeAll
    static void startServer() throws Exception {
        server = S3TestServer.start(Path.of("target/s3proxy/s3proxy.jar").toAbsolutePath(), shared);
    }

    @AfterAll
    static void stopServer() throws Exception {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void setUp() throws IOException {
        // The server's buckets are directories.
        bucket = Files.createDirectory(server.objects().resolve("archive-" + ++buckets));
        url = "s3://" + bucket.getFileName() + "/path/";
        wal = Files.write(directory.resolve(WAL), SEGMENT);
    }

    private int run(String... args) throws Exception {
        return runAgainst(server.endpoint().toString(), S3TestServer.SECRET_KEY, args);
    }

    private int runAgainst(String endpoint, String secret, String... args) throws Exception {
        List<String> argv = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                CloudWalArchiveMain.class.getName(),
                "--endpoint-url",
                endpoint));
        argv.addAll(Arrays.asList(args));
        ProcessBuilder builder = new ProcessBuilder(argv)
                .redirectError(directory.resolve("err").toFile())
                .redirectOutput(directory.resolve("out").toFile());
        builder.environment().put("AWS_ACCESS_KEY_ID", S3TestServer.ACCESS_KEY);
        builder.environment().put("AWS_SECRET_ACCESS_KEY", secret);
        builder.environment().put("AWS_CONFIG_FILE", "/dev/null");
        builder.environment().put("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        int code = builder.start().waitFor();
        err = Files.readString(directory.resolve("err"), StandardCharsets.UTF_8);
        assertThat(directory.resolve("out")).isEmptyFile();
        return code;
    }

    private List<String> objects() throws IOException {
        return S3TestServer.objectsBelow(bucket).stream()
                .map(path -> bucket.relativize(path).toString())
                .toList();
    }

    @Test
    void fileIsStoredOnceUnderTheLayoutOfTheOriginal() throws Exception {
        String key = "path/main/wals/0000000100000000/" + WAL;

        assertThat(run(url, "main", wal.toString())).as(err).isZero();
        assertThat(err).isEmpty();
        assertThat(objects()).containsExactly(key);
        assertThat(bucket.resolve(key)).hasBinaryContent(SEGMENT);

        assertThat(run("-v", "-z", url, "main", wal.toString())).as(err).isZero();
        assertThat(err).contains("INFO: s3://").contains("has the content of " + wal + " already");
        assertThat(objects()).containsExactly(key);
    }

    @Test
    void differentContentIsOneAndNothingChanges() throws Exception {
        assertThat(run("--lz4", url, "main", wal.toString())).as(err).isZero();
        byte[] other = SEGMENT.clone();
        other[100_000] ^= 1;
        Files.write(wal, other);

        assertThat(run("--lz4", url, "main", wal.toString())).isEqualTo(1);
        assertThat(err).contains("ERROR: Cannot archive " + wal).contains(WAL + ".lz4 exists with a different content");
        assertThat(run("--zstd", url, "main", wal.toString())).isEqualTo(1);
        assertThat(objects()).containsExactly("path/main/wals/0000000100000000/" + WAL + ".lz4");

        assertThat(run("--overwrite", url, "main", wal.toString())).as(err).isZero();
        assertThat(bucket.resolve("path/main/wals/0000000100000000/" + WAL)).hasBinaryContent(other);
    }

    @Test
    void connectionTestTellsWhatIsWrong() throws Exception {
        assertThat(run("-t", url, "main", wal.toString())).as(err).isZero();
        assertThat(objects()).isEmpty();
        assertThat(run("-t", "s3://no-such-bucket", "main", wal.toString())).isEqualTo(1);
        assertThat(runAgainst(server.endpoint().toString(), "wrong-secret", "-t", url, "main", wal.toString()))
                .isEqualTo(4);
        assertThat(err).doesNotContain("wrong-secret");
    }

    @Test
    void storeThatDoesNotAnswerIsFourAndTwoInATest() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        String dead = "http://127.0.0.1:" + port;

        assertThat(runAgainst(dead, "x", "-t", url, "main", wal.toString())).isEqualTo(2);
        assertThat(runAgainst(dead, "x", url, "main", wal.toString())).isEqualTo(4);
        assertThat(err).contains("ERROR: Barman cloud WAL archiver exception: ").hasLineCount(1);
    }

    @Test
    void missingBucketIsFour() throws Exception {
        assertThat(run("s3://no-such-bucket", "main", wal.toString())).isEqualTo(4);
    }
}
