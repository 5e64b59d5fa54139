// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is decided before a store is asked. */
class CloudWalArchiveMainTest {
    private static final String WAL = "000000010000000000000003";

    @TempDir
    Path directory;

    private String out = "";
    private String err = "";

    private int run(Map<String, String> environment, String... args) {
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        int code = CloudWalArchiveMain.run(
                args, environment, new PrintStream(outBytes, true), new PrintStream(errBytes, true));
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return code;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-h",
                "s3://b",
                "-z -j s3://b main " + WAL,
                "--gzip --lz4 s3://b main " + WAL,
                "--compression-level most s3://b main " + WAL,
                "--tag novalue s3://b main " + WAL,
                "--tag aws:x,y s3://b main " + WAL,
                "--tag k,v! s3://b main " + WAL,
                "--tag k,v --tags a,b -- s3://b main " + WAL,
                "--tags a,b,c -- s3://b main " + WAL,
                "--history-tag ,v s3://b main " + WAL,
                "--cloud-provider s3 s3://b main " + WAL,
                "--azure-credential nobody s3://b main " + WAL,
                "--credential azure s3://b main " + WAL,
                "--max-block-size big s3://b main " + WAL,
                "--max-single-put-size 0 s3://b main " + WAL,
                "--max-concurrency 0 s3://b main " + WAL,
                "--max-concurrency many s3://b main " + WAL,
                "--read-timeout soon s3://b main " + WAL,
                "-e rot13 s3://b main " + WAL,
                "-v -q s3://b main " + WAL,
                "--parallel many s3://b main " + WAL,
                "--parallel -1 s3://b main " + WAL,
            })
    void wrongCommandLineIsThree(String line) {
        assertThat(run(Map.of(), line.split(" "))).as(err).isEqualTo(3);
        assertThat(err).startsWith("usage: barman-cloud-wal-archive ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/x/notawal", "/x/" + WAL + ".gz", "/"})
    void invalidWalNameIsThree(String path) {
        assertThat(run(Map.of(), "s3://b", "main", path)).isEqualTo(3);
        assertThat(err).contains(" ERROR: " + path + " is an invalid name for a WAL file");
        assertThat(run(Map.of(), "-t", "s3://b", "main", path)).isEqualTo(3);
    }

    @Test
    void badUrlAndMissingSourceAreFour() {
        assertThat(run(Map.of(), "file://b", "main", "/x/" + WAL)).isEqualTo(4);
        assertThat(err).contains("Invalid s3 URL address: file://b");
        assertThat(run(Map.of(), "--sse-kms-key-id", "k", "s3://b", "main", "/x/" + WAL))
                .isEqualTo(4);
        Path missing = directory.resolve(WAL);
        assertThat(run(Map.of(), "s3://b", "main", missing.toString())).isEqualTo(4);
        assertThat(err)
                .matches("(?s)\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} \\[\\d+] ERROR: .*no such file: "
                        + missing + "\n");
    }

    @ParameterizedTest
    @CsvSource({
        "azure-blob-storage, https://account.blob.core.windows.net, no container in it",
        "azure-blob-storage, s3://b, Invalid azure URL address: s3://b",
        "azure-blob-storage, https://example.com/account/container, AZURE_STORAGE_CONNECTION_STRING",
        "google-cloud-storage, s3://b, Invalid google cloud storage URL address: s3://b",
        "google-cloud-storage, gs://b, GOOGLE_APPLICATION_CREDENTIALS",
    })
    void otherProvidersWithoutWhatTheyNeedAreFour(String provider, String url, String message) throws Exception {
        Path wal = Files.write(directory.resolve(WAL), new byte[1]);
        assertThat(run(Map.of(), "--cloud-provider", provider, url, "main", wal.toString()))
                .isEqualTo(4);
        assertThat(err).contains(message);
    }

    @Test
    void optionsOfOtherProvidersHaveNoEffect() {
        assertThat(run(
                        Map.of(),
                        "--default",
                        "managed-identity",
                        "--encryption-scope",
                        "scope",
                        "--max-block-size",
                        "1TB",
                        "--kms-key-name",
                        "key",
                        "s3://b",
                        "main",
                        "/x/" + WAL))
                .isEqualTo(4);
        assertThat(err).contains("no such file");
    }

    @Test
    void missingWalPathIsOne() {
        assertThat(run(Map.of(), "s3://b", "main")).isEqualTo(1);
        assertThat(err).contains("WAL_PATH is missing");
        assertThat(run(Map.of(), "-t", "s3://b", "main")).isEqualTo(1);
    }

    @Test
    void hookModeTakesTheFileFromTheEnvironment() {
        String missing = directory.resolve(WAL).toString();

        assertThat(run(
                        Map.of("BARMAN_HOOK", "archive_retry_script", "BARMAN_PHASE", "pre", "BARMAN_FILE", missing),
                        "s3://b",
                        "main"))
                .isEqualTo(4);
        assertThat(err).contains("no such file: " + missing);
        assertThat(run(
                        Map.of("BARMAN_HOOK", "archive_script", "BARMAN_PHASE", "post", "BARMAN_FILE", missing),
                        "s3://b",
                        "main"))
                .isEqualTo(1);
        assertThat(run(Map.of("BARMAN_HOOK", "backup_script", "BARMAN_PHASE", "pre"), "s3://b", "main", missing))
                .isEqualTo(1);
    }

    @Test
    void quietRunSaysNothing() {
        assertThat(run(Map.of(), "-qq", "file://b", "main", "/x/" + WAL)).isEqualTo(4);
        assertThat(err).isEmpty();
    }

    @Test
    void helpSaysWhatThereIs() {
        assertThat(run(Map.of(), "--help")).isZero();
        assertThat(out.replaceAll("\\s+", " "))
                .contains(
                        "azure-blob-storage or google-cloud-storage",
                        "gs://BUCKET/PATH",
                        "--parallel",
                        "--overwrite",
                        "--history-tag");
        assertThat(run(Map.of(), "--version")).isZero();
        assertThat(out).startsWith("barman-cloud-wal-archive ");
    }
}
