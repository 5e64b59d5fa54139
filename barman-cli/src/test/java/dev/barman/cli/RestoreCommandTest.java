// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The surface of {@code barman restore}; what a restore does is tested where it is done. */
class RestoreCommandTest {
    private static final String ID = "20261120T125201";

    @TempDir
    Path directory;

    private Path configuration;

    @BeforeEach
    void createCatalogue() throws Exception {
        Path home = Files.createDirectories(directory.resolve("home"));
        configuration = Files.writeString(
                directory.resolve("barman.conf"),
                "[barman]\nbarman_home = " + home + "\nbarman_user = " + System.getProperty("user.name")
                        + "\nlog_file = " + directory.resolve("barman.log")
                        + "\n[main]\nconninfo = host=x\nbackup_method = postgres\narchiver = on\n");
        Path main = home.resolve("main");
        for (String name : List.of("incoming", "streaming", "errors", "wals/0000000100000000", "meta")) {
            Files.createDirectories(main.resolve(name));
        }
        Path data = main.resolve("base").resolve(ID).resolve("data");
        Files.createDirectories(data.resolve("global"));
        Files.writeString(data.resolve("global/pg_control"), "control");
        Files.writeString(data.resolve("postgresql.conf"), "archive_command = 'x'\nhba_file = '/h'\n");
        Files.writeString(data.resolve("postgresql.auto.conf"), "recovery_target_name = 'old'\n");
        Files.writeString(data.resolve("pg_hba.conf"), "");
        BackupInfo backup = BackupInfo.builder(BackupId.of(ID))
                .status(BackupStatus.DONE)
                .version(150018)
                .timeline(TimelineId.of(1))
                .beginWal(WalSegmentName.parse("000000010000000000000002"))
                .endWal(WalSegmentName.parse("000000010000000000000002"))
                .endTime(OffsetDateTime.parse("2026-11-20T12:52:03Z"))
                .build();
        new BackupCatalog("main", null, main.resolve("base"), main.resolve("meta")).save(backup);
    }

    private BarmanRun run(String... words) {
        List<String> args = new ArrayList<>(List.of("-c", configuration.toString()));
        args.addAll(List.of(words));
        return BarmanRun.of(args.toArray(new String[0]));
    }

    private String destination() {
        return directory.resolve("restored").toString();
    }

