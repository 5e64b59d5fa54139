// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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
                "--cloud-provider google-cloud-storage gs://b main " + WAL,
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
    void helpSaysWhatIsNotThere() {
        assertThat(run(Map.of(), "--help")).isZero();
        assertThat(out.replaceAll("\\s+", " "))
                .contains("the provider is always aws-s3", "--parallel", "--overwrite", "--history-tag");
        assertThat(run(Map.of(), "--version")).isZero();
        assertThat(out).startsWith("barman-cloud-wal-archive ");
    }
}
