// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.barman.args.ArgumentParser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CloudBackupOptionsTest {
    private final CloudBucket bucket = new CloudBucket();

    private static CloudBackupOptions parse(String... args) throws Exception {
        ArgumentParser parser = new ArgumentParser("barman-cloud-backup", "");
        CloudOptions.declare(parser);
        CloudBackupOptions.declare(parser);
        return CloudBackupOptions.of(parser.parse(args), false);
    }

    private int run(String... args) {
        List<String> all = new ArrayList<>(Arrays.asList(args));
        all.addAll(List.of("--", CloudBucket.URL, "main"));
        return bucket.run(
                (a, out, err, stores) -> CloudBackupMain.run(a, Map.of(), out, err, stores),
                all.toArray(new String[0]));
    }

    @Test
    void defaultsAreThoseOfTheOriginal() throws Exception {
        CloudBackupOptions options = parse();

        assertThat(options.upload()).isEqualTo(new UploadOptions(null, 2, 0, 21474836, 10_000, 0, Map.of()));
        assertThat(options.name()).isNull();
        assertThat(options.immediateCheckpoint()).isFalse();
        assertThat(options.connInfo().toDsn()).isEqualTo("dbname=postgres application_name=barman_cloud_backup");
    }

    @Test
    void theServerIsGivenByOptionsOrByAString() throws Exception {
        assertThat(parse("-h", "pg", "-p", "5433", "-U", "me", "-d", "app")
                        .connInfo()
                        .toDsn())
                .isEqualTo("dbname=app host=pg port=5433 user=me application_name=barman_cloud_backup");
        assertThat(parse("-h", "pg", "-d", "host=other user=you").connInfo().toDsn())
                .isEqualTo("host=other user=you application_name=barman_cloud_backup");
        assertThat(parse("-h", "pg", "-d", "").connInfo().toDsn()).isEqualTo("application_name=barman_cloud_backup");
        assertThat(parse("-d", "postgresql://you@other/app").connInfo().value("host"))
                .contains("other");
        assertThat(parse("-d", "application_name=mine").connInfo().toDsn()).isEqualTo("application_name=mine");
    }

    @Test
    void partsAreThoseOfTheProvider() throws Exception {
        assertThat(parse("--cloud-provider", "azure-blob-storage").upload())
                .isEqualTo(new UploadOptions(null, 2, 0, 4294966, 50_000, 0, Map.of()));
        assertThat(parse("--cloud-provider", "google-cloud-storage", "-J", "8").upload())
                .isEqualTo(new UploadOptions(null, 1, 0, 16 << 20, Integer.MAX_VALUE, 0, Map.of()));
    }

    @Test
    void sizesAndTags() throws Exception {
        CloudBackupOptions options = parse(
                "-S",
                "2TB",
                "--min-chunk-size",
                "512MB",
                "--max-bandwidth",
                "1MB",
                "-J",
                "7",
                "--tag",
                "a,b",
                "--tag",
                "c,d");

        assertThat(options.upload())
                .isEqualTo(
                        new UploadOptions(null, 7, 1L << 40, 512 << 20, 10_000, 1 << 20, Map.of("a", "b", "c", "d")));
        assertThat(options.archiveSizeCapped()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-S 0",
                "-S big",
                "-J 0",
                "-J x",
                "--min-chunk-size 1XB",
                "--max-bandwidth -",
                "-n latest",
                "-n last-full",
                "-n 20261101T100000",
                "--name=",
                "-z -j",
                "--tag a",
                "--tag aws:a,b",
                "--aws-snapshot-lock-mode none",
                "--aws-snapshot-lock-cool-off-period 73",
                "--aws-snapshot-lock-duration 0",
                "--aws-snapshot-lock-duration 1 --aws-snapshot-lock-expiration-date 2027-01-01"
            })
    void wrongCommandLines(String line) {
        assertThat(run(line.split(" "))).as(bucket.err).isEqualTo(3);
        assertThat(bucket.err).contains("barman-cloud-backup: error: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--tag a,1 --tag a,2",
                "--tag a,1 --tag b,1 --tag c,1 --tag d,1 --tag e,1 --tag f,1 --tag g,1 --tag h,1 --tag i,1 --tag j,1 --tag k,1",
                "--snapshot-instance i",
                "--snapshot-disk d",
                "--snapshot-instance i --snapshot-disk d -z",
                "--snapshot-instance i --snapshot-disk d --snapshot-disk e",
            })
    void whatCannotBeDone(String line) {
        assertThat(run(line.split(" "))).as(bucket.err).isEqualTo(4);
    }

    @Test
    void snapshotsAreRefusedInWords() {
        run("--snapshot-instance", "i", "--snapshot-disk", "d");

        assertThat(bucket.err).contains("This version of barman-cloud-backup makes no snapshots");
    }

    @Test
    void theTestOfTheConnectionAsksNoPostgres() {
        assertThat(run("-t", "-h", "/nonexistent")).isZero();
    }

    @Test
    void aServerThatCannotBeReachedIsAFailureAndLeavesNothing() {
        assertThat(run("-h", "/nonexistent", "-d", "x")).isEqualTo(1);
        assertThat(bucket.err).contains("ERROR: Cannot connect to postgres: ");
        assertThat(bucket.keys()).isEmpty();
    }

    @Test
    void moreMemoryThanThereIsIsRefusedAtOnce() {
        assertThat(run("-J", "100000")).isEqualTo(4);
        assertThat(bucket.err).contains("MiB of memory", "BARMAN_JAVA_OPTS");
    }

    @Test
    void passwordsAreNotShown() {
        Throwable failure = catchThrowable(() -> parse("-d", "password=secret unknown"));

        assertThat(String.valueOf(failure.getMessage())).doesNotContain("secret");
    }
}
