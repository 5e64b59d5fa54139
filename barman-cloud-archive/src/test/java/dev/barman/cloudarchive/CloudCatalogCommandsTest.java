// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.PythonLiteral;
import dev.barman.core.catalog.Tablespace;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code backup-list}, {@code -show}, {@code -keep} and {@code check-wal-archive}, with recordings of the original's output. */
class CloudCatalogCommandsTest {
    private static final String HEADER =
            "Backup ID           End Time                 Begin Wal                     Archival Status  Name                \n";

    private final CloudBucket bucket = new CloudBucket();

    private int list(String... args) {
        return bucket.run(CloudBackupListMain::run, args);
    }

    private int show(String... args) {
        return bucket.run(CloudBackupShowMain::run, args);
    }

    private int keep(String... args) {
        return bucket.run(CloudBackupKeepMain::run, args);
    }

    private int check(String... args) {
        return bucket.run(CloudCheckWalArchiveMain::run, args);
    }

    private void addThree() {
        bucket.add(CloudBucket.backup(1, 1, 4).build());
        bucket.add(CloudBucket.backup(2, 1, 6).backupName("nightly").build());
        bucket.add(CloudBucket.backup(3, 1, 9)
                .status(BackupStatus.FAILED)
                .endTime(null)
                .endWal(null)
                .error("failure uploading data (no)")
                .build());
    }

    @Test
    void emptyListHasItsHeader() {
        assertThat(list(CloudBucket.URL, "main")).isZero();
        assertThat(bucket.out).isEqualTo(HEADER);
        assertThat(list("--format", "json", CloudBucket.URL, "main")).isZero();
        assertThat(bucket.out).isEqualTo("{\"backups_list\": []}\n");
    }

    @Test
    void listShowsDoneBackupsAndKeeps() {
        addThree();
        assertThat(keep("--target", "full", CloudBucket.URL, "main", "nightly")).isZero();

        assertThat(list(CloudBucket.URL, "main")).isZero();
        assertThat(bucket.out)
                .isEqualTo(
                        HEADER
                                + "20261101T100000     2026-11-01 10:05:00      000000010000000000000004                                           \n"
                                + "20261102T100000     2026-11-02 10:05:00      000000010000000000000006      KEEP:FULL        nightly             \n");
        assertThat(bucket.err).isEmpty();

        assertThat(list("--format", "yaml", CloudBucket.URL, "main")).isZero();
        assertThat(bucket.out)
                .startsWith("{\"backups_list\": [{\"backup_label\": null, \"begin_offset\": 40, ")
                .contains("\"backup_id\": \"20261101T100000\"", "\"status\": \"FAILED\"")
                .doesNotContain("KEEP")
                .hasLineCount(1);
    }

    @Test
    void showHasTheFormOfTheOriginal() {
        bucket.add(CloudBucket.backup(1, 1, 4)
                .backupName("nightly")
                .clusterSize(36_507_222_016L)
                .dataChecksums("on")
                .tablespaces(List.of(new Tablespace("ts1", 16384, "/srv/ts1")))
                .copyStats(PythonLiteral.parse("{'total_time': 9.1, 'analysis_time': 0, 'copy_time': 7.235759}"))
                .build());

        assertThat(show(CloudBucket.URL, "main", "nightly")).isZero();
        assertThat(bucket.out).isEqualTo("""
                        Backup 20261101T100000:
                          Backup Name            : nightly
                          Server Name            : cloud
                          System Id              : 7710312078042739839
                          Status                 : DONE
                          PostgreSQL Version     : 150018
                          PGDATA directory       : /pg
                          Estimated Cluster Size : 34.0 GiB

                          Server information:
                            Checksums            : on

                          Tablespaces:
                            ts1                  : /srv/ts1 (oid: 16384)

                          Base backup information:
                            Timeline             : 1
                            Begin WAL            : 000000010000000000000004
                            End WAL              : 000000010000000000000005
                            Begin time           : 2026-11-01 10:00:00.250000+00:00
                            End time             : 2026-11-01 10:05:00.250000+00:00
                            Copy time            : 7 seconds
                            Begin Offset         : 40
                            End Offset           : 256
                            Begin LSN            : 0/4000028
                            End LSN              : 0/5000100

                        """);

        assertThat(show("--format=json", CloudBucket.URL, "main", "last")).isZero();
        assertThat(bucket.out)
                .startsWith("{\"cloud\": {\"backup_label\": null, \"backup_name\": \"nightly\", \"begin_offset\": 40,"
                        + " \"begin_time\": \"Sun Nov  1 10:00:00 2026\"")
                .contains(
                        "\"copy_stats\": {\"total_time\": 9.1, \"analysis_time\": 0, \"copy_time\": 7.235759}",
                        "\"tablespaces\": [[\"ts1\", 16384, \"/srv/ts1\"]]",
                        "\"cluster_size\": 36507222016,")
                .endsWith(
                        "\"xlog_segment_size\": 16777216, \"backup_id\": \"20261101T100000\", \"begin_time_iso\": \"2026-11-01T10:00:00.250000+00:00\", \"end_time_iso\": \"2026-11-01T10:05:00.250000+00:00\"}}\n");
    }

