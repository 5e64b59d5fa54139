// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.archive.ServerWalArchive;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.PythonLiteral;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.core.postgres.JdbcPostgresClient;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.testing.PostgresCluster;
import dev.barman.core.tools.PgTools;
import dev.barman.file.LockFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Backups of a real server whose archiver copies its WAL into the server's incoming directory. */
class BackupIT {

    private static PostgresCluster cluster;
    private static Path incoming;
    private static Path tablespace;

    @TempDir
    Path home;

    @BeforeAll
    static void startServer() throws IOException {
        cluster = PostgresCluster.create(1);
        incoming = cluster.directory().resolve("shipped");
        tablespace = cluster.directory().resolve("space");
        PostgresCluster.asPostgres("mkdir", incoming.toString(), tablespace.toString());
        cluster.configure(
                "archive_mode = on",
                "archive_command = 'cp %p " + incoming + "/.%f && mv " + incoming + "/.%f " + incoming + "/%f'");
        cluster.start();
        cluster.sql("create tablespace spc location '" + tablespace + "'");
        cluster.sql("create table inside as select generate_series(1, 1000) as n");
        cluster.sql("create table outside tablespace spc as select generate_series(1, 1000) as n");
    }

    @AfterAll
    static void stopServer() throws IOException {
        cluster.close();
    }

    private BackupFixture fixture(String... options) throws Exception {
        return new BackupFixture(home, lines(options));
    }

    private static String[] lines(String... options) {
        List<String> lines = new ArrayList<>(List.of(
                "conninfo = " + cluster.conninfo(),
                "streaming_conninfo = " + cluster.streamingConninfo(),
                "archiver = on",
                "incoming_wals_directory = " + incoming));
        lines.addAll(Arrays.asList(options));
        return lines.toArray(String[]::new);
    }