    @Test
    void theReportIsThatOfBarman() {
        BarmanRun run = run("restore", "--get-wal", "--target-immediate", "main", "latest", destination());
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out()
                        .replaceAll("start time: [0-9: .+-]+, elapsed time: [a-z0-9 ,]+", "TIMES")
                        .replace(destination(), "DEST"))
                .isEqualTo("""
                        Starting local restore for server main using backup 20261120T125201
                        Destination directory: DEST
                        Doing PITR. Recovery target immediate: True
                        Copying the base backup.
                        Generating recovery configuration
                        Identify dangerous settings in destination directory.

                        IMPORTANT
                        These settings have been modified to prevent data losses

                        postgresql.conf line 0: archive_command = false
                        postgresql.auto.conf line 0: recovery_target_name = None

                        WARNING
                        You are required to review the following options as potentially dangerous

                        postgresql.conf line 2: hba_file = '/h'

                        WARNING
                        The following configuration files have not been saved during backup, hence they have not been restored.
                        You need to manually restore them in order to start the restored PostgreSQL instance:

                            pg_ident.conf

                        WARNING: 'get-wal' is in the specified 'recovery_options'.
                        Before you start up the PostgreSQL server, please review the postgresql.auto.conf file
                        inside the target directory. Make sure that 'restore_command' can be executed by the PostgreSQL user.

                        Restore operation completed (TIMES)
                        Your PostgreSQL server has been successfully prepared for recovery!
                        """);
    }

    @Test
    void theJsonReportIsThatOfBarman() {
        BarmanRun run = run("-f", "json", "recover", "--no-get-wal", "--get-wal", "main", ID, destination());
        assertThat(run.code()).isZero();
        assertThat(run.out()
                        .replaceAll("\"less than one second\"|\"[0-9]+ seconds?\"", "\"ELAPSED\"")
                        .replaceAll("_seconds\": [0-9.]+(e-[0-9]+)?", "_seconds\": SECONDS")
                        .replaceAll("_time\": \"[0-9: .+-]+\"", "_time\": \"START\"")
                        .replaceAll("_timestamp\": \"[0-9]+\"", "_timestamp\": \"NUMBER\"")
                        .replace(destination(), "DEST"))
                .isEqualTo("{\"_INFO\": [\"Starting local restore for server main using backup 20261120T125201\","
                        + " \"Destination directory: DEST\", \"Copying the base backup.\", \"Generating recovery"
                        + " configuration\", \"Identify dangerous settings in destination directory.\"], \"_WARNING\":"
                        + " [\"IMPORTANT! Some settings have been modified to prevent data losses. See 'changes' key.\","
                        + " \"WARNING! You are required to review the options as potentially dangerous. See 'warnings'"
                        + " key.\", \"WARNING! Some configuration files have not been saved during backup, hence they"
                        + " have not been restored. See 'missing_files' key.\", \"WARNING: 'get-wal' is in the specified"
                        + " 'recovery_options'. Before you start up the PostgreSQL server, please review the recovery"
                        + " configuration inside the target directory. Make sure that 'restore_command' can be executed"
                        + " by the PostgreSQL user.\"], \"changes\": [[\"postgresql.conf\", 0, \"archive_command\","
                        + " \"false\"], [\"postgresql.auto.conf\", 0, \"recovery_target_name\", null]],"
                        + " \"changes_count\": 2, \"missing_files\": [\"pg_ident.conf\"], \"recovery_elapsed_time\":"
                        + " \"ELAPSED\", \"recovery_elapsed_time_seconds\": SECONDS, \"recovery_start_time\": \"START\","
                        + " \"recovery_start_time_timestamp\": \"NUMBER\", \"warnings\": [[\"postgresql.conf\", 2,"
                        + " \"hba_file\", \"'/h'\"]], \"warnings_count\": 1}");
    }

    @Test
    void everyOptionIsUnderstood() throws Exception {
        Files.write(directory.resolve("home/main/wals/0000000100000000/000000010000000000000002"), new byte[16 << 20]);
        BarmanRun run = run(
                "restore",
                "--target-time=2026-11-20 12:53:00Z",
                "--target-tli",
                "current",
                "--exclusive",
                "--target-action",
                "pause",
                "--standby-mode",
                "--staging-wal-directory",
                directory.resolve("wals").toString(),
                "--recovery-conf-filename",
                "my.conf",
                "--recovery-option-port",
                "22",
                "-j4",
                "--jobs-start-batch-size",
                "1",
                "--jobs-start-batch-period",
                "1",
                "--bwlimit",
                "0",
                "--retry-times",
                "2",
                "--retry-sleep",
                "3",
                "--no-retry",
                "--no-delta-restore",
                "--no-network-compression",
                "--staging-path",
                "/s",
                "--staging-location",
                "local",
                "--combine-mode",
                "link",
                "main",
                "latest",
                destination());
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("Doing PITR. Recovery target time: '2026-11-20 12:53:00+00:00', timeline: '1'\n");
        assertThat(directory.resolve("restored/standby.signal")).exists();
        assertThat(directory.resolve("restored/my.conf")).hasContent("""

                recovery_target_time = '2026-11-20 12:53:00+00:00'
                recovery_target_inclusive = 'False'
                recovery_target_timeline = current
                recovery_target_action = 'pause'
                """);
    }

    @ParameterizedTest
    @CsvSource({
        "--target-action, reboot",
        "--target-tli, 0",
        "--target-tli, newest",
        "--combine-mode, move",
        "--staging-location, here",
        "--jobs, 0"
    })
    void wordsThatDoNotFitAreUsageErrors(String option, String value) {
        BarmanRun run = run("restore", option, value, "main", "latest", destination());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("usage: barman restore").contains(value);
        assertThat(directory.resolve("restored")).doesNotExist();
    }

    @Test
    void aRefusalIsAnError() {
        BarmanRun run = run("restore", "--tablespace", "a:b", "--tablespace", "c", "main", "latest", destination());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .isEqualTo("ERROR: Invalid tablespace relocation rule 'c'\n"
                        + "HINT: The valid syntax for a relocation rule is NAME:LOCATION\n");
    }
}