    @Test
    void failedBackupShowsItsError() {
        addThree();
        assertThat(show(CloudBucket.URL, "main", "last-failed")).isZero();
        assertThat(bucket.out).isEqualTo("""
                        Backup 20261103T100000:
                          Server Name            : cloud
                          System Id              : 7710312078042739839
                          Status                 : FAILED
                          Error                  : failure uploading data (no)
                        """);
    }

    @Test
    void unknownBackupsHaveTheCodesOfTheOriginal() {
        addThree();
        assertThat(show(CloudBucket.URL, "main", "20200101T000000")).isEqualTo(1);
        assertThat(bucket.err).contains(" ERROR: Backup 20200101T000000 for server main does not exist\n");
        assertThat(show(CloudBucket.URL, "main", "weekly")).isEqualTo(4);
        assertThat(bucket.err)
                .contains(" ERROR: Unknown backup 'weekly' for server 'main'\n")
                .hasLineCount(1);
        assertThat(show(CloudBucket.URL, "main", "latest-full")).isEqualTo(4);
        assertThat(keep("-s", CloudBucket.URL, "main", "20200101T000000")).isZero();
        assertThat(bucket.out).isEqualTo("Keep: nokeep\n");
        assertThat(keep("-r", CloudBucket.URL, "main", "20200101T000000")).isZero();
    }

    @Test
    void keepOfAnAbsentBackupIsARefusal() {
        assertThat(keep("--target", "full", CloudBucket.URL, "main", "20200101T000000"))
                .isEqualTo(1);
        assertThat(bucket.err).contains("does not exist");
        assertThat(bucket.keys()).isEmpty();
    }

    @Test
    void keepIsSetReplacedAndReleased() throws IOException {
        addThree();
        String key = "p/main/base/20261102T100000/annotations/keep";
        assertThat(keep("--target", "full", CloudBucket.URL, "main", "nightly")).isZero();
        assertThat(bucket.text(key)).isEqualTo("full");
        assertThat(keep("--target", "standalone", CloudBucket.URL + "/", "main", "nightly"))
                .isZero();
        assertThat(bucket.text(key)).isEqualTo("standalone");
        assertThat(keep("-s", CloudBucket.URL, "main", "nightly")).isZero();
        assertThat(bucket.out).isEqualTo("Keep: standalone\n");
        assertThat(keep("--release", CloudBucket.URL, "main", "nightly")).isZero();
        assertThat(keep("--release", CloudBucket.URL, "main", "nightly")).isZero();
        assertThat(bucket.keys()).doesNotContain(key);

        assertThat(keep("--target", "full", CloudBucket.URL, "main", "last")).isEqualTo(1);
        assertThat(bucket.err)
                .contains("Cannot add keep to backup 20261103T100000 because it has status FAILED. Only backups with"
                        + " status DONE can be kept.");
    }

