// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.BackupException;
import dev.barman.core.BarmanException;
import dev.barman.core.PostgresException;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.postgres.FakePostgresClient;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.postgres.PostgresVersion;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.core.tools.PgTools;
import dev.barman.file.LockFile;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The flow of a backup with a server and a copy that exist in memory. */
class BackupServiceTest {

    @TempDir
    Path home;

    private final FakePostgresClient client = new FakePostgresClient();
    private FakeMethod method;

    @BeforeEach
    void createMethod() {
        method = new FakeMethod();
    }

    /** A step of a session, for the test to make fail. */
    private enum Step {
        START,
        COPY,
        STOP
    }

    /** Copies two files, and remembers what was on disk at each step. */
    private final class FakeMethod implements BackupMethod {
        Step failingStep;
        Throwable failure;
        TerminationSignals.Kind signalDuringCopy;
        BackupFixture fixture;
        final List<String> onDisk = new ArrayList<>();
        boolean closed;

        @Override
        public String mode() {
            return "postgres";
        }

        @Override
        public BackupSession open(BackupOptions options, TerminationSignals signals) {
            return new BackupSession() {
                private void step(Step step) throws BarmanException, IOException {
                    try {
                        List<BackupInfo> all = fixture.catalog.load().all();
                        onDisk.add(step + " " + all.get(all.size() - 1).status());
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                    if (step == failingStep) {
                        if (failure instanceof BarmanException known) {
                            throw known;
                        }
                        if (failure instanceof IOException known) {
                            throw known;
                        }
                        if (failure instanceof Error error) {
                            throw error;
                        }
                        throw (RuntimeException) failure;
                    }
                }

                @Override
                public BackupInfo start(BackupInfo created) throws BarmanException, IOException {
                    step(Step.START);
                    return created.toBuilder()
                            .beginXlog(Lsn.parse("0/5000060"))
                            .beginWal(WalSegmentName.parse("000000010000000000000005"))
                            .beginOffset(0x60L)
                            .timeline(TimelineId.of(1))
                            .build();
                }

                @Override
                public BackupInfo copy(BackupInfo started) throws BarmanException, IOException {
                    Path data = fixture.catalog.directory(started.id()).resolve("data");
                    Files.createDirectories(data);
                    Files.writeString(data.resolve("PG_VERSION"), "15\n");
                    if (signalDuringCopy != null) {
                        signals.raise(signalDuringCopy);
                        signals.check();
                    }
                    step(Step.COPY);
                    return started;
                }

                @Override
                public BackupInfo stop(BackupInfo copied) throws BarmanException, IOException {
                    step(Step.STOP);
                    return copied.toBuilder()
                            .endXlog(Lsn.parse("0/7000000"))
                            .endWal(WalSegmentName.parse("000000010000000000000006"))
                            .endOffset(0L)
                            .build();
                }

                @Override
                public void close() {
                    closed = true;
                }
            };
        }
    }

    private BackupFixture fixture(String... options) throws Exception {
        List<String> lines = new ArrayList<>(List.of("conninfo = host=nowhere", "archiver = on"));
        lines.addAll(List.of(options));
        BackupFixture fixture = new BackupFixture(home, lines.toArray(String[]::new));
        method.fixture = fixture;
        return fixture;
    }

    private BackupOutcome backup(BackupFixture fixture) throws Exception {
        return fixture.service(client, method).backup(BackupOptions.of(fixture.server));
    }

    /** A WAL file in the archive with its line in the index. */
    private static void archived(BackupFixture fixture, String... names) throws IOException {
        List<WalEntry> entries = new ArrayList<>();
        for (String name : names) {
            Path file = fixture.server
                    .directories()
                    .wals()
                    .resolve(WalSegmentName.parse(name).archivePath());
            Files.createDirectories(file.getParent());
            Files.writeString(file, "x");
            entries.add(new WalEntry(name, 1, 1.0, null, null));
        }
        new XlogDb(fixture.server.directories().xlogdbFile()).append(entries);
    }