    private static BackupOutcome backup(BackupFixture fixture, BackupOptions options, @Nullable String pathPrefix)
            throws Exception {
        PostgresEnvironment environment = PostgresEnvironment.ofProcess();
        fixture.clock = Clock.systemDefaultZone();
        try (JdbcPostgresClient client = new JdbcPostgresClient(ConnInfo.parse(cluster.conninfo()), environment)) {
            return fixture.service(
                            client,
                            new PgBaseBackup(
                                    fixture.server,
                                    fixture.catalog,
                                    client,
                                    null,
                                    PgTools.of(pathPrefix),
                                    environment,
                                    fixture.messages))
                    .backup(options);
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void backupIsCompleteRecordedAndRestartable() throws Exception {
        BackupFixture fixture = fixture();
        cluster.switchWal();
        BackupOutcome outcome = backup(fixture, BackupOptions.of(fixture.server).withWait(60), null);
        BackupInfo backup = fixture.only();
        assertThat(backup).isEqualTo(outcome.backup());
        assertThat(fixture.messages.visible()).noneMatch(line -> line.startsWith("ERROR"));
        assertThat(backup.status()).isEqualTo(BackupStatus.DONE);
        assertThat(backup.pgdata()).isEqualTo(cluster.data().toString());
        assertThat(backup.version()).isEqualTo(Integer.parseInt(cluster.sql("show server_version_num")));
        assertThat(backup.xlogSegmentSize().bytes()).isEqualTo(1 << 20);
        assertThat(backup.systemid()).isEqualTo(cluster.sql("select system_identifier from pg_control_system()"));
        assertThat(backup.mode()).isEqualTo("postgres");
        assertThat(backup.configFile())
                .isEqualTo(cluster.data().resolve("postgresql.conf").toString());
        assertThat(backup.tablespaces())
                .containsExactly(new Tablespace(
                        "spc",
                        Long.parseLong(cluster.sql("select oid from pg_tablespace where spcname = 'spc'")),
                        tablespace.toString()));
        assertThat(backup.clusterSize()).isGreaterThan(1_000_000);
        assertThat(backup.compression()).isNull();
        assertThat(backup.error()).isNull();
        assertThat(backup.copyStats()).isInstanceOf(PythonLiteral.Dict.class);

        Path data = fixture.catalog.dataDirectory(backup.id());
        String label = Files.readString(data.resolve("backup_label"), StandardCharsets.UTF_8);
        assertThat(backup.backupLabel()).isEqualTo(label).contains("LABEL: pg_basebackup base backup");
        assertThat(label)
                .startsWith("START WAL LOCATION: " + backup.beginXlog() + " (file " + backup.beginWal() + ")\n");
        assertThat(backup.beginOffset())
                .isEqualTo(backup.beginXlog().offset(backup.xlogSegmentSize()))
                .isEqualTo(40);
        assertThat(backup.endXlog()).isGreaterThan(backup.beginXlog());
        assertThat(data.resolve("backup_manifest")).exists();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                .isEqualTo("rwx------");
        long oid = backup.tablespaces().get(0).oid();
        assertThat(Files.readSymbolicLink(data.resolve("pg_tblspc/" + oid)))
                .isEqualTo(fixture.catalog.tablespaceDirectory(backup.id(), oid));
        assertThat(names(fixture.catalog.tablespaceDirectory(backup.id(), oid)))
                .hasSize(1)
                .allMatch(name -> name.startsWith("PG_"));
        assertThat(backup.size()).isEqualTo(bytesBelow(fixture.catalog.directory(backup.id())));
        assertThat(backup.deduplicatedSize()).isEqualTo(backup.size());
        PostgresCluster.asPostgres("true");
        verify(data);

        List<String> said = fixture.messages.visible();
        assertThat(said.get(1)).startsWith("Backup start at LSN: ");
        assertThat(said.subList(2, 4))
                .containsExactly("Starting backup copy via pg_basebackup for " + backup.id(), said.get(3));
        assertThat(said.get(3)).startsWith("Copy done (time: ");
        assertThat(said.get(4)).isEqualTo("Finalising the backup.");
        assertThat(said.get(5)).isEqualTo("This is the first backup for server main");
        assertThat(LockFile.probe(fixture.server.directories().lockFile("backup")))
                .isEmpty();
        assertThat(cluster.logText()).contains("restore point \"barman_" + backup.id() + "\" created");
    }

    /** pg_verifybackup reads a backup as its owner. */
    private static void verify(Path data) throws Exception {
        Process verification = new ProcessBuilder(PostgresCluster.program("pg_verifybackup"), "-n", data.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(verification.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(verification.waitFor()).as(output).isZero();
    }

    private static long bytesBelow(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            return paths.filter(path -> Files.isRegularFile(path, java.nio.file.LinkOption.NOFOLLOW_LINKS))
                    .mapToLong(path -> path.toFile().length())
                    .sum();
        }
    }

    @Test
    void secondBackupKeepsTheWalOfTheFirst() throws Exception {
        BackupFixture fixture = fixture();
        BackupInfo first = backup(fixture, BackupOptions.of(fixture.server).withWait(60), null)
                .backup();
        fixture.messages.clear();
        BackupInfo second = backup(fixture, BackupOptions.of(fixture.server).withWait(60), null)
                .backup();
        assertThat(second.id()).isGreaterThan(first.id());
        assertThat(second.status()).isEqualTo(BackupStatus.DONE);
        assertThat(fixture.messages.visible()).noneMatch(line -> line.contains("first backup"));
        assertThat(ServerWalArchive.of(fixture.server).storage().exists(first.beginWal()))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({"gzip,base.tar.gz", "lz4,base.tar.lz4", "zstd,base.tar.zst", "none,base.tar"})
    void tarBackupHasItsLabelReadFromTheArchive(String algorithm, String archive) throws Exception {
        BackupFixture fixture = fixture("backup_compression = " + algorithm);
        BackupInfo backup = backup(fixture, BackupOptions.of(fixture.server).withWait(60), null)
                .backup();
        assertThat(fixture.messages.visible()).noneMatch(line -> line.startsWith("ERROR"));
        assertThat(backup.status()).isEqualTo(BackupStatus.DONE);
        assertThat(backup.compression()).isEqualTo(algorithm);
        assertThat(backup.backupLabel()).startsWith("START WAL LOCATION: " + backup.beginXlog());
        Path data = fixture.catalog.dataDirectory(backup.id());
        assertThat(names(data)).contains(archive, "backup_manifest");
        assertThat(fixture.catalog.tablespaceDirectory(
                        backup.id(), backup.tablespaces().get(0).oid()))
                .isEmptyDirectory();
    }

    @Test
    void serverThatRefusesReplicationLeavesFailedWithItsReason() throws Exception {
        BackupFixture fixture = fixture("streaming_conninfo = " + cluster.streamingConninfo() + "_nobody");
        BackupOutcome outcome = backup(fixture, BackupOptions.of(fixture.server), null);
        BackupInfo backup = fixture.only();
        assertThat(outcome.backup().status()).isEqualTo(BackupStatus.FAILED);
        Path data = fixture.catalog.directory(backup.id()).resolve("data");
        assertThat(backup.error())
                .isEqualTo("failure copying files (data transfer failure on directory '" + data + "')");
        assertThat(fixture.messages.visible().stream()
                        .filter(line -> line.startsWith("ERROR"))
                        .toList())
                .singleElement()
                .asString()
                .startsWith("ERROR: Backup failed copying files.\nDETAILS: data transfer failure on directory '" + data
                        + "'\npg_basebackup error:\npg_basebackup: error: ")
                .contains("postgres_nobody");
        assertThat(data).isEmptyDirectory();
        assertThat(backup.beginXlog()).as("the provisional begin").isNotNull();
        assertThat(backup.endXlog()).isNull();
    }

    @Test
    void failedCopyIsTriedAgain() throws Exception {
        Path tools = Files.createDirectory(home.resolve("tools"));
        Path wrapper = tools.resolve("pg_basebackup");
        Files.writeString(
                wrapper,
                "#!/bin/sh\ncase \"$1\" in --version) exec " + PostgresCluster.program("pg_basebackup")
                        + " \"$@\";; esac\nif [ ! -e " + home.resolve("tried") + " ]; then touch "
                        + home.resolve("tried")
                        + "; for a; do case \"$a\" in --pgdata=*) echo junk > \"${a#*=}/junk\";;"
                        + " esac; done; echo broken >&2; exit 1; fi\nexec " + PostgresCluster.program("pg_basebackup")
                        + " \"$@\"\n");
        Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
        BackupFixture fixture = fixture("basebackup_retry_times = 1", "basebackup_retry_sleep = 0");
        BackupInfo backup = backup(fixture, BackupOptions.of(fixture.server).withWait(60), tools.toString())
                .backup();
        assertThat(backup.status()).isEqualTo(BackupStatus.DONE);
        assertThat(fixture.messages.visible())
                .containsSubsequence(
                        "WARNING: Failure executing a backup using pg_basebackup (attempt 0)",
                        "WARNING: The files copied so far will be removed and the backup process will restart in 0"
                                + " seconds");
        assertThat(fixture.catalog.dataDirectory(backup.id()).resolve("junk")).doesNotExist();
    }

    /** So slow that it cannot end before the signal comes. */
    private static final String SLOW = "bandwidth_limit = 32";

    private BackupInfo awaitCopy(BackupFixture fixture, Process process) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < end && process.isAlive()) {
            List<BackupInfo> open = fixture.catalog.backups(status -> status == BackupStatus.STARTED);
            if (!open.isEmpty()) {
                Path data = fixture.catalog.directory(open.get(0).id()).resolve("data");
                if (Files.isDirectory(data) && !names(data).isEmpty()) {
                    return open.get(0);
                }
            }
            Thread.sleep(20);
        }
        throw new AssertionError("the copy did not begin: " + Files.readString(home.resolve("process.out")));
    }

    private static void signal(Process process, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static boolean copyRuns(BackupFixture fixture, BackupInfo backup) {
        String argument = "--pgdata=" + fixture.catalog.directory(backup.id()).resolve("data");
        return ProcessHandle.allProcesses()
                .anyMatch(process -> process.info()
                        .arguments()
                        .map(arguments -> Arrays.asList(arguments).contains(argument))
                        .orElse(false));
    }

    @ParameterizedTest
    @CsvSource({"INT,KeyboardInterrupt", "TERM,143", "HUP,129"})
    void signalDuringTheCopyLeavesFailedAndNoChild(String name, String cause) throws Exception {
        BackupFixture fixture = fixture(SLOW);
        Process process = BackupProcess.start(fixture, cluster.conninfo(), lines(SLOW));
        BackupInfo started = awaitCopy(fixture, process);
        signal(process, name);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        BackupInfo failed = fixture.only();
        assertThat(failed.id()).isEqualTo(started.id());
        assertThat(failed.status()).isEqualTo(BackupStatus.FAILED);
        assertThat(failed.error()).isEqualTo("failure copying files (" + cause + ")");
        assertThat(copyRuns(fixture, failed)).isFalse();
        assertThat(Files.readString(home.resolve("process.out")))
                .contains("ERROR: Backup failed copying files.\nDETAILS: " + cause + "\n");
        deleted(fixture, failed);
    }

    @Test
    void killedBackupIsClosedByTheNextOneAndEveryStateCanBeDeleted() throws Exception {
        BackupFixture fixture = fixture(SLOW);
        Process process = BackupProcess.start(fixture, cluster.conninfo(), lines(SLOW));
        BackupInfo killed = awaitCopy(fixture, process);
        process.destroyForcibly().waitFor();
        assertThat(fixture.only().status()).isEqualTo(BackupStatus.STARTED);
        assertThat(copyRuns(fixture, killed))
                .as("pg_basebackup outlives its parent")
                .isTrue();

        BackupFixture quick = fixture();
        BackupInfo next =
                backup(quick, BackupOptions.of(quick.server).withWait(60), null).backup();
        assertThat(next.status()).isEqualTo(BackupStatus.DONE);
        BackupInfo closed = quick.catalog.find(killed.id()).orElseThrow();
        assertThat(closed.status()).isEqualTo(BackupStatus.FAILED);
        assertThat(closed.error())
                .isEqualTo("failure copying files (the backup process ended without recording a result)");
        assertThat(copyRuns(quick, killed)).isFalse();
        assertThat(quick.messages.visible()).contains("This is the first backup for server main");
        deleted(quick, closed);
        assertThat(quick.only().status()).isEqualTo(BackupStatus.DONE);
        deleted(quick, next);
    }

    @Test
    void killedBackupCanBeDeletedAsItIs() throws Exception {
        BackupFixture fixture = fixture(SLOW);
        Process process = BackupProcess.start(fixture, cluster.conninfo(), lines(SLOW));
        BackupInfo killed = awaitCopy(fixture, process);
        process.destroyForcibly().waitFor();
        assertThat(fixture.only().status()).isEqualTo(BackupStatus.STARTED);
        deleted(fixture, killed);
        assertThat(copyRuns(fixture, killed)).isFalse();
        assertThat(fixture.catalog.load().all()).isEmpty();
    }

    @Test
    void runningBackupExcludesAnotherAndItsDeletion() throws Exception {
        BackupFixture fixture = fixture(SLOW);
        Process process = BackupProcess.start(fixture, cluster.conninfo(), lines(SLOW));
        BackupInfo running = awaitCopy(fixture, process);
        try {
            BackupFixture other = fixture();
            org.assertj.core.api.Assertions.assertThatThrownBy(
                            () -> backup(other, BackupOptions.of(other.server), null))
                    .hasMessage("Another backup process is running");
            assertThat(new StaleBackups(other.catalog, other.server.directories(), other.messages).recover())
                    .isEmpty();
            assertThat(other.only()).isEqualTo(running);
        } finally {
            signal(process, "TERM");
            process.waitFor();
        }
    }

    private static void deleted(BackupFixture fixture, BackupInfo backup) throws Exception {
        DeleteService service = new DeleteService(
                ServerCatalog.of(fixture.server),
                ServerWalArchive.of(fixture.server).storage(),
                fixture.hooks,
                fixture.messages,
                fixture.clock);
        assertThat(service.delete(backup.id()))
                .as(fixture.messages.visible().toString())
                .isTrue();
        assertThat(fixture.catalog.find(backup.id())).isEmpty();
        assertThat(fixture.catalog.directory(backup.id())).doesNotExist();
    }
}
