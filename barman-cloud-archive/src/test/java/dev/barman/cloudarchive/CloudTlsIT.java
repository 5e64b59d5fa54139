// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.storage.cloud.s3.S3TestServer;
import dev.barman.storage.cloud.s3.TestCertificate;
import dev.barman.wal.TestSegments;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The distribution and a store whose certificate is from an authority of its own. */
class CloudTlsIT {
    private static final String URL = "s3://tls-bucket/path";
    private static final String WAL = "000000010000000000000003";

    @TempDir
    static Path shared;

    private static Path bin;
    private static S3TestServer server;
    private static TestCertificate certificate;

    private String said = "";

    @BeforeAll
    static void start() throws Exception {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            bin = files.map(file -> file.resolve("bin"))
                    .filter(Files::isDirectory)
                    .findFirst()
                    .orElseThrow()
                    .toAbsolutePath();
        }
        certificate = TestCertificate.create(shared, "store");
        server = S3TestServer.startWithTls(Path.of("target/s3proxy/s3proxy.jar").toAbsolutePath(), shared, certificate);
        Files.createDirectory(server.objects().resolve("tls-bucket"));
    }

    @AfterAll
    static void stop() throws Exception {
        if (server != null) {
            server.close();
        }
    }

    private int run(Map<String, String> environment, String command, String... words) throws Exception {
        List<String> argv = new ArrayList<>(List.of(
                bin.resolve(command).toString(),
                "--endpoint-url",
                server.endpoint().toString()));
        argv.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(argv).redirectErrorStream(true);
        builder.environment()
                .putAll(Map.of(
                        "AWS_ACCESS_KEY_ID",
                        S3TestServer.ACCESS_KEY,
                        "AWS_SECRET_ACCESS_KEY",
                        S3TestServer.SECRET_KEY,
                        "AWS_CONFIG_FILE",
                        "/dev/null",
                        "AWS_SHARED_CREDENTIALS_FILE",
                        "/dev/null"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor();
    }

    @Test
    void segmentGoesToTheStoreAndBack(@TempDir Path directory) throws Exception {
        Map<String, String> trusting = Map.of("AWS_CA_BUNDLE", certificate.pem().toString());
        byte[] segment = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);
        Path wal = Files.write(directory.resolve(WAL), segment);
        Path back = directory.resolve("back");

        assertThat(run(trusting, "barman-cloud-wal-archive", URL, "main", wal.toString()))
                .as(said)
                .isZero();
        assertThat(run(trusting, "barman-cloud-wal-restore", URL, "main", WAL, back.toString()))
                .as(said)
                .isZero();
        assertThat(back).hasBinaryContent(segment);
        assertThat(run(trusting, "barman-cloud-check-wal-archive", "--timeline=9", URL, "main"))
                .as(said)
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({"barman-cloud-wal-archive, 0", "barman-cloud-wal-restore, 1", "barman-cloud-restore, 4"})
    void classesForTlsAreInTheClassArchive(String command, int code, @TempDir Path directory) throws Exception {
        Path log = directory.resolve("classes");
        Map<String, String> environment = Map.of(
                "AWS_CA_BUNDLE", certificate.pem().toString(), "BARMAN_JAVA_OPTS", "-Xlog:class+load:file=" + log);
        Path wal =
                Files.write(directory.resolve(WAL), TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB));

        // There is nothing to restore, which is found out over a connection.
        int ended = command.endsWith("wal-archive")
                ? run(environment, command, URL, "trained", wal.toString())
                : run(
                        environment,
                        command,
                        URL,
                        "nobody",
                        WAL,
                        directory.resolve("back").toString());

        assertThat(ended).as(said).isEqualTo(code);
        assertThat(said).doesNotContain("no answer");
        List<String> loaded = Files.readAllLines(log).stream()
                .filter(line -> line.contains(" sun.security.ssl."))
                .toList();
        assertThat(loaded).hasSizeGreaterThan(200);
        // A few are for what other servers do.
        assertThat(loaded)
                .filteredOn(line -> !line.contains("shared objects file"))
                .hasSizeLessThan(20);
    }

    @Test
    void profileMayNameTheFile() throws Exception {
        Path config = Files.writeString(shared.resolve("config"), "[default]\nca_bundle = " + certificate.pem() + "\n");

        assertThat(run(Map.of("AWS_CONFIG_FILE", config.toString()), "barman-cloud-backup-list", "-t", URL, "main"))
                .as(said)
                .isZero();
    }

    @Test
    void withoutTheVariableTheStoreIsNotTrusted_andItIsNamed() throws Exception {
        assertThat(run(Map.of(), "barman-cloud-backup-list", "-t", URL, "main")).isEqualTo(CloudExit.UNREACHABLE);
        assertThat(said)
                .contains("no answer: ")
                .contains("; AWS_CA_BUNDLE names a file")
                .hasLineCount(1);
    }

    @Test
    void bundleThatIsMissingIsToldAtOnce() throws Exception {
        Path missing = shared.resolve("no-such.pem");

        assertThat(run(Map.of("AWS_CA_BUNDLE", missing.toString()), "barman-cloud-backup-list", URL, "main"))
                .isEqualTo(CloudExit.OTHER);
        assertThat(said)
                .endsWith("Cannot use the AWS configuration: cannot read the certificates in " + missing
                        + " (AWS_CA_BUNDLE or ca_bundle): No such file or directory\n");
    }
}
