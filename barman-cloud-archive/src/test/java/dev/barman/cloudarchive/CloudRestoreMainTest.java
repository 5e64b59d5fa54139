// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupInfoFormat;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.Tablespace;
import dev.barman.object.ObjectKey;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CloudRestoreMainTest {
    private static final String ID = "20261101T100000";
    private static final String BASE = "p/main/base/" + ID + "/";

    @TempDir
    Path directory;

    private final CloudBucket bucket = new CloudBucket();
    private Path target;
    private Path tablespace;

    private static Tar data() {
        return new Tar()
                .directory(".")
                .file("./PG_VERSION", "15\n")
                .directory("global")
                .directory("pg_tblspc")
                .directory("base")
                .file("base/1", new byte[0])
                .file("global/pg_control", "control")
                .file("backup_label", "label");
    }

    @BeforeEach
    void setUp() throws IOException {
        target = directory.resolve("restored");
        tablespace = directory.resolve("ts");
        bucket.put(BASE + "data.tar", data().bytes());
        add(CloudBucket.backup(1, 1, 4));
    }

    private void add(BackupInfo.Builder backup) {
        bucket.put(BASE + "backup.info", BackupInfoFormat.format(backup.build()));
    }

    private int restore(String... options) {
        return restoreOf(ID, options);
    }

    private int restoreOf(String word, String... options) {
        List<String> line = new ArrayList<>(Arrays.asList(options));
        line.addAll(List.of(CloudBucket.URL, "main", word, target.toString()));
        return bucket.run(CloudRestoreMain::run, line.toArray(new String[0]));
    }

    private List<String> tree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return List.of();
        }
        try (Stream<Path> walk = Files.walk(root)) {
            return walk.filter(path -> !path.equals(root))
                    .map(path -> root.relativize(path).toString())
                    .sorted()
                    .toList();
        }
    }

    private static byte[] compressed(@Nullable CompressionAlgorithm algorithm, byte[] content) throws IOException {
        if (algorithm == null) {
            return content;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = WalCodec.of(CompressionSettings.of(algorithm)).compressing(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    @Test
    void filesDirectoriesModesAndTimesAreRestored() throws IOException {
        assertThat(restore()).as(bucket.err).isZero();

        assertThat(tree(target))
                .containsExactly(
                        "PG_VERSION",
                        "backup_label",
                        "base",
                        "base/1",
                        "global",
                        "global/pg_control",
                        "pg_tblspc",
                        "pg_wal");
        assertThat(target.resolve("global/pg_control")).hasContent("control");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target.resolve("PG_VERSION"))))
                .isEqualTo("rw-------");
        assertThat(Files.getLastModifiedTime(target.resolve("PG_VERSION")).toInstant())
                .isEqualTo(Tar.MODIFIED);
        assertThat(Files.getLastModifiedTime(target.resolve("base")).toInstant())
                .isEqualTo(Tar.MODIFIED);
        assertThat(bucket.err).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"GZIP,.gz", "BZIP2,.bz2", "SNAPPY,.snappy", ","})
    void partsAndTablespacesOfEveryCompressionAreRestored(@Nullable CompressionAlgorithm algorithm, String suffix)
            throws IOException {
        String end = suffix == null ? "" : suffix;
        byte[] big = new byte[5 << 20];
        new Random(1).nextBytes(big);
        bucket.memory.delete(List.of(ObjectKey.of(BASE + "data.tar")));
        bucket.put(
                BASE + "data.tar" + end,
                compressed(
                        algorithm,
                        new Tar()
                                .directory(".")
                                .directory("base")
                                .file("base/1", big)
                                .bytes()));
        bucket.put(
                BASE + "data_0001.tar" + end,
                compressed(
                        algorithm,
                        new Tar()
                                .file("base/2", big)
                                .directory("global")
                                .file("global/pg_control", "control")
                                .file("backup_label", "label")
                                .bytes()));
        bucket.put(
                BASE + "16384.tar" + end,
                compressed(
                        algorithm,
                        new Tar().directory("PG_15").file("PG_15/5", "relation").bytes()));
        add(CloudBucket.backup(1, 1, 4).tablespaces(List.of(new Tablespace("ts1", 16384, "/no/such/place"))));

        assertThat(restore("--tablespace", "ts1:" + tablespace, "--tablespace", "other:/x"))
                .as(bucket.err)
                .isZero();
        assertThat(target.resolve("base/1")).hasBinaryContent(big);
        assertThat(target.resolve("base/2")).hasBinaryContent(big);
        assertThat(tree(tablespace)).containsExactly("PG_15", "PG_15/5");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(tablespace)))
                .isEqualTo("rwx------");
        assertThat(Files.readSymbolicLink(target.resolve("pg_tblspc/16384"))).isEqualTo(tablespace);
    }

    @Test
    void directoryThatIsNotEmptyIsRefusedBeforeAnythingIsWritten() throws IOException {
        add(CloudBucket.backup(1, 1, 4).tablespaces(List.of(new Tablespace("ts1", 16384, tablespace.toString()))));
        bucket.put(BASE + "16384.tar", new Tar().bytes());
        Files.createDirectory(tablespace);
        Files.createFile(tablespace.resolve(".hidden"));

        assertThat(restore()).isEqualTo(1);
        assertThat(bucket.err).contains("Destination " + tablespace + " already exists and it is not empty");
        assertThat(target).doesNotExist();

        Files.delete(tablespace.resolve(".hidden"));
        Files.createDirectory(target);
        assertThat(restore()).as(bucket.err).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../evil", "base/../../evil", "/evil", "base/.."})
    void entryThatLeavesTheDirectoryEndsTheRestore(String name) throws IOException {
        bucket.put(BASE + "data.tar", data().file(name, "evil").bytes());
        assertThat(restore()).isEqualTo(4);
        assertThat(bucket.err).contains("entry outside of itself: " + name);
        assertThat(target).doesNotExist();
        assertThat(tree(directory)).isEmpty();
    }

    @Test
    void nothingIsWrittenThroughALinkOfTheArchive() throws IOException {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        bucket.put(
                BASE + "data.tar",
                data().link("base/inside", TarConstants.LF_SYMLINK, "1")
                        .link("base/out", TarConstants.LF_SYMLINK, outside.toString())
                        .link("base/up", TarConstants.LF_SYMLINK, "../../outside")
                        .file("base/out/file", "as in a directory of that name")
                        .bytes());

        assertThat(restore()).as(bucket.err).isZero();
        assertThat(tree(outside)).isEmpty();
        assertThat(bucket.err)
                .hasLineCount(2)
                .contains("WARNING: The symbolic link " + target + "/base/out leads out of the directory");
        assertThat(Files.readSymbolicLink(target.resolve("base/inside"))).isEqualTo(Path.of("1"));
        assertThat(target.resolve("base/out/file")).isRegularFile();
        assertThat(target.resolve("base/up")).doesNotExist();
    }

    @Test
    void fileBehindALinkIsRefused() throws IOException {
        bucket.put(
                BASE + "data.tar",
                data().link("alias", TarConstants.LF_SYMLINK, "base")
                        .file("alias/file", "x")
                        .bytes());
        assertThat(restore()).isEqualTo(4);
        assertThat(target).doesNotExist();
    }

    @Test
    void hardLinkIsRefused() throws IOException {
        bucket.put(
                BASE + "data.tar",
                data().link("base/2", TarConstants.LF_LINK, "/etc/passwd").bytes());
        assertThat(restore()).isEqualTo(4);
        assertThat(target).doesNotExist();
    }

    @Test
    void laterEntryOfAFileCounts() throws IOException {
        bucket.put(
                BASE + "data.tar",
                data().link("postgresql.conf", TarConstants.LF_SYMLINK, "base/1")
                        .file("postgresql.conf", "the configuration")
                        .bytes());
        assertThat(restore()).as(bucket.err).isZero();
        assertThat(target.resolve("postgresql.conf")).isRegularFile().hasContent("the configuration");
        assertThat(target.resolve("base/1")).isEmptyFile();
    }

    @Test
    void failureLeavesAnEmptyDirectoryEmpty() throws IOException {
        Files.createDirectory(target);
        byte[] whole = compressed(CompressionAlgorithm.GZIP, data().bytes());
        bucket.memory.delete(List.of(ObjectKey.of(BASE + "data.tar")));
        bucket.put(BASE + "data.tar.gz", Arrays.copyOf(whole, whole.length - 9));
        assertThat(restore()).isEqualTo(4);
        assertThat(bucket.err).contains("Cannot restore " + BASE + "data.tar.gz: ");
        assertThat(target).isEmptyDirectory();

        Path real = Files.createDirectory(directory.resolve("real"));
        Files.delete(target);
        Files.createSymbolicLink(target, real);
        assertThat(restore()).isEqualTo(4);
        assertThat(target).isSymbolicLink();
        assertThat(real).isEmptyDirectory();
    }

    @Test
    void archiveWithoutItsEndIsNotTakenForTheWhole() throws IOException {
        byte[] whole = data().bytes();
        int last = whole.length;
        while (whole[last - 1] == 0) {
            last--;
        }
        // Cut behind the last entry: nothing but the missing end mark tells.
        bucket.put(BASE + "data.tar", Arrays.copyOf(whole, (last + 511) / 512 * 512));
        assertThat(restore()).isEqualTo(4);
        assertThat(bucket.err).contains("the archive is not complete");
        assertThat(target).doesNotExist();
    }

    @Test
    void missingPartsAndArchivesAreFoundBeforehand() throws IOException {
        bucket.put(BASE + "data_0002.tar", data().bytes());
        assertThat(restore()).isEqualTo(1);
        assertThat(bucket.err).contains("part 1 of data.tar was expected");
        bucket.put(BASE + "data_0001.tar", new Tar().bytes());
        add(CloudBucket.backup(1, 1, 4).tablespaces(List.of(new Tablespace("ts1", 16384, tablespace.toString()))));
        assertThat(restore()).isEqualTo(1);
        assertThat(bucket.err).contains("there is no 16384.tar in the bucket");
        assertThat(tree(directory)).isEmpty();
    }

    @Test
    void backupWithoutLabelIsNotComplete() throws IOException {
        bucket.put(BASE + "data.tar", new Tar().file("global/pg_control", "x").bytes());
        assertThat(restore()).isEqualTo(1);
        assertThat(bucket.err).contains("there is no backup_label in it");
        assertThat(target).doesNotExist();
    }

    @Test
    void failedBackupIsRefusedEvenAsTheLast() throws IOException {
        bucket.add(CloudBucket.backup(2, 1, 8).status(BackupStatus.FAILED).build());
        assertThat(restoreOf("last")).isEqualTo(1);
        assertThat(bucket.err).contains("only complete backups can be restored");
        assertThat(restoreOf("auto")).as(bucket.err).isZero();
        assertThat(target.resolve("PG_VERSION")).exists();
    }

    @Test
    void unknownBackupsHaveTheCodesOfTheOriginal() {
        assertThat(restoreOf("20200101T000000")).isEqualTo(1);
        assertThat(bucket.err).contains("Backup 20200101T000000 for server main does not exists");
        assertThat(restoreOf("weekly")).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource({
        "'', 20261103T100000",
        "--target-time=2026-11-02T10:05:01+00:00, 20261102T100000",
        "--target-time=2026-11-02 10:05:00+00:00, 20261101T100000",
        "--target-lsn=0/6000000, 20261101T100000",
        "--target-lsn=0/9000100, 20261103T100000",
        "--target-tli=1, 20261102T100000",
        "--target-tli=latest, 20261103T100000",
        "--target-tli=3, none",
        "--target-time=2020-01-01, none"
    })
    void autoTakesTheNewestThatFits(String option, String expected) throws Exception {
        bucket.add(CloudBucket.backup(2, 1, 6).build());
        bucket.add(CloudBucket.backup(3, 2, 8).build());
        bucket.add(CloudBucket.backup(4, 2, 9)
                .status(BackupStatus.FAILED)
                .endTime(null)
                .endXlog(null)
                .build());
        bucket.addWal(1, 30, "");
        bucket.addWal(2, 9, ".gz");
        List<String> line = new ArrayList<>(List.of("-vv"));
        if (!option.isEmpty()) {
            line.add(option);
        }
        int code = restoreOf("auto", line.toArray(new String[0]));
        if (expected.equals("none")) {
            assertThat(code).isEqualTo(1);
            assertThat(bucket.err).contains("Cannot find any candidate backup for recovery.");
        } else {
            assertThat(bucket.err).contains("INFO: Restoring backup " + expected + " to ");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "--tablespace x, 3",
        "--tablespace :x, 3",
        "--target-tli 0, 3",
        "--target-tli first, 3",
        "--target-tli current, 4",
        "--target-lsn 5, 3",
        "--target-time tomorrow, 4",
        "--target-time 2026-01-01 --target-lsn 0/0, 3"
    })
    void badTargetsHaveTheCodesOfTheOriginal(String options, int code) {
        assertThat(restoreOf("auto", options.split(" "))).isEqualTo(code);
        assertThat(target).doesNotExist();
    }

    @Test
    void tablespaceInPlaceComesWithTheData() throws IOException {
        bucket.put(
                BASE + "data.tar",
                data().directory("pg_tblspc/16390")
                        .directory("pg_tblspc/16390/PG_15_202209061")
                        .file("pg_tblspc/16390/PG_15_202209061/5", "relation")
                        .bytes());
        add(CloudBucket.backup(1, 1, 4).tablespaces(List.of(new Tablespace("here", 16390, "pg_tblspc/16390"))));

        assertThat(restore("--tablespace", "here:" + tablespace)).isEqualTo(1);
        assertThat(bucket.err).contains("Tablespace here lies in the data directory (pg_tblspc/16390)");
        assertThat(tree(directory)).isEmpty();

        assertThat(restore("--tablespace", "other:" + tablespace))
                .as(bucket.err)
                .isZero();
        assertThat(target.resolve("pg_tblspc/16390")).isDirectory().isNotEmptyDirectory();
        assertThat(Files.isSymbolicLink(target.resolve("pg_tblspc/16390"))).isFalse();
        assertThat(target.resolve("pg_tblspc/16390/PG_15_202209061/5")).hasContent("relation");
        assertThat(tablespace).doesNotExist();
    }
}