    private static List<String> archivedNames(BackupFixture fixture) throws IOException {
        try (Stream<Path> files = Files.walk(fixture.server.directories().wals())) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .filter(name -> !name.endsWith("-xlog.db"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void firstBackupIsRecordedAndPurgesEarlierWal() throws Exception {
        BackupFixture fixture = fixture();
        archived(fixture, "000000010000000000000003", "000000010000000000000004", "000000010000000000000005");
        BackupOutcome outcome = backup(fixture);
        assertThat(method.onDisk).containsExactly("START EMPTY", "COPY STARTED", "STOP STARTED");
        assertThat(method.closed).isTrue();
        BackupInfo backup = fixture.only();
        assertThat(backup).isEqualTo(outcome.backup());
        assertThat(backup.id()).hasToString("20261120T111948");
        assertThat(backup.status()).isEqualTo(BackupStatus.WAITING_FOR_WALS);
        assertThat(backup.systemid()).isEqualTo(client.systemIdentifier);
        assertThat(backup.size()).isEqualTo(3);
        assertThat(backup.deduplicatedSize()).isEqualTo(3);
        assertThat(archivedNames(fixture)).containsExactly("000000010000000000000005");
        assertThat(Files.readString(fixture.directory.resolve("identity.json")))
                .isEqualTo("{\n    \"systemid\": \"" + client.systemIdentifier + "\",\n    \"version\": \"15\"\n}\n");
        assertThat(client.actions).containsExactly("restore point barman_20261120T111948", "close");
        assertThat(fixture.messages.visible().subList(0, 7))
                .containsExactly(
                        "Starting backup using postgres method for server main in "
                                + fixture.catalog.directory(backup.id()),
                        "Backup start at LSN: 0/5000060 (000000010000000000000005, 00000060)",
                        "This is the first backup for server main",
                        "WAL segments preceding the current backup have been found:",
                        "\t000000010000000000000003 from server main has been removed",
                        "\t000000010000000000000004 from server main has been removed",
                        "Backup size: 3 B");
        assertThat(fixture.messages.visible().get(7))
                .isEqualTo("Backup end at LSN: 0/7000000 (000000010000000000000006, 00000000)");
        assertThat(fixture.messages.visible().get(8))
                .startsWith("Backup completed (start time: 2026-11-20 11:19:48, elapsed time: ");
        assertThat(fixture.messages.visible().get(9))
                .startsWith("WARNING: IMPORTANT: this backup is classified as WAITING_FOR_WALS");
        assertThat(fixture.messages.visible()).hasSize(10);
    }

    @Test
    void backupWhoseWalIsThereIsDone() throws Exception {
        BackupFixture fixture = fixture();
        archived(fixture, "000000010000000000000005", "000000010000000000000006");
        assertThat(backup(fixture).backup().status()).isEqualTo(BackupStatus.DONE);
        assertThat(fixture.only().status()).isEqualTo(BackupStatus.DONE);
        assertThat(fixture.messages.visible()).noneMatch(line -> line.contains("IMPORTANT"));
    }

    @Test
    void waitIsOverWhenTheLastWalIsThere() throws Exception {
        BackupFixture fixture = fixture();
        archived(fixture, "000000010000000000000005", "000000010000000000000006");
        BackupOutcome outcome = fixture.service(client, method)
                .backup(BackupOptions.of(fixture.server).withName("monthly").withWait(5));
        assertThat(outcome.backup().status()).isEqualTo(BackupStatus.DONE);
        assertThat(fixture.only().backupName()).isEqualTo("monthly");
        assertThat(fixture.messages.visible())
                .contains("Waiting for the WAL file 000000010000000000000006 from server 'main' (max: 5 seconds)");
    }

    /** A process that is killed while it waits must not leave the record of a copy in progress. */
    @Test
    void backupIsRecordedBeforeTheWait() throws Exception {
        Path seen = home.resolve("seen");
        BackupFixture fixture = fixture("pre_archive_script = cp " + home + "/main/meta/*-backup.info " + seen);
        archived(fixture, "000000010000000000000005");
        Path incoming = Files.createDirectories(fixture.server.directories().incoming());
        Files.writeString(incoming.resolve("000000010000000000000006"), "x".repeat(64));
        BackupOutcome outcome = fixture.service(client, method)
                .backup(BackupOptions.of(fixture.server).withWait(5));
        assertThat(Files.readString(seen)).contains("status=WAITING_FOR_WALS\n");
        assertThat(outcome.backup().status()).isEqualTo(BackupStatus.DONE);
    }

    @Test
    void archiverThatFailsDuringTheWaitDoesNotMakeTheBackupFailed() throws Exception {
        BackupFixture fixture = fixture();
        Path wals = Files.createDirectories(fixture.server.directories().wals());
        Files.writeString(wals.resolve("0000000100000000"), "in the way");
        Path incoming = Files.createDirectories(fixture.server.directories().incoming());
        Files.writeString(incoming.resolve("000000010000000000000006"), "x".repeat(64));
        assertThatThrownBy(() -> fixture.service(client, method)
                        .backup(BackupOptions.of(fixture.server).withWait(5)))
                .isInstanceOf(BarmanException.class);
        assertThat(fixture.only().status()).isEqualTo(BackupStatus.WAITING_FOR_WALS);
    }

    @Test
    void expiredWaitIsAnErrorAndTheBackupWaitsOn() throws Exception {
        BackupFixture fixture = fixture();
        archived(fixture, "000000010000000000000005");
        BackupOutcome outcome = fixture.service(client, method)
                .backup(BackupOptions.of(fixture.server).withWait(1));
        assertThat(outcome.backup().status()).isEqualTo(BackupStatus.WAITING_FOR_WALS);
        assertThat(fixture.messages.visible())
                .contains("ERROR: The WAL file 000000010000000000000006 has not been received in 1 seconds");
    }

    @ParameterizedTest
    @CsvSource({"START,starting backup", "COPY,copying files", "STOP,copying files"})
    void failureAtAnyStepLeavesFailedWithTheCause(Step step, String action) throws Exception {
        BackupFixture fixture = fixture();
        archived(fixture, "000000010000000000000003");
        method.failingStep = step;
        method.failure = new BackupException("first line\nsecond line");
        BackupOutcome outcome = backup(fixture);
        assertThat(outcome.interrupted()).isFalse();
        assertThat(fixture.only().status()).isEqualTo(BackupStatus.FAILED);
        assertThat(fixture.only().error()).isEqualTo("failure " + action + " (first line)");
        assertThat(fixture.messages.visible())
                .contains("ERROR: Backup failed " + action + ".\nDETAILS: first line\nsecond line");
        assertThat(method.closed).isTrue();
        assertThat(archivedNames(fixture))
                .as("HAZARD: a failed first backup must not purge")
                .containsExactly("000000010000000000000003");
        assertThat(LockFile.probe(fixture.server.directories().lockFile("backup")))
                .isEmpty();
    }

    @Test
    void failureWithoutAMessageIsNamedByItsType() throws Exception {
        BackupFixture fixture = fixture();
        method.failingStep = Step.COPY;
        method.failure = new IllegalStateException();
        backup(fixture);
        assertThat(fixture.only().error()).isEqualTo("failure copying files (IllegalStateException)");
    }

    @Test
    void errorOfTheMachineIsRecordedBeforeItGoesOn() throws Exception {
        BackupFixture fixture = fixture();
        method.failingStep = Step.COPY;
        method.failure = new OutOfMemoryError("Java heap space");
        assertThatThrownBy(() -> backup(fixture)).isInstanceOf(OutOfMemoryError.class);
        assertThat(fixture.only().status()).isEqualTo(BackupStatus.FAILED);
        assertThat(fixture.only().error()).contains("Java heap space");
    }

    @ParameterizedTest
    @CsvSource({"INT,KeyboardInterrupt", "TERM,143", "HUP,129"})
    void signalLeavesFailed(TerminationSignals.Kind signal, String cause) throws Exception {
        BackupFixture fixture = fixture("post_backup_script = env > " + home.resolve("post.env"));
        method.signalDuringCopy = signal;
        BackupOutcome outcome = backup(fixture);
        assertThat(outcome.interrupted()).isTrue();
        assertThat(fixture.only().status()).isEqualTo(BackupStatus.FAILED);
        assertThat(fixture.only().error()).isEqualTo("failure copying files (" + cause + ")");
        assertThat(fixture.messages.visible()).contains("ERROR: Backup failed copying files.\nDETAILS: " + cause);
        assertThat(Files.readString(home.resolve("post.env")))
                .contains("BARMAN_STATUS=FAILED\n")
                .contains("BARMAN_ERROR=failure copying files (" + cause + ")\n");
    }

    @Test
    void lostServerAtTheEndIsAFailureButAMissingRestorePointIsNot() throws Exception {
        BackupFixture fixture = fixture();
        client.failure = new PostgresException("the server is gone");
        method.failingStep = Step.STOP;
        method.failure = client.failure;
        assertThatThrownBy(() -> backup(fixture)).hasMessage("the server is gone");
        assertThat(fixture.catalog.load().all()).as("nothing was begun").isEmpty();
        client.failure = null;
        backup(fixture);
        assertThat(fixture.only().error()).isEqualTo("failure copying files (the server is gone)");
    }

    @Test
    void retryScriptMayForbidTheBackup() throws Exception {
        BackupFixture fixture = fixture("pre_backup_retry_script = exit 63");
        archived(fixture, "000000010000000000000003");
        backup(fixture);
        assertThat(fixture.only().status()).isEqualTo(BackupStatus.FAILED);
        assertThat(fixture.only().error())
                .isEqualTo("failure starting backup (Abort 'pre_backup_retry_script' retry hook script (exit 63, exit"
                        + " code: 63))");
        assertThat(method.onDisk).isEmpty();
        assertThat(archivedNames(fixture)).containsExactly("000000010000000000000003");
    }

    @Test
    void scriptsSeeTheBackupBeforeAndAfter() throws Exception {
        BackupFixture fixture = fixture(
                "pre_backup_script = env > " + home.resolve("pre.env"),
                "post_backup_script = env > " + home.resolve("post.env"));
        backup(fixture);
        String id = fixture.only().id().value();
        assertThat(Files.readString(home.resolve("pre.env")))
                .contains("BARMAN_STATUS=EMPTY\n")
                .contains("BARMAN_BACKUP_ID=" + id + "\n")
                .contains("BARMAN_PREVIOUS_ID=\n");
        assertThat(Files.readString(home.resolve("post.env"))).contains("BARMAN_STATUS=WAITING_FOR_WALS\n");
    }

    @Test
    void failedCheckWritesNothing() throws Exception {
        BackupFixture fixture = fixture();
        fixture.checksPass = false;
        assertThatThrownBy(() -> backup(fixture))
                .hasMessage("Impossible to start the backup. Check the log for more details, or run 'barman check"
                        + " main'");
        assertThat(fixture.directory).doesNotExist();
    }

    @Test
    void compressionThatPgBasebackupRefusesIsToldBeforeAnythingIsWritten() throws Exception {
        Path tool = Files.createDirectories(home.resolve("tools")).resolve("pg_basebackup");
        Files.writeString(tool, "#!/bin/sh\necho 'pg_basebackup (PostgreSQL) 15.18'\n");
        Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-xr-x"));
        BackupFixture fixture = fixture(
                "path_prefix = " + tool.getParent(),
                "backup_compression = lz4",
                "backup_compression_level = 13",
                "backup_compression_workers = 2");
        fixture.checksPass = false;
        PgBaseBackup refusing = new PgBaseBackup(
                fixture.server,
                fixture.catalog,
                client,
                null,
                PgTools.of(fixture.server.connection().pathPrefix()),
                PostgresEnvironment.ofProcess(),
                fixture.messages);

        assertThatThrownBy(() -> fixture.service(client, refusing).backup(BackupOptions.of(fixture.server)))
                .isInstanceOf(BackupException.class)
                .hasMessage(
                        "backup_compression_level 13 unsupported by compression algorithm. lz4 expects a compression"
                                + " level between 1 and 12 (0 will use default compression level).\n"
                                + "backup_compression_workers is not compatible with compression lz4.");
        assertThat(fixture.directory).doesNotExist();
        client.failure = new PostgresException("refused");
        assertThatThrownBy(() -> fixture.service(client, refusing).backup(BackupOptions.of(fixture.server)))
                .hasMessageStartingWith("Impossible to start the backup.");
    }

    @Test
    void busyLockRefusesTheBackup() throws Exception {
        BackupFixture fixture = fixture();
        Files.createDirectories(fixture.server.directories().locks());
        try (LockFile lock = LockFile.tryAcquire(fixture.server.directories().lockFile("backup"))) {
            assertThatThrownBy(() -> backup(fixture)).hasMessage("Another backup process is running");
        }
        assertThat(fixture.catalog.load().all()).isEmpty();
    }

    @Test
    void otherMethodsAreRefusedBeforeAnythingIsWritten() throws Exception {
        BackupFixture fixture = new BackupFixture(
                home, "conninfo = host=nowhere", "backup_method = rsync", "ssh_command = ssh x", "archiver = on");
        method.fixture = fixture;
        assertThatThrownBy(() -> backup(fixture))
                .hasMessage("server 'main' has backup_method = rsync: this release takes backups with backup_method ="
                        + " postgres only");
        assertThat(fixture.directory).doesNotExist();
    }

    @Test
    void staleRecordsAreClosedByTheNextBackup() throws Exception {
        BackupFixture fixture = fixture();
        BackupId empty = BackupId.of("20261120T100000");
        BackupId started = BackupId.of("20261120T100001");
        BackupId failed = BackupId.of("20261120T100002");
        fixture.catalog.save(
                BackupInfo.builder(empty).serverName("main").mode("postgres").build());
        fixture.catalog.save(BackupInfo.builder(started)
                .serverName("main")
                .mode("postgres")
                .status(BackupStatus.STARTED)
                .beginWal(WalSegmentName.parse("000000010000000000000002"))
                .build());
        fixture.catalog.save(BackupInfo.builder(failed)
                .serverName("main")
                .mode("postgres")
                .status(BackupStatus.FAILED)
                .error("failure copying files (x)")
                .build());
        backup(fixture);
        assertThat(fixture.catalog.find(empty).orElseThrow().error())
                .isEqualTo("failure starting backup (the backup process ended without recording a result)");
        assertThat(fixture.catalog.find(started).orElseThrow().status()).isEqualTo(BackupStatus.FAILED);
        assertThat(fixture.catalog.find(failed).orElseThrow().error()).isEqualTo("failure copying files (x)");
        assertThat(fixture.messages.visible())
                .contains("WARNING: Backup 20261120T100001 of server main was left STARTED by a process that is gone,"
                        + " and has been marked as FAILED");
    }

    @Test
    void staleRecordsAreLeftAloneWhileABackupRuns() throws Exception {
        BackupFixture fixture = fixture();
        BackupId started = BackupId.of("20261120T100001");
        fixture.catalog.save(BackupInfo.builder(started)
                .serverName("main")
                .mode("postgres")
                .status(BackupStatus.STARTED)
                .build());
        StaleBackups stale = new StaleBackups(fixture.catalog, fixture.server.directories(), fixture.messages);
        try (LockFile lock = LockFile.tryAcquire(fixture.server.directories().lockFile("backup"))) {
            assertThat(stale.recover()).isEmpty();
            assertThat(fixture.only().status()).isEqualTo(BackupStatus.STARTED);
        }
        assertThat(stale.recover()).containsExactly(started);
        assertThat(fixture.only().status()).isEqualTo(BackupStatus.FAILED);
    }

    @Test
    void idIsGreaterThanEveryExistingOneWhenTheClockWentBack() throws Exception {
        BackupFixture fixture = fixture();
        BackupId later = BackupId.of("20261120T120000");
        fixture.catalog.save(BackupInfo.builder(later)
                .serverName("main")
                .mode("postgres")
                .status(BackupStatus.DONE)
                .beginWal(WalSegmentName.parse("000000010000000000000003"))
                .endWal(WalSegmentName.parse("000000010000000000000003"))
                .build());
        archived(fixture, "000000010000000000000003", "000000010000000000000004");
        BackupOutcome outcome = backup(fixture);
        assertThat(outcome.backup().id()).hasToString("20261120T120001");
        assertThat(archivedNames(fixture))
                .as("HAZARD: WAL of the existing backup stays")
                .containsExactly("000000010000000000000003", "000000010000000000000004");
        assertThat(fixture.messages.visible()).noneMatch(line -> line.contains("first backup"));
    }

    @Test
    void damagedWalIndexDoesNotMakeTheFirstBackupFailed() throws Exception {
        BackupFixture fixture = fixture();
        archived(fixture, "000000010000000000000003", "000000010000000000000005", "000000010000000000000006");
        Path index = fixture.server.directories().xlogdbFile();
        Files.writeString(index, "not a line of the index\n" + Files.readString(index));
        assertThat(backup(fixture).backup().status()).isEqualTo(BackupStatus.DONE);
        assertThat(fixture.only().status()).isEqualTo(BackupStatus.DONE);
        assertThat(fixture.messages.visible())
                .anyMatch(line -> line.startsWith(
                        "WARNING: The WAL files preceding the first backup could not be removed, the backup itself"))
                .noneMatch(line -> line.startsWith("ERROR"));
        assertThat(archivedNames(fixture)).contains("000000010000000000000003");
    }

    @Test
    void wormModePurgesNothing() throws Exception {
        BackupFixture fixture = fixture("worm_mode = on");
        archived(fixture, "000000010000000000000003");
        backup(fixture);
        assertThat(archivedNames(fixture)).containsExactly("000000010000000000000003");
        assertThat(fixture.messages.visible())
                .containsSubsequence(
                        "This is the first backup for server main",
                        "'worm_mode' is enabled, skip purging of unused WAL files.");
    }

    @Test
    void incrementalBackupNeedsPostgres17AndAParentWithSummaries() throws Exception {
        BackupFixture fixture = fixture();
        BackupOptions options = BackupOptions.of(fixture.server);
        BackupOptions incremental = new BackupOptions(null, "latest", true, 0, 0, 0, false, false, 0);
        assertThatThrownBy(() -> fixture.service(client, method).backup(incremental))
                .hasMessage("Unknown backup 'latest' for server 'main'");
        BackupId parent = BackupId.of("20261120T100000");
        fixture.catalog.save(BackupInfo.builder(parent)
                .serverName("main")
                .mode("postgres")
                .status(BackupStatus.DONE)
                .build());
        assertThatThrownBy(() -> fixture.service(client, method).backup(incremental))
                .hasMessage("failed to start backup: Postgres version 17 or greater is required for incremental backups"
                        + " using the Postgres backup method");
        client.version = PostgresVersion.of(170000);
        assertThatThrownBy(() -> fixture.service(client, method).backup(incremental))
                .hasMessageStartingWith("failed to start backup: 'summarize_wal' option has to be enabled");
        client.settings.put("summarize_wal", "on");
        assertThatThrownBy(() -> fixture.service(client, method).backup(incremental))
                .hasMessageStartingWith("failed to start backup: Backup ID 20261120T100000 is not eligible");
        assertThat(fixture.catalog.load().all()).hasSize(1);
        assertThat(options.parent()).isNull();
    }
}
