// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import static dev.barman.core.recovery.RestoreFixture.ID;
import static dev.barman.core.recovery.RestoreFixture.info;
import static dev.barman.core.recovery.RestoreFixture.walContent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.BarmanException;
import dev.barman.core.RecoveryException;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.PythonLiteral;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.hook.HookAbortedException;
import dev.barman.wal.Lsn;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RestoreServiceTest {
    private static final String WAL_1 = "000000010000000000000001";
    private static final String WAL_2 = "000000010000000000000002";
    private static final String WAL_3 = "000000010000000000000003";
    private static final String LABEL = "000000010000000000000002.00000028.backup";
    private static final String HISTORY = "00000002.history";
    private static final String WAL_2_3 = "000000020000000000000003";
    private static final TargetOptions IMMEDIATE = new TargetOptions(null, null, null, null, true, null, false, null);

    @TempDir
    Path directory;

    RestoreFixture fixture;

    @BeforeEach
    void createCatalogue() throws Exception {
        fixture = new RestoreFixture(directory);
    }

    private void archive() throws IOException {
        fixture.wal(WAL_1, null);
        fixture.wal(WAL_2, CompressionAlgorithm.GZIP);
        fixture.wal(LABEL, CompressionAlgorithm.ZSTD);
        fixture.wal(WAL_3, null);
        fixture.wal(HISTORY, null);
        fixture.wal(WAL_2_3, CompressionAlgorithm.LZ4);
    }

    private static TargetOptions time(String text) {
        return new TargetOptions(text, null, null, null, false, null, false, null);
    }

    private static TargetOptions timeline(@Nullable String lsn, String timeline) {
        return new TargetOptions(null, null, lsn, null, false, timeline, false, null);
    }

    private static TreeSet<String> list(Path directory) throws IOException {
        TreeSet<String> names = new TreeSet<>();
        try (Stream<Path> paths = Files.walk(directory)) {
            paths.filter(path -> !path.equals(directory))
                    .forEach(path -> names.add(directory.relativize(path).toString()));
        }
        return names;
    }

    private String restored(String file) throws IOException {
        return Files.readString(fixture.destination.resolve(file));
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS));
    }

    private void assertRefused(RestoreRequest.Builder request, String message) throws IOException {
        assertThatThrownBy(() -> fixture.restore(request))
                .isInstanceOf(BarmanException.class)
                .hasMessageStartingWith(message);
        assertThat(Files.exists(fixture.destination)
                        && !list(fixture.destination).isEmpty())
                .as("the destination was touched")
                .isFalse();
    }

    // what is restored

    @Test
    void aPlainBackupIsRestoredWithTheWalItNeeds() throws Exception {
        fixture.plainBackup(info());
        archive();
        RestoreReport report = fixture.restore(fixture.request());
        assertThat(list(fixture.destination))
                .containsExactlyInAnyOrder(
                        ".barman-recover.info",
                        "PG_VERSION",
                        "backup_manifest." + ID,
                        "base",
                        "base/1",
                        "base/1/112",
                        "global",
                        "global/pg_control",
                        "link",
                        "log",
                        "pg_hba.conf",
                        "pg_ident.conf",
                        "pg_tblspc",
                        "pg_tblspc/16400",
                        "pg_wal",
                        "pg_wal/" + WAL_2,
                        "pg_wal/" + LABEL,
                        "pg_wal/" + WAL_3,
                        "pg_wal/" + HISTORY,
                        "pg_wal/archive_status",
                        "pg_wal/archive_status/" + WAL_2 + ".done",
                        "pg_wal/archive_status/" + LABEL + ".done",
                        "pg_wal/archive_status/" + WAL_3 + ".done",
                        "pg_wal/archive_status/" + HISTORY + ".done",
                        "postgresql.auto.conf",
                        "postgresql.auto.conf.origin",
                        "postgresql.conf",
                        "postgresql.conf.origin");
        assertThat(fixture.messages.lines().stream().filter(line -> !line.startsWith("DEBUG")))
                .containsExactly(
                        "Starting local restore for server main using backup " + ID,
                        "Destination directory: " + fixture.destination,
                        "Copying the base backup.",
                        "Copying required WAL segments.",
                        "Generating archive status files",
                        "Identify dangerous settings in destination directory.");
        assertThat(Files.readAllBytes(fixture.destination.resolve("pg_wal/" + WAL_2)))
                .isEqualTo(walContent(WAL_2));
        assertThat(restored("pg_wal/" + LABEL)).isEqualTo("text of " + LABEL);
        assertThat(restored("postgresql.conf"))
                .isEqualTo(
                        "port = 1\n#BARMAN#archive_command = 'x'\narchive_command = false\nhba_file = '/elsewhere'\n");
        assertThat(restored("postgresql.conf.origin"))
                .isEqualTo("port = 1\narchive_command = 'x'\nhba_file = '/elsewhere'\n");
        assertThat(restored("postgresql.auto.conf")).isEqualTo("# auto\n#BARMAN#recovery_target_xid = '1'\n");
        assertThat(report.outcome().changes())
                .containsExactly(
                        new ConfigurationNote("postgresql.conf", 1, "archive_command", "false"),
                        new ConfigurationNote("postgresql.auto.conf", 1, "recovery_target_xid", null));
        assertThat(report.outcome().warnings())
                .containsExactly(new ConfigurationNote("postgresql.conf", 3, "hba_file", "'/elsewhere'"));
        assertThat(report.outcome().missingFiles()).isEmpty();
        assertThat(report.getWal()).isFalse();
        assertThat(fixture.archivings).isEqualTo(1);
    }

    @Test
    void modesAndTimesArePreserved() throws Exception {
        fixture.plainBackup(info());
        archive();
        fixture.restore(fixture.request());
        Path destination = fixture.destination;
        assertThat(mode(destination)).isEqualTo("rwx------");
        assertThat(mode(destination.resolve("base/1/112"))).isEqualTo("rw-------");
        assertThat(mode(destination.resolve("postgresql.conf"))).isEqualTo("rw-------");
        assertThat(mode(destination.resolve("pg_wal/" + WAL_3))).isEqualTo("rw-------");
        assertThat(Files.getLastModifiedTime(destination.resolve("base/1/112"))).isEqualTo(RestoreFixture.MODIFIED);
        assertThat(Files.getLastModifiedTime(destination.resolve("pg_wal/" + WAL_2)))
                .isEqualTo(RestoreFixture.MODIFIED);
        assertThat(Files.readSymbolicLink(destination.resolve("link"))).isEqualTo(Path.of("PG_VERSION"));
    }

    @Test
    void tablespacesAreRelocatedAndLinked() throws Exception {
        Path original = fixture.root.resolve("ts/original");
        Path moved = fixture.root.resolve("ts/moved");
        fixture.plainBackup(info().tablespaces(List.of(new Tablespace("tbs", 16400, original.toString()))));
        archive();
        fixture.restore(fixture.request().tablespaceRules(List.of("tbs:" + moved)));
        assertThat(list(fixture.root.resolve("ts")))
                .containsExactly(
                        "moved", "moved/PG_15_202209061", "moved/PG_15_202209061/5", "moved/PG_15_202209061/5/16409");
        assertThat(mode(moved)).isEqualTo("rwx------");
        assertThat(Files.readSymbolicLink(fixture.destination.resolve("pg_tblspc/16400")))
                .isEqualTo(moved);
        assertThat(fixture.messages.lines()).contains("\t16400, tbs, " + moved);
    }

    @Test
    void aTargetKeepsTheWalApart() throws Exception {
        fixture.plainBackup(info());
        archive();
        fixture.restore(fixture.request().target(IMMEDIATE));
        assertThat(list(fixture.destination.resolve("pg_wal"))).isEmpty();
        assertThat(list(fixture.destination.resolve("barman_wal"))).containsExactly(WAL_2, HISTORY, "archive_status");
        assertThat(restored("recovery.signal")).isEmpty();
        assertThat(restored("postgresql.auto.conf"))
                .isEqualTo("# auto\n#BARMAN#recovery_target_xid = '1'\n\nrestore_command = 'cp " + fixture.destination
                        + "/barman_wal/%f %p'\nrecovery_end_command = 'rm -fr " + fixture.destination
                        + "/barman_wal'\nrecovery_target = 'immediate'\n");
        assertThat(fixture.messages.lines())
                .contains("Doing PITR. Recovery target immediate: True", "Generating recovery configuration")
                .doesNotContain("Generating archive status files");
    }

    @Test
    void theTimelineDecidesWhichWalIsCopied() throws Exception {
        fixture.plainBackup(info());
        archive();
        Path staging = fixture.root.resolve("wals");
        fixture.restore(
                fixture.request().target(timeline("0/300010", "latest")).stagingWalDirectory(staging.toString()));
        assertThat(list(staging)).containsExactly(WAL_2, LABEL, WAL_3, HISTORY, WAL_2_3, "archive_status");
        assertThat(fixture.messages.lines()).contains("Doing PITR. Recovery target lsn: '0/300010', timeline: '2'");
        assertThat(restored("postgresql.auto.conf"))
                .contains("restore_command = 'cp " + staging + "/%f %p'\n", "\nrecovery_target_timeline = latest\n");
    }

    @Test
    void aStaleSignalOfAStandbyDoesNotOutweighTheTarget() throws Exception {
        fixture.plainBackup(info());
        RestoreFixture.file(fixture.backupDirectory().resolve("data/standby.signal"), "");
        archive();
        fixture.restore(fixture.request().target(IMMEDIATE));
        assertThat(list(fixture.destination)).contains("recovery.signal").doesNotContain("standby.signal");
    }

    @Test
    void getWalOfTheConfigurationCanBeSwitchedOff() throws Exception {
        fixture = new RestoreFixture(directory, "recovery_options = get-wal");
        fixture.plainBackup(info());
        archive();
        RestoreReport report = fixture.restore(fixture.request());
        assertThat(report.getWal()).isTrue();
        assertThat(list(fixture.destination.resolve("pg_wal"))).containsExactly("archive_status");
        assertThat(restored("postgresql.auto.conf")).contains("restore_command = 'barman get-wal -P main %f > %p'\n");
        RestoreReport second = fixture.restore(
                RestoreRequest.of("latest", fixture.root.resolve("second").toString())
                        .getWal(false));
    }

    @Test
    void anotherRecoveryFileIsCreatedAndFilledAndMissingOnesAreReported() throws Exception {
        fixture.plainBackup(info());
        for (String name : List.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf")) {
            Files.delete(fixture.backupDirectory().resolve("data").resolve(name));
        }
        archive();
        RestoreReport report =
                fixture.restore(fixture.request().target(IMMEDIATE).recoveryConfFilename("my.conf"));
        assertThat(report.outcome().missingFiles()).containsExactly("postgresql.conf", "pg_hba.conf", "pg_ident.conf");
        assertThat(restored("my.conf")).contains("recovery_target = 'immediate'\n");
        assertThat(restored("postgresql.auto.conf")).doesNotContain("immediate");
        assertThat(report.recoveryFile()).isEqualTo("my.conf");
    }

    @Test
    void aLinkedWalDirectoryOfTheOriginIsNotWrittenTo() throws Exception {
        fixture.plainBackup(info());
        Path data = fixture.backupDirectory().resolve("data");
        Files.delete(data.resolve("pg_wal/" + WAL_2));
        Files.delete(data.resolve("pg_wal"));
        Path elsewhere = Files.createDirectories(fixture.root.resolve("origin_wal"));
        Files.createSymbolicLink(data.resolve("pg_wal"), elsewhere);
        archive();
        fixture.restore(fixture.request());
        assertThat(list(elsewhere)).isEmpty();
        assertThat(Files.isSymbolicLink(fixture.destination.resolve("pg_wal"))).isFalse();
        assertThat(fixture.destination.resolve("pg_wal/" + WAL_2)).exists();
    }

    @Test
    void configurationInAnyEncodingSurvives() throws Exception {
        fixture.plainBackup(info());
        byte[] latin1 = "# caf\u00e9\narchive_command = 'x'\n".getBytes(StandardCharsets.ISO_8859_1);
        Files.write(fixture.backupDirectory().resolve("data/postgresql.conf"), latin1);
        archive();
        fixture.restore(fixture.request());
        assertThat(Files.readAllBytes(fixture.destination.resolve("postgresql.conf")))
                .isEqualTo("# caf\u00e9\n#BARMAN#archive_command = 'x'\narchive_command = false\n"
                        .getBytes(StandardCharsets.ISO_8859_1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "lz4", "zstd", "none"})
    void archivesAreUnpacked(String compression) throws Exception {
        Path location = fixture.root.resolve("ts");
        Path data = Files.createDirectories(fixture.backupDirectory().resolve("data"));
        try (TarArchiveOutputStream tar = tar(data, "base", compression)) {
            directory(tar, "global/");
            entry(tar, "PG_VERSION", "15\n");
            entry(tar, "tablespace_map", "old");
            directory(tar, "pg_wal/");
            directory(tar, "pg_wal/archive_status/");
            directory(tar, "pg_tblspc/");
            TarArchiveEntry link = new TarArchiveEntry("pg_tblspc/16400", TarConstants.LF_SYMLINK);
            link.setLinkName("/somewhere/else");
            tar.putArchiveEntry(link);
            tar.closeArchiveEntry();
            entry(tar, "postgresql.auto.conf", "# auto\n");
            entry(tar, "global/pg_control", "control");
        }
        try (TarArchiveOutputStream tar = tar(data, "16400", compression)) {
            entry(tar, "PG_15_202209061/5/16409", "in tablespace");
        }
        RestoreFixture.file(data.resolve("backup_manifest"), "manifest");
        fixture.save(info().compression(compression)
                .tablespaces(List.of(new Tablespace("tbs", 16400, location.toString())))
                .build());
        archive();
        fixture.restore(fixture.request());
        assertThat(list(location)).containsExactly("PG_15_202209061", "PG_15_202209061/5", "PG_15_202209061/5/16409");
        assertThat(list(fixture.destination))
                .contains("global/pg_control", "pg_wal/" + WAL_2, "pg_wal/archive_status/" + WAL_2 + ".done")
                .doesNotContain("tablespace_map", "backup_manifest", "backup_manifest." + ID);
        assertThat(restored("PG_VERSION")).isEqualTo("15\n");
        assertThat(mode(fixture.destination.resolve("PG_VERSION"))).isEqualTo("rw-------");
        assertThat(mode(fixture.destination)).isEqualTo("rwx------");
        assertThat(Files.readSymbolicLink(fixture.destination.resolve("pg_tblspc/16400")))
                .isEqualTo(location);
    }

    @ParameterizedTest
    @ValueSource(strings = {"link/file", "link/inner/file", "link/made/file"})
    void anArchiveCannotWriteBehindItsOwnLink(String name) throws Exception {
        Path elsewhere = Files.createDirectories(fixture.root.resolve("elsewhere"));
        Files.createDirectories(elsewhere.resolve("inner"));
        Path data = Files.createDirectories(fixture.backupDirectory().resolve("data"));
        try (TarArchiveOutputStream tar = tar(data, "base", "none")) {
            TarArchiveEntry link = new TarArchiveEntry("link", TarConstants.LF_SYMLINK);
            link.setLinkName(elsewhere.toString());
            tar.putArchiveEntry(link);
            tar.closeArchiveEntry();
            entry(tar, name, "x");
        }
        fixture.save(info().compression("none").build());
        archive();
        assertThatThrownBy(() -> fixture.restore(fixture.request()))
                .isInstanceOf(RecoveryException.class)
                .hasMessageContaining("behind a symbolic link");
        assertThat(list(elsewhere)).containsExactly("inner");
    }

    @ParameterizedTest
    @CsvSource({"1,a hard link", "3,a device", "4,a device", "6,a named pipe"})
    void anArchiveWithSpecialFilesIsRefused(char type, String kind) throws Exception {
        Path data = Files.createDirectories(fixture.backupDirectory().resolve("data"));
        try (TarArchiveOutputStream tar = tar(data, "base", "none")) {
            entry(tar, "PG_VERSION", "15\n");
            TarArchiveEntry special = new TarArchiveEntry("base/special", (byte) type);
            special.setLinkName("PG_VERSION");
            tar.putArchiveEntry(special);
            tar.closeArchiveEntry();
        }
        fixture.save(info().compression("none").build());
        archive();
        assertThatThrownBy(() -> fixture.restore(fixture.request()))
                .isInstanceOf(RecoveryException.class)
                .hasMessageContaining("the archive has " + kind)
                .hasMessageContaining("base/special");
        assertThat(fixture.destination.resolve("base/special")).doesNotExist();
    }

    @Test
    void aWrongChecksumAtTheEndOfAnArchiveIsNoticed() throws Exception {
        Path data = Files.createDirectories(fixture.backupDirectory().resolve("data"));
        try (TarArchiveOutputStream tar = tar(data, "base", "gzip")) {
            entry(tar, "PG_VERSION", "15\n");
            entry(tar, "global/pg_control", "control");
        }
        Path archive = data.resolve("base.tar.gz");
        byte[] content = Files.readAllBytes(archive);
        content[content.length - 8] ^= 1;
        Files.write(archive, content);
        fixture.save(info().compression("gzip").build());
        archive();
        assertThatThrownBy(() -> fixture.restore(fixture.request()))
                .isInstanceOf(RecoveryException.class)
                .hasMessageContaining("Error decompressing");
    }

    private static TarArchiveOutputStream tar(Path data, String name, String compression) throws IOException {
        OutputStream file = Files.newOutputStream(data.resolve(name + RecoveryPlanner.archiveSuffix(compression)));
        if (compression.equals("none")) {
            return new TarArchiveOutputStream(file);
        }
        CompressionAlgorithm algorithm =
                CompressionAlgorithm.fromId(compression).orElseThrow();
        return new TarArchiveOutputStream(
                WalCodec.of(CompressionSettings.of(algorithm)).compressing(file));
    }

    private static void directory(TarArchiveOutputStream tar, String name) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode(0700);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    private static void entry(TarArchiveOutputStream tar, String name, String content) throws IOException {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode(0600);
        entry.setSize(bytes.length);
        tar.putArchiveEntry(entry);
        tar.write(bytes);
        tar.closeArchiveEntry();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../outside", "base/../../outside", "/tmp/../../outside"})
    void anArchiveCannotWriteOutsideTheDestination(String name) throws Exception {
        Path data = Files.createDirectories(fixture.backupDirectory().resolve("data"));
        try (TarArchiveOutputStream tar = tar(data, "base", "none")) {
            entry(tar, name, "x");
        }
        fixture.save(info().compression("none").build());
        archive();
        assertThatThrownBy(() -> fixture.restore(fixture.request()))
                .isInstanceOf(RecoveryException.class)
                .hasMessageContaining("outside");
        assertThat(fixture.root.resolve("restored/outside")).doesNotExist();
        assertThat(fixture.root.resolve("outside")).doesNotExist();
    }

    @Test
    void aCutArchiveIsAnErrorEvenBetweenTwoFiles() throws Exception {
        Path data = Files.createDirectories(fixture.backupDirectory().resolve("data"));
        try (TarArchiveOutputStream tar = tar(data, "base", "none")) {
            entry(tar, "PG_VERSION", "15\n");
        }
        fixture.save(info().compression("none").build());
        archive();
        assertThatThrownBy(() -> fixture.restore(fixture.request()))
                .isInstanceOf(RecoveryException.class)
                .hasMessageContaining("has no global/pg_control");
    }

    // hooks

    @Test
    void hookScriptsLearnAboutTheRestore() throws Exception {
        Path log = directory.resolve("hooks.log");
        String script = "env | grep '^BARMAN_' | sort >> " + log;
        fixture = new RestoreFixture(directory, "pre_recovery_script = " + script, "post_recovery_script = " + script);
        fixture.plainBackup(info());
        archive();
        fixture.restore(fixture.request()
                .target(new TargetOptions("2027-01-01 00:00:00+00", null, null, null, false, null, false, "pause")));
        assertThat(Files.readAllLines(log))
                .contains(
                        "BARMAN_PHASE=pre",
                        "BARMAN_PHASE=post",
                        "BARMAN_HOOK=recovery_script",
                        "BARMAN_BACKUP_ID=" + ID,
                        "BARMAN_STATUS=DONE",
                        "BARMAN_DESTINATION_DIRECTORY=" + fixture.destination,
                        "BARMAN_TABLESPACES=",
                        "BARMAN_REMOTE_COMMAND=",
                        "BARMAN_RECOVER_OPTIONS={\"target_action\": \"pause\", \"target_time\": \"2027-01-01"
                                + " 00:00:00+00\"}");
    }

    @Test
    void aHookScriptCanStopTheRestore() throws Exception {
        fixture = new RestoreFixture(
                directory,
                "pre_recovery_retry_script = exit 63",
                "post_recovery_script = touch " + directory + "/post");
        fixture.plainBackup(info());
        archive();
        assertThatThrownBy(() -> fixture.restore(fixture.request())).isInstanceOf(HookAbortedException.class);
        assertThat(fixture.destination).doesNotExist();
        assertThat(directory.resolve("post")).doesNotExist();
    }

    // pending and missing WAL

    @Test
    void aFailureToArchiveDoesNotHinderARestore() throws Exception {
        fixture.plainBackup(info());
        archive();
        fixture.archivingFailure = new BarmanException("no space left");
        fixture.restore(fixture.request());
        assertThat(fixture.messages.lines())
                .contains("WARNING: The WAL files that wait to be archived for server 'main' could not be archived and"
                        + " are not part of this restore: no space left");
    }

    @Test
    void aBackupThatWaitsForWalIsRestoredWithWarnings() throws Exception {
        fixture.plainBackup(info().status(BackupStatus.WAITING_FOR_WALS));
        archive();
        fixture.restore(fixture.request());
        assertThat(fixture.messages.lines().stream().filter(line -> line.startsWith("WARNING: IMPORTANT")))
                .hasSize(2);
    }

    private Path archived(String name) {
        return fixture.server().directories().wals().resolve("0000000100000000").resolve(name);
    }

    @Test
    void aNeededWalThatIsNotInTheIndexIsRestoredAllTheSame() throws Exception {
        fixture.plainBackup(info().endWal(WalSegmentName.parse(WAL_3)).endXlog(Lsn.parse("0/300100")));
        archive();
        Files.writeString(fixture.server().directories().xlogdbFile(), "");
        fixture.restore(fixture.request());
        for (String name : List.of(WAL_2, WAL_3)) {
            assertThat(fixture.destination.resolve("pg_wal").resolve(name)).hasBinaryContent(walContent(name));
        }
        assertThat(fixture.destination.resolve("pg_wal").resolve(WAL_1)).doesNotExist();
    }

    @Test
    void aNeededWalThatIsNowhereIsNoticedBeforeAnythingIsCopied() throws Exception {
        fixture.plainBackup(info().endWal(WalSegmentName.parse(WAL_3)).endXlog(Lsn.parse("0/300100")));
        fixture.wal(WAL_3, null);
        assertThatThrownBy(() -> fixture.restore(fixture.request()))
                .isInstanceOf(RecoveryException.class)
                .hasMessageStartingWith("The WAL file " + WAL_2 + ", which backup " + ID + " needs")
                .hasMessageContaining("no file " + archived(WAL_2))
                .hasMessageContaining("barman check-backup main " + ID)
                .hasMessageContaining("barman rebuild-xlogdb main");
        assertThat(fixture.destination).doesNotExist();
    }

    @Test
    void withGetWalAndForABackupThatWaitsForWalItMayBeMissing() throws Exception {
        fixture.plainBackup(info());
        fixture.restore(fixture.request().getWal(true));
        assertThat(fixture.destination.resolve("PG_VERSION")).exists();
        fixture.save(info().status(BackupStatus.WAITING_FOR_WALS).build());
        fixture.restore(RestoreRequest.of(
                "latest", fixture.root.resolve("restored/other").toString()));
        assertThat(fixture.messages.lines().stream().filter(line -> line.startsWith("WARNING: IMPORTANT")))
                .hasSize(2);
    }

    @Test
    void aWalFileThatIsGoneIsNamed() throws Exception {
        fixture.plainBackup(info());
        archive();
        Files.delete(fixture.server()
                .directories()
                .wals()
                .resolve("0000000100000000")
                .resolve(WAL_3));
        assertThatThrownBy(() -> fixture.restore(fixture.request()))
                .isInstanceOf(RecoveryException.class)
                .hasMessageStartingWith("Failure copying WAL files: data transfer failure while copying WAL files to"
                        + " directory '" + fixture.destination + "/pg_wal'")
                .hasMessageContaining(WAL_3);
    }

    @Test
    void aDamagedWalFileLeavesNothingUnderItsName() throws Exception {
        fixture.plainBackup(info());
        archive();
        Path stored = fixture.server()
                .directories()
                .wals()
                .resolve("0000000100000000")
                .resolve(WAL_2);
        byte[] bytes = Files.readAllBytes(stored);
        Files.write(stored, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        assertThatThrownBy(() -> fixture.restore(fixture.request()))
                .isInstanceOf(RecoveryException.class)
                .hasMessageContaining(WAL_2);
        assertThat(list(fixture.destination.resolve("pg_wal")))
                .noneMatch(name -> name.contains(WAL_2) && !name.startsWith(LABEL));
    }

    @Test
    void aShortWalFileIsReported() throws Exception {
        fixture.plainBackup(info());
        archive();
        Files.write(
                fixture.server()
                        .directories()
                        .wals()
                        .resolve("0000000100000000")
                        .resolve(WAL_3),
                new byte[100]);
        fixture.restore(fixture.request());
        assertThat(fixture.messages.lines())
                .contains("WARNING: WAL file " + WAL_3
                        + " has 100 bytes instead of 1048576: PostgreSQL cannot replay it completely.");
    }

    @Test
    void encryptedWalNeedsAPassphraseCommand() throws Exception {
        fixture.plainBackup(info());
        archive();
        dev.barman.core.archive.ServerWalIndex.of(fixture.server()).write(index -> {
            index.append(List.of(new WalEntry("000000010000000000000004", 1, 1.5, null, "gpg")));
            return true;
        });
        assertThatThrownBy(() -> fixture.restore(fixture.request()))
                .hasMessageStartingWith("Encrypted WALs were found for server 'main', but"
                        + " 'encryption_passphrase_command' is not configured correctly.");
    }

    // refusals

    @Test
    void refusalsHaveBarmansWords() throws Exception {
        fixture.plainBackup(info().tablespaces(List.of(new Tablespace("tbs", 16400, fixture.root + "/ts"))));
        archive();
        RestoreRequest.Builder request = fixture.request();
        assertRefused(
                request.target(new TargetOptions(null, "1", null, null, true, null, false, null)),
                "You cannot specify multiple targets for the recovery operation");
        assertRefused(
                RestoreRequest.of("20200101T000000", fixture.destination.toString()),
                "Unknown backup '20200101T000000' for server 'main'");
        assertRefused(
                fixture.request().staging(new StagingOptions("rel", "local", null, null)),
                "Cannot parse staging path: Invalid value : 'rel' (must be an absolute path)");
        assertRefused(
                fixture.request().staging(new StagingOptions(null, null, null, "rel")),
                "Cannot parse recovery staging path: Invalid value : 'rel' (must be an absolute path)");
        assertRefused(
                fixture.request().staging(new StagingOptions("/s", "remote", null, null)),
                "--staging-location as remote requires --remote-ssh-command to be set");
        assertRefused(
                fixture.request().tablespaceRules(List.of("tbs")),
                "Invalid tablespace relocation rule 'tbs'\nHINT: The valid syntax for a relocation rule is NAME:LOCATION");
        assertRefused(
                fixture.request().tablespaceRules(List.of("x:/y")),
                "Invalid tablespace name 'x'\nHINT: Please use any of the following tablespaces: tbs");
        assertRefused(
                RestoreRequest.of("latest", "host:/x"),
                "The destination directory parameter cannot contain the ':' character\nHINT: If you want to do a remote"
                        + " recovery you have to use the --remote-ssh-command option");
        assertRefused(
                fixture.request().networkCompression(true),
                "Network compression can only be used with remote recovery.\nHINT: ");
        assertRefused(
                fixture.request().snapshotInstance("i"),
                "Backup " + ID + " is not a snapshot backup but the following snapshot arguments have been used:"
                        + " --snapshot-recovery-instance");
        assertRefused(fixture.request().remoteSshCommand("ssh x"), "--remote-ssh-command: a restore on another host");
        assertThat(fixture.archivings).isZero();
    }

    @Test
    void backupsThatCannotBeRestoredAreRefused() throws Exception {
        fixture.plainBackup(info().status(BackupStatus.FAILED).error("x"));
        assertRefused(
                RestoreRequest.of(ID.value(), fixture.destination.toString()),
                "Cannot restore from backup '" + ID + "' of server 'main': backup status is not DONE");
        fixture.save(info().encryption("gpg").compression("none").build());
        assertRefused(
                fixture.request(), "Backup " + ID + ": a restore of an encrypted base backup is not supported yet");
        fixture.save(info().parentBackupId(BackupId.of("20261119T000000")).build());
        assertRefused(fixture.request(), "Backup " + ID + ": a restore of an incremental backup is not supported yet");
        fixture.save(info().snapshotsInfo(PythonLiteral.parse("{'a': 1}")).build());
        assertRefused(
                fixture.request(),
                "Backup " + ID + " is a snapshot backup and the following required arguments have not been provided:"
                        + " --snapshot-recovery-instance");
        assertRefused(fixture.request().snapshotInstance("i"), "Backup " + ID + ": a restore from snapshots");
        assertThat(fixture.archivings).isZero();
    }

    @Test
    void deprecatedStagingOptionsHaveToBeComplete() throws Exception {
        fixture = new RestoreFixture(directory, "local_staging_path = /s");
        fixture.save(info().compression("gzip").build());
        assertRefused(
                fixture.request(),
                "Cannot restore from backup 'latest' of server 'main': backup is compressed with gzip compression and it"
                        + " will be decompressed in a staging area but no staging path was provided.");
    }

    @Test
    void anOccupiedDestinationIsRefused() throws Exception {
        fixture.plainBackup(info().tablespaces(List.of(new Tablespace("tbs", 16400, fixture.root + "/ts"))));
        archive();
        Files.createDirectories(fixture.root.resolve("ts"));
        Path foreign = Files.writeString(fixture.root.resolve("ts/file"), "mine");
        assertRefused(
                fixture.request(),
                "The restore operation cannot proceed. The destination path '" + fixture.root
                        + "/ts' for the tablespace 'tbs' is not empty.");
        Files.delete(foreign);
        Files.createDirectories(fixture.destination);
        Files.writeString(fixture.destination.resolve("file"), "mine");
        assertThatThrownBy(() -> fixture.restore(fixture.request()))
                .hasMessage(
                        "The restore operation cannot proceed because the destination folder '" + fixture.destination
                                + "' is not empty. To prevent accidental data loss, the destination must be empty. Please choose a"
                                + " different location or manually empty the folder.");
        assertThat(list(fixture.destination)).containsExactly("file");
        assertThatThrownBy(() -> fixture.restore(fixture.request().deltaRestore(true)))
                .hasMessageEndingWith("HINT: Updating a populated directory (delta-restore) is not supported yet.");
        Files.move(fixture.destination.resolve("file"), fixture.destination.resolve(".hidden"));
        fixture.restore(fixture.request());
        assertThat(restored("PG_VERSION")).isEqualTo("15\n");
    }

    @Test
    void targetsAreCheckedAgainstTheBackup() throws Exception {
        fixture.plainBackup(info());
        archive();
        assertRefused(
                fixture.request().target(time("not a time")),
                "Unable to parse the target time parameter 'not a time': Unknown string format: not a time");
        assertRefused(
                fixture.request().target(time("2020-01-01 00:00:00+00")),
                "The requested target time 2020-01-01 00:00:00+00:00 is before the backup end time 2026-11-20"
                        + " 12:52:03.500000+00:00");
        assertRefused(
                fixture.request().target(new TargetOptions(null, null, null, null, false, null, false, "pause")),
                "Can't enable recovery target action when PITR is not required");
        assertRefused(fixture.request().target(timeline("rubbish", "1")), "Invalid target LSN 'rubbish': expected two");
        fixture.save(info().version(90301).build());
        assertRefused(
                fixture.request().target(new TargetOptions(null, "1", null, null, false, null, false, "promote")),
                "Illegal target action 'promote' for this version of PostgreSQL");
        assertRefused(
                fixture.request().target(timeline("0/1", "1")),
                "Illegal use of recovery_target_lsn '0/1' for this version of PostgreSQL (version 10 minimum required)");
        assertRefused(
                fixture.request().target(IMMEDIATE),
                "Illegal use of recovery_target_immediate for this version of PostgreSQL (version 9.4 minimum required)");
    }

    @Test
    void aTimeWithoutZoneIsLocalAndSaidSo() throws Exception {
        fixture.plainBackup(info());
        archive();
        fixture.restore(fixture.request().target(time("2026-11-20 12:53")));
        assertThat(fixture.messages.lines())
                .contains(
                        "WARNING: No time zone has been specified through '--target-time' command-line option. Barman"
                                + " assumed the same time zone from the Barman host.",
                        "Doing PITR. Recovery target time: '2026-11-20 12:53:00+00:00'");
    }

    // auto

    @Test
    void withoutABackupTheNewestThatFitsIsChosen() throws Exception {
        fixture.plainBackup(info());
        archive();
        BackupInfo later = BackupInfo.builder(BackupId.of("20261120T130000"))
                .status(BackupStatus.DONE)
                .version(150018)
                .timeline(dev.barman.wal.TimelineId.of(2))
                .endTime(OffsetDateTime.parse("2026-11-20T13:00:10Z"))
                .endXlog(Lsn.parse("0/300100"))
                .build();
        fixture.save(later);
        RestoreRequest.Builder auto = RestoreRequest.of("auto", fixture.destination.toString());
        assertRefused(auto.target(time("2020-01-01 00:00:00+00")), "Cannot find any candidate backup for recovery.");
        assertRefused(
                auto.target(new TargetOptions(null, "700", null, null, false, null, false, null)),
                "For PITR without a backup_id, the only possible recovery targets are target_time and target_lsn."
                        + " 'target_xid' recovery target is not allowed without a backup_id.");
        assertRefused(
                auto.target(timeline(null, "current")),
                "'current' is not a valid timeline keyword when recovering without a backup_id");
        assertRefused(auto.target(time("rubbish")), "Unable to parse the target time parameter 'rubbish'");
        fixture.restore(auto.target(time("2026-11-20 12:55:00+00")));
        assertThat(fixture.messages.lines()).contains("Starting local restore for server main using backup " + ID);
        RestoreRequest.Builder other =
                RestoreRequest.of("auto", fixture.root.resolve("other").toString());
        fixture.messages.clear();
        fixture.restore(other.target(timeline(null, "1")));
        assertThat(fixture.messages.lines()).contains("Starting local restore for server main using backup " + ID);
    }
}