    @Test
    void keepBelowTwoSlashesCountsWhateverTheUrl() {
        addThree();
        String slashed = "p//main/base/20261102T100000/annotations/keep";
        for (String url : List.of(CloudBucket.URL, CloudBucket.URL + "/")) {
            bucket.put(slashed, "standalone");
            assertThat(keep("-s", url, "main", "nightly")).isZero();
            assertThat(bucket.out).isEqualTo("Keep: standalone\n");
            assertThat(list(url, "main")).isZero();
            assertThat(bucket.out).contains("KEEP:STANDALONE");
            assertThat(keep("-r", url, "main", "nightly")).isZero();
            assertThat(bucket.keys()).doesNotContain(slashed);
        }
        bucket.put(slashed, "full");
        assertThat(keep("--target", "standalone", CloudBucket.URL, "main", "nightly"))
                .isZero();
        assertThat(keep("-s", CloudBucket.URL, "main", "nightly")).isZero();
        assertThat(bucket.out).isEqualTo("Keep: standalone\n");
        assertThat(bucket.keys()).doesNotContain(slashed);
    }

    @Test
    void unreadableBackupIsAWarningAndAnUnknownFieldToo() {
        addThree();
        bucket.put("p/main/base/20261101T100000/backup.info", "begin_wal=1\nno equals sign\n");
        bucket.put("p/main/base/20261104T100000/data.tar", "an unfinished one");
        bucket.add(CloudBucket.backup(5, 1, 12).unknownField("gp_dbid", "7").build());

        assertThat(list(CloudBucket.URL, "main")).isZero();
        assertThat(bucket.out).hasLineCount(3).contains("20261102T100000", "20261105T100000");
        assertThat(bucket.err)
                .hasLineCount(2)
                .contains("WARNING: Unable to read backup.info of backup 20261101T100000: ", "gp_dbid");
        assertThat(show(CloudBucket.URL, "main", "20261101T100000")).isEqualTo(1);
    }

    @Test
    void ambiguousNameIsFour() {
        bucket.add(CloudBucket.backup(1, 1, 4).backupName("nightly").build());
        bucket.add(CloudBucket.backup(2, 1, 6).backupName("nightly").build());
        assertThat(show(CloudBucket.URL, "main", "nightly")).isEqualTo(4);
        assertThat(bucket.err).contains("20261101T100000", "20261102T100000");
    }

    @ParameterizedTest
    @CsvSource({
        "-h s3://b main x",
        "s3://b main",
        "--target whole s3://b main x",
        "-r -s s3://b main x",
        "s3://b main x",
        "-v -q -s s3://b main x"
    })
    void wrongCommandLineIsThree(String line) {
        assertThat(keep(line.split(" "))).isEqualTo(3);
        assertThat(bucket.err).startsWith("usage: barman-cloud-backup-keep ").contains(": error: ");
    }

    @Test
    void walArchiveCheckCountsWalFilesOfTheTimelineAndLater() {
        assertThat(check(CloudBucket.URL, "main")).isZero();
        bucket.put("p/main/wals/readme", "no WAL");
        bucket.put("p/main/wals/0000000100000000/000000010000000000000001.txt", "no WAL");
        assertThat(check(CloudBucket.URL, "main")).isZero();
        bucket.addWal(1, 1, ".gz");
        bucket.addWal(2, 5, "");
        bucket.put("p/main/wals/00000002.history.bz2", "x");

        assertThat(check(CloudBucket.URL, "main")).isEqualTo(1);
        assertThat(bucket.err).contains(" ERROR: WAL archive check failed for server main: Expected empty archive\n");
        assertThat(check("--timeline", "2", CloudBucket.URL, "main")).isEqualTo(1);
        assertThat(bucket.err).contains("Found 2 files in WAL archive equal to or newer than timeline 2");
        assertThat(check("--timeline", "3", CloudBucket.URL, "main")).isZero();
        assertThat(check("--timeline", "0", CloudBucket.URL, "main")).isEqualTo(3);
        assertThat(bucket.err).contains("argument --timeline: '0' is not a valid positive integer");
    }

    @Test
    void idsAreTakenAsTheyAre() throws CloudException {
        addThree();
        assertThat(new CloudBackups("main", List.of(), Map.of()).resolve("20261102T100000"))
                .isEqualTo(BackupId.of("20261102T100000"));
    }
}
