// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.BarmanException;
import dev.barman.core.PostgresException;
import dev.barman.core.archive.TestArchiveProvider;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.ServerIdentity;
import dev.barman.core.postgres.Privileges;
import dev.barman.core.postgres.ReplicationSlot;
import dev.barman.file.LockFile;
import dev.barman.wal.Lsn;
import dev.barman.wal.storage.WalStorage;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class CheckServiceTest {
    private static final String[] STREAMING = {
        "backup_method = postgres", "streaming_archiver = on", "slot_name = barman", "streaming_conninfo = host=pg"
    };

    @TempDir
    Path directory;

    @Test
    void healthyStreamingServerGetsTheRecordedListInOrder() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, STREAMING);
        fixture.archived("000000010000000000000002", "000000010000000000000003", "000000010000000000000004");
        fixture.backup("20261120T115800", BackupStatus.DONE, 39_182_576);
        fixture.postgres.slots.put("barman", new ReplicationSlot("barman", true, Lsn.parse("0/5000000")));
        new ServerIdentity(fixture.postgres.systemIdentifier, "15")
                .writeIfAbsent(fixture.server().directories().identityFile());
        try (LockFile receiver =
                LockFile.tryAcquire(fixture.server().directories().lockFile("receive-wal"))) {
            assertThat(fixture.run())
                    .containsExactly(
                            "PostgreSQL: OK",
                            "superuser or standard user with backup privileges: OK",
                            "PostgreSQL streaming: OK",
                            "wal_level: OK",
                            "replication slot: OK",
                            "directories: OK",
                            "retention policy settings: OK",
                            "backup maximum age: OK (no last_backup_maximum_age provided)",
                            "backup minimum size: OK (37.4 MiB)",
                            "wal maximum age: OK (no last_wal_maximum_age provided)",
                            "wal size: OK (1.0 KiB)",
                            "compression settings: OK",
                            "failed backups: OK (there are 0 failed backups)",
                            "minimum redundancy requirements: OK (have 1 non-incremental backups, expected at least 0)",
                            "pg_basebackup: OK",
                            "pg_basebackup compatible: OK",
                            "pg_basebackup supports tablespaces mapping: OK",
                            "systemid coherence: OK",
                            "pg_receivexlog: OK",
                            "pg_receivexlog compatible: OK",
                            "receive-wal running: OK",
                            "archiver errors: OK");
        }
        assertThat(fixture.postgres.actions).doesNotContain("switch");
    }

    @Test
    void unreachablePostgresSkipsWhatDependsOnItAndStillReportsTheSlot() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, STREAMING);
        fixture.archived("000000010000000000000002");
        fixture.postgres.failure = new PostgresException("refused");
        fixture.streaming.failure = new PostgresException("refused");
        assertThat(fixture.run())
                .containsSubsequence(
                        "PostgreSQL: FAILED",
                        "replication slot: FAILED (replication slot 'barman' doesn't exist. Please execute 'barman"
                                + " receive-wal --create-slot srv')",
                        "directories: OK",
                        "pg_basebackup: OK",
                        "pg_basebackup compatible: FAILED (PostgreSQL version: None, pg_basebackup version: 15.18)",
                        "systemid coherence: OK (no system Id available)",
                        "pg_receivexlog: OK",
                        "pg_receivexlog compatible: FAILED (PostgreSQL version: None, pg_receivexlog version: 15.18)",
                        "receive-wal running: FAILED (See the Barman log file for more details)")
                .noneMatch(line -> line.startsWith("superuser"))
                .noneMatch(line -> line.startsWith("PostgreSQL streaming"))
                .noneMatch(line -> line.startsWith("wal_level"));
    }

    @Test
    void emptyArchiveRunsTheArchiverThenSwitchesAndWaits() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "archiver = on", "ssh_command = true");
        fixture.timeoutSeconds = 30;
        fixture.pendingWals = () -> {
            fixture.archiverRuns.add("archive");
            if (fixture.postgres.actions.contains("switch")) {
                try {
                    fixture.archived("000000010000000000000001");
                } catch (Exception e) {
                    throw new IOException(e);
                }
            }
        };
        assertThat(fixture.run("WAL archive")).isEmpty();
        assertThat(fixture.postgres.actions).contains("switch");
        assertThat(fixture.archiverRuns).hasSizeGreaterThan(1);
    }

    @Test
    void archiveThatStaysEmptyFailsAfterAThirdOfTheLimit() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "archiver = on", "ssh_command = true");
        fixture.timeoutSeconds = 3;
        assertThat(fixture.run("WAL archive"))
                .isEqualTo("WAL archive: FAILED (please make sure WAL shipping is setup)");
    }

    @Test
    void waitingBackupStandsForAnArchive() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "archiver = on", "ssh_command = true");
        fixture.backup("20261120T115800", BackupStatus.WAITING_FOR_WALS, 1);
        assertThat(fixture.run("WAL archive")).isEmpty();
        assertThat(fixture.archiverRuns).isEmpty();
        assertThat(fixture.postgres.actions).doesNotContain("switch");
    }

    @Test
    void missingPrivilegesForASwitchFailTheCheckAndNoMore() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "archiver = on", "ssh_command = true");
        fixture.postgres.privileges = new Privileges(false, false, true, false);
        List<String> lines = fixture.run();
        assertThat(lines)
                .contains(
                        "WAL archive: FAILED (please make sure WAL shipping is setup)",
                        "no access to backup functions: FAILED (privileges for PostgreSQL backup functions are required"
                                + " (see documentation))",
                        "archiver errors: OK");
    }

    @Test
    void disabledServerIsLookedAtAndLeftAsItIs() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "archiver = on");
        assertThat(fixture.server().disabled()).isTrue();
        assertThat(fixture.run())
                .contains("WAL archive: FAILED (please make sure WAL shipping is setup)", "configuration: FAILED")
                .noneMatch(line -> line.startsWith("directories"));
        assertThat(fixture.archiverRuns).isEmpty();
        assertThat(fixture.postgres.actions).doesNotContain("switch");
        assertThat(fixture.server().directories().backup()).doesNotExist();
    }

    @Test
    void compressionThatPgBasebackupRefusesIsAConfigurationProblem() throws Exception {
        CheckFixture fixture = new CheckFixture(
                directory,
                "archiver = on",
                "backup_method = postgres",
                "streaming_conninfo = host=pg",
                "backup_compression = gzip",
                "backup_compression_level = 10");
        assertThat(fixture.run("configuration")).isEqualTo("configuration: FAILED");
    }

    @Test
    void configurationProblemsAreDetails() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "archiver = on");
        CheckReport report = CheckService.run(fixture.context(), result -> {});
        CheckResult configuration = report.failures().stream()
                .filter(result -> result.name().equals("configuration"))
                .findFirst()
                .orElseThrow();
        assertThat(configuration.details())
                .containsExactly("Missing or invalid ssh_command in barman configuration for server srv");
    }

    @Test
    void missingDirectoriesAreCreated() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, STREAMING);
        fixture.timeoutSeconds = 2;
        assertThat(fixture.run("directories")).isEqualTo("directories: OK");
        assertThat(fixture.server().directories().toCreate()).allMatch(Files::isDirectory);
    }

    @Test
    void directoryThatCannotBeMadeIsNamedWithTheReason() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, STREAMING);
        Files.writeString(fixture.home.resolve("srv"), "a file in the way");
        assertThat(fixture.run("directories")).startsWith("directories: FAILED (" + fixture.home.resolve("srv"));
    }

    @Test
    void queuesAndForeignFilesAreCounted() throws Exception {
        CheckFixture fixture = new CheckFixture(
                directory,
                "archiver = off",
                "max_incoming_wals_queue = 1",
                STREAMING[0],
                STREAMING[1],
                STREAMING[2],
                STREAMING[3]);
        fixture.archived("000000010000000000000002");
        Path incoming = Files.createDirectories(fixture.server().directories().incoming());
        Path streaming = Files.createDirectories(fixture.server().directories().streaming());
        for (int i = 0; i < 3; i++) {
            Files.createFile(incoming.resolve("wal" + i));
            Files.createFile(streaming.resolve("wal" + i));
        }
        Files.createFile(incoming.resolve(".hidden"));
        assertThat(fixture.run())
                .contains(
                        "empty incoming directory: FAILED ('" + incoming + "' must be empty when archiver=off)",
                        "incoming WALs directory: FAILED (there are too many WALs in queue: 3, max 1)",
                        "streaming WALs directory: FAILED (there are too many WALs in queue: 2, max 1)");
    }

    @Test
    void agesCompareWithTheirLimits() throws Exception {
        CheckFixture fixture = new CheckFixture(
                directory,
                "archiver = on",
                "ssh_command = true",
                "last_backup_maximum_age = 1 HOUR",
                "last_wal_maximum_age = 4 DAYS",
                "last_backup_minimum_size = 1Ki",
                "minimum_redundancy = 2");
        fixture.archived("000000010000000000000002", "000000010000000000000004");
        fixture.backup("20261120T115800", BackupStatus.DONE, 1000);
        fixture.backup("20261120T115000", BackupStatus.FAILED, 1000);
        assertThat(fixture.run())
                .contains(
                        "backup maximum age: OK (interval provided: 1 hour, latest backup age: 1 minute, 30 seconds)",
                        "backup minimum size: FAILED (last backup size 1000 B < 1.0 KiB minimum)",
                        "wal maximum age: OK (interval provided: 4 days, latest wal age: 1 minute)",
                        "failed backups: FAILED (there are 1 failed backups)",
                        "minimum redundancy requirements: FAILED (have 1 non-incremental backups, expected at least 2)");
    }

    @Test
    void noBackupIsTooOld() throws Exception {
        CheckFixture fixture = new CheckFixture(
                directory,
                "archiver = on",
                "ssh_command = true",
                "last_backup_maximum_age = 4 DAYS",
                "last_wal_maximum_age = 1 HOUR");
        fixture.archived("000000010000000000000002");
        assertThat(fixture.run())
                .contains(
                        "backup maximum age: FAILED (interval provided: 4 days, latest backup age: No available backups)",
                        "wal maximum age: FAILED (No WAL files archived for last backup)",
                        "backup minimum size: OK (0 B)",
                        "wal size: OK (0 B)");
    }

    @Test
    void slotStatesHaveTheirHints() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, STREAMING);
        fixture.archived("000000010000000000000002");
        fixture.postgres.slots.put("barman", new ReplicationSlot("barman", false, null));
        assertThat(fixture.run("replication slot"))
                .isEqualTo("replication slot: FAILED (slot 'barman' not initialised: is 'receive-wal' running?)");
        fixture.postgres.slots.put("barman", new ReplicationSlot("barman", false, Lsn.parse("0/5000000")));
        assertThat(fixture.run("replication slot"))
                .isEqualTo("replication slot: FAILED (slot 'barman' not active: is 'receive-wal' running?)");
    }

    @Test
    void slotThatNobodyNeedsIsShownAsPassedWithAWarning() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "archiver = on", "ssh_command = true", "slot_name = barman");
        fixture.archived("000000010000000000000002");
        assertThat(fixture.run("replication slot")).isEmpty();
        fixture.postgres.slots.put("barman", new ReplicationSlot("barman", false, Lsn.parse("0/5000000")));
        assertThat(fixture.run("replication slot"))
                .isEqualTo("replication slot: OK (WARNING: slot 'barman' is initialised but not required by the current"
                        + " config)");
    }

    @Test
    void systemIdsOfAllSourcesMustAgree() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, STREAMING);
        fixture.archived("000000010000000000000002");
        assertThat(fixture.run("systemid coherence")).isEqualTo("systemid coherence: OK (no system Id stored on disk)");
        Path identity = fixture.server().directories().identityFile();
        new ServerIdentity("42", "15").writeIfAbsent(identity);
        assertThat(fixture.run("systemid coherence"))
                .isEqualTo(
                        "systemid coherence: FAILED (the system Id of the connected PostgreSQL server changed, stored in"
                                + " \"" + identity + "\")");
        fixture.postgres.systemIdentifier = "43";
        assertThat(fixture.run("systemid coherence"))
                .isEqualTo(
                        "systemid coherence: FAILED (is the streaming DSN targeting the same server of the PostgreSQL"
                                + " connection string?)");
    }

    @Test
    void standbyAndPrimaryAreComparedWhenBothAreConfigured() throws Exception {
        CheckFixture fixture =
                new CheckFixture(directory, "archiver = on", "ssh_command = true", "primary_conninfo = host=primary");
        fixture.archived("000000010000000000000002");
        assertThat(fixture.run())
                .contains("PostgreSQL server is standby: FAILED (conninfo should point to a standby server if"
                        + " primary_conninfo is set)")
                .noneMatch(line -> line.startsWith("Primary"));
        fixture.postgres.inRecovery = true;
        fixture.primary.systemIdentifier = "1";
        assertThat(fixture.run())
                .containsSubsequence(
                        "PostgreSQL server is standby: OK",
                        "Primary server is not a standby: OK",
                        "Primary and standby have same system ID: FAILED (primary_conninfo and conninfo should point to"
                                + " primary and standby servers which share the same system identifier)");
    }

    @Test
    void sshMustAnswerAndStaySilent() throws Exception {
        CheckFixture noisy = new CheckFixture(directory, "archiver = on", "ssh_command = echo");
        noisy.archived("000000010000000000000002");
        assertThat(noisy.run())
                .containsSubsequence(
                        "ssh: OK (PostgreSQL server)",
                        "ssh output clean: FAILED (the configured ssh_command must not add anything to the remote command"
                                + " output)");
        CheckFixture broken = new CheckFixture(directory.resolve("2"), "archiver = on", "ssh_command = false");
        broken.archived("000000010000000000000002");
        assertThat(broken.run("ssh"))
                .isEqualTo("ssh: FAILED (Connection failed using 'false -o BatchMode=yes -o StrictHostKeyChecking=no'"
                        + " return code 1)");
    }

    @Test
    void archivingSettingsOfPostgresAreChecked() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "archiver = on", "ssh_command = true");
        fixture.archived("000000010000000000000002");
        fixture.postgres.settings.put("archive_mode", "off");
        fixture.postgres.settings.put("archive_command", "(disabled)");
        assertThat(fixture.run())
                .containsSubsequence(
                        "archive_mode: FAILED (please set it to 'on' or 'always')",
                        "archive_command: FAILED (please set it accordingly to documentation)",
                        "archiver errors: OK")
                .noneMatch(line -> line.startsWith("continuous archiving"));
    }

    @Test
    void filesPutAsideAreCountedByTheirEndings() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "archiver = on", "ssh_command = true");
        fixture.archived("000000010000000000000002");
        Path errors = Files.createDirectories(fixture.server().directories().errors());
        for (String name : List.of("a.1.duplicate", "b.1.unknown", "c.1.unknown", "d.1.error", "strange")) {
            Files.createFile(errors.resolve(name));
        }
        assertThat(fixture.run("archiver errors"))
                .isEqualTo("archiver errors: FAILED (not relevant: 1, unknown: 2, duplicates: 1, unknown failure: 1)");
    }

    @Test
    void incompleteCustomCompressionFails() throws Exception {
        CheckFixture fixture =
                new CheckFixture(directory, "archiver = on", "ssh_command = true", "compression = custom");
        fixture.archived("000000010000000000000002");
        assertThat(fixture.run("compression settings")).startsWith("compression settings: FAILED");
    }

    @Test
    void encryptionWithoutAKeyFails() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "archiver = on", "ssh_command = true", "encryption = gpg");
        fixture.archived("000000010000000000000002");
        assertThat(fixture.run("encryption"))
                .isEqualTo("encryption: FAILED (Encryption is set as gpg, but encryption_key_id is unset)");
    }

    @Test
    void onlyTheListedChecksLetABackupStart() throws Exception {
        CheckFixture fixture = new CheckFixture(
                directory,
                "archiver = on",
                "ssh_command = true",
                "minimum_redundancy = 3",
                "last_backup_maximum_age = 1 HOUR");
        fixture.archived("000000010000000000000002");
        new ServerIdentity(fixture.postgres.systemIdentifier, "15")
                .writeIfAbsent(fixture.server().directories().identityFile());
        CheckReport advisory = CheckService.run(fixture.context(), result -> {});
        assertThat(advisory.failures())
                .extracting(CheckResult::name)
                .containsExactly("backup maximum age", "minimum redundancy requirements");
        assertThat(advisory.allowsBackup()).isTrue();
        assertThat(advisory.passed()).isFalse();
        fixture.postgres.settings.put("archive_mode", "off");
        assertThat(CheckService.run(fixture.context(), result -> {}).allowsBackup())
                .isFalse();
    }

    @Test
    void checkThatCannotBeCarriedOutIsAFailedCheckAndTheOthersFollow() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "archiver = on", "ssh_command = true");
        fixture.pendingWals = () -> {
            throw new BarmanException("cannot read incoming");
        };
        assertThat(fixture.run())
                .contains("WAL archive: FAILED (cannot read incoming)", "PostgreSQL: OK", "archiver errors: OK");
    }

    @Test
    void queueThatIsNoDirectoryIsAFailedCheck() throws Exception {
        CheckFixture fixture =
                new CheckFixture(directory, "archiver = off", STREAMING[0], STREAMING[1], STREAMING[2], STREAMING[3]);
        fixture.archived("000000010000000000000002");
        Files.createFile(fixture.server().directories().incoming());
        assertThat(fixture.run("empty incoming directory")).startsWith("empty incoming directory: FAILED (");
    }

    @Test
    @Timeout(20)
    void checksThatHangEndWithATimeoutAndNothingLater() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "archiver = on", "ssh_command = true");
        fixture.archived("000000010000000000000002");
        fixture.timeoutSeconds = 1;
        CountDownLatch never = new CountDownLatch(1);
        Check hangs = new Check() {
            @Override
            public String name() {
                return "hanging";
            }

            @Override
            public List<CheckResult> run(CheckContext context) throws InterruptedException {
                never.await(1, TimeUnit.MINUTES);
                return List.of(CheckResult.ok(name()));
            }
        };
        CheckReport report = CheckService.run(
                fixture.context(), List.of(new DirectoriesCheck(), hangs, new ArchiverErrorsCheck()), result -> {});
        never.countDown();
        assertThat(report.results())
                .extracting(CheckFixture::line)
                .containsExactly("directories: OK", "check timeout: FAILED (barman check command timed out)");
        assertThat(report.allowsBackup()).isFalse();
    }

    @Test
    void receiverIsCheckedOnItsOwnConnections() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, STREAMING);
        assertThat(CheckService.runBeforeStreaming(fixture.context()).results())
                .extracting(CheckFixture::line)
                .containsExactly(
                        "PostgreSQL: OK",
                        "has monitoring privileges (WAL streaming): OK",
                        "PostgreSQL streaming (WAL streaming): OK",
                        "wal_level (WAL streaming): OK",
                        "systemid coherence (WAL streaming): OK (no system Id stored on disk)");
    }

    @Test
    void passiveNodeHasNoChecksOfPostgres() throws Exception {
        CheckFixture fixture = new CheckFixture(directory, "primary_ssh_command = true");
        fixture.archived("000000010000000000000002");
        assertThat(fixture.run())
                .contains("ssh: OK (Barman primary node)", "systemid coherence: OK (no system Id available)")
                .noneMatch(line -> line.startsWith("PostgreSQL"))
                .noneMatch(line -> line.startsWith("archive_mode"));
    }

    private CheckResult bucketResult(WalStorage archive) throws Exception {
        String url = "test://" + UUID.randomUUID();
        TestArchiveProvider.ARCHIVES.put(url, archive);
        try {
            CheckFixture fixture = new CheckFixture(
                    directory,
                    "wals_directory = " + url,
                    "archiver = on",
                    "backup_method = postgres",
                    "streaming_conninfo = host=pg");
            return CheckService.run(fixture.context(), List.of(new WalBucketCheck()), result -> {})
                    .results()
                    .get(0);
        } finally {
            TestArchiveProvider.ARCHIVES.remove(url);
        }
    }

    /** An archive that is asked nothing but whether it answers, who else uses it, and where it is. */
    private static WalStorage bucket(Callable<Optional<String>> others) {
        return (WalStorage) Proxy.newProxyInstance(
                WalStorage.class.getClassLoader(), new Class<?>[] {WalStorage.class}, (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "probe":
                            return null;
                        case "sharedWith":
                            return others.call();
                        case "location":
                            return "s3://b/p/main/wals";
                        default:
                            throw new AssertionError("asked for " + method.getName());
                    }
                });
    }

    @Test
    void bucketForThisServerAloneIsFine() throws Exception {
        assertThat(CheckFixture.line(bucketResult(bucket(Optional::empty)))).isEqualTo("WAL bucket: OK");
    }

    @Test
    void bucketThatOthersUseFailsTheCheckButStopsNoBackup() throws Exception {
        CheckResult result = bucketResult(bucket(() -> Optional.of("others keep backups there (s3://b/o)")));

        assertThat(CheckFixture.line(result))
                .isEqualTo(
                        "WAL bucket: FAILED (others keep backups there (s3://b/o), so WAL files are no longer removed"
                                + " from s3://b/p/main/wals: move one of the two to another URL or server name)");
        CheckReport report = new CheckReport("srv", List.of(result));
        assertThat(report.passed()).isFalse();
        assertThat(report.allowsBackup()).isTrue();
    }

    @Test
    void bucketOfWhichNobodyKnowsWhoUsesItFailsTheCheck() throws Exception {
        CheckResult result = bucketResult(bucket(() -> {
            throw new IOException("listing refused");
        }));

        assertThat(CheckFixture.line(result)).isEqualTo("WAL bucket: FAILED (listing refused)");
        assertThat(result.critical()).isTrue();
    }
}
