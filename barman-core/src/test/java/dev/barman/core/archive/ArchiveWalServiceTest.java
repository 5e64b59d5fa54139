// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.barman.core.BarmanException;
import dev.barman.core.archive.ArchiveWalService.Occasion;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import dev.barman.wal.archive.ArchiveSummary;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.storage.SampleWals;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveWalServiceTest {
    private static final String W1 = "000000010000000000000001";
    private static final String W2 = "000000010000000000000002";
    private static final String W3 = "000000010000000000000003";
    private static final String LABEL = W2 + ".00000028.backup";
    private static final String HISTORY = "00000002.history";
    private static final String OTHER_SYSTEM = "6000000000000000001";

    @TempDir
    Path home;

    @ParameterizedTest
    @ValueSource(strings = {"", "compression = gzip", "compression = zstd", "compression = lz4", "compression = bzip2"})
    void waitingFilesAreArchivedIndexedAndGone(String compression) throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on", compression);
        for (String name : List.of(W1, W2, W3)) {
            Path file = server.arrive(server.incoming, name);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        }
        server.arrive(server.incoming, LABEL, "START WAL LOCATION".getBytes());
        server.arrive(server.incoming, HISTORY, "1\t0/3000000\tno recovery target specified\n".getBytes());

        ArchiveSummary summary = server.archive();

        assertThat(summary).isEqualTo(new ArchiveSummary(5, 0, 0, 0, false));
        assertThat(server.messages.lines())
                .containsExactly(
                        "Processing xlog segments from file archival for main",
                        "\t" + W1,
                        "\t" + W2,
                        "\t" + LABEL,
                        "\t" + W3,
                        "\t" + HISTORY);
        assertThat(server.indexed()).containsExactly(W1, W2, LABEL, W3, HISTORY);
        assertThat(ArchiveServer.files(server.wals))
                .containsExactly(
                        "0000000100000000/" + W1,
                        "0000000100000000/" + W2,
                        "0000000100000000/" + LABEL,
                        "0000000100000000/" + W3,
                        HISTORY);
        assertThat(ArchiveServer.files(server.incoming)).isEmpty();
        assertThat(ArchiveServer.files(server.errors)).isEmpty();
        String algorithm = compression.isEmpty() ? null : compression.substring("compression = ".length());
        for (String name : List.of(W1, W2, W3)) {
            Path stored = server.wals.resolve("0000000100000000").resolve(name);
            assertThat(server.stored(name)).isEqualTo(ArchiveServer.segment(name, SampleWals.SYSTEM_ID));
            assertThat(Files.getLastModifiedTime(stored)).isEqualTo(FileTime.from(SampleWals.MODIFIED));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(stored)))
                    .isEqualTo("rw-r-----");
            assertThat(server.index().find(name))
                    .contains(new WalEntry(name, Files.size(stored), 1795173362.5696092, algorithm, null));
        }
    }

    @Test
    void emptyPassIsToldToWhoAskedForItOnly() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on");

        server.archive();
        assertThat(server.messages.lines())
                .containsExactly("Processing xlog segments from file archival for main", "\tno file found");

        server.messages.clear();
        server.service().archive(Occasion.INTERNAL);
        assertThat(server.messages.lines()).isEmpty();
    }

    @Test
    void streamingComesBeforeIncoming() throws Exception {
        ArchiveServer server =
                new ArchiveServer(home, "archiver = on", "streaming_archiver = on", "slot_name = barman");
        server.arrive(server.incoming, W1);
        server.arrive(server.streaming, W2);
        server.arrive(server.streaming, W3 + ".partial", new byte[10]);

        server.archive();

        assertThat(server.messages.lines())
                .containsExactly(
                        "Processing xlog segments from streaming for main (batch size: 1)",
                        "\t" + W2,
                        "Processing xlog segments from file archival for main",
                        "\t" + W1);
        assertThat(server.indexed()).containsExactly(W2, W1);
        assertThat(ArchiveServer.files(server.streaming)).containsExactly(W3 + ".partial");
    }

    @Test
    void duplicatesAndUnknownFilesAreReportedAsBarmanDoes() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on");
        server.arrive(server.incoming, W1);
        server.arrive(server.incoming, W2);
        server.archive();
        byte[] other = ArchiveServer.segment(W2, SampleWals.SYSTEM_ID);
        other[other.length - 1] ^= 1;
        server.arrive(server.incoming, W1);
        server.arrive(server.incoming, W2, other);
        server.arrive(server.incoming, W3 + ".part", new byte[1]);
        server.arrive(server.incoming, "notes.txt", new byte[2]);

        ArchiveSummary summary = server.archive();

        assertThat(summary).isEqualTo(new ArchiveSummary(0, 1, 3, 0, false));
        assertThat(server.messages.lines())
                .containsExactly(
                        "Processing xlog segments from file archival for main (batch size: 2)",
                        "\t" + W1,
                        "\t" + W2,
                        "\tError: " + W2 + " is already present in server main. File moved to errors directory.",
                        "Some unknown objects have been found while processing xlog segments for main. Objects moved to"
                                + " errors directory:",
                        "\t" + W3 + ".part",
                        "\tnotes.txt");
        assertThat(ArchiveServer.files(server.errors))
                .containsExactly(
                        W2 + "." + ArchiveServer.STAMP + ".duplicate",
                        W3 + ".part." + ArchiveServer.STAMP + ".unknown",
                        "notes.txt." + ArchiveServer.STAMP + ".unknown");
        assertThat(server.errors.resolve(W2 + "." + ArchiveServer.STAMP + ".duplicate"))
                .hasBinaryContent(other);
        assertThat(ArchiveServer.files(server.incoming)).isEmpty();
        assertThat(server.indexed()).containsExactly(W1, W2);
        assertThat(server.stored(W2)).isEqualTo(ArchiveServer.segment(W2, SampleWals.SYSTEM_ID));
    }

    @Test
    void onlyUnknownFilesHaveNoBatchSize() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on");
        server.arrive(server.incoming, "README", new byte[1]);

        server.archive();

        assertThat(server.messages.lines())
                .startsWith("Processing xlog segments from file archival for main", "\tno file found");
    }

    @Test
    void batchSizeLimitsAPass() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on", "archiver_batch_size = 2");
        for (String name : List.of(W1, W2, W3)) {
            server.arrive(server.incoming, name);
        }

        server.archive();
        assertThat(server.messages.lines())
                .containsExactly(
                        "Processing xlog segments from file archival for main (batch size: 2)", "\t" + W1, "\t" + W2);
        server.archive();
        assertThat(server.indexed()).containsExactly(W1, W2, W3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void truncatedSegmentStaysInIncomingAndTheOthersAreArchived(boolean withHooks) throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on", withHooks ? "pre_archive_script = true" : "");
        server.arrive(server.incoming, W1);
        byte[] half = java.util.Arrays.copyOf(ArchiveServer.segment(W2, SampleWals.SYSTEM_ID), 1 << 19);
        server.arrive(server.incoming, W2, half);
        server.arrive(server.incoming, W3);
        server.arrive(server.incoming, "000000010000000000000004", new byte[0]);

        ArchiveSummary summary = server.archive();

        assertThat(summary).isEqualTo(new ArchiveSummary(2, 0, 0, 2, false));
        assertThat(server.messages.lines())
                .containsSubsequence(
                        "\t" + W1,
                        "WARNING: WAL file " + server.incoming.resolve(W2)
                                + " of server main has 524288 bytes of the 1048576"
                                + " that its header announces: it is left there, since it may still be written. If it stays so,"
                                + " archive_command does not write to a temporary name first, or was interrupted: replace the"
                                + " file by a complete copy.",
                        "\t" + W3);
        assertThat(server.indexed()).containsExactly(W1, W3);
        assertThat(ArchiveServer.files(server.incoming)).containsExactly(W2, "000000010000000000000004");
        assertThat(ArchiveServer.files(server.errors)).isEmpty();

        server.arrive(server.incoming, W2);
        server.archive();
        assertThat(server.indexed()).containsExactly(W1, W3, W2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void walOfAnotherClusterIsMovedAsideAndTheOthersAreArchived(boolean withHooks) throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on", withHooks ? "pre_archive_script = true" : "");
        server.identify(SampleWals.SYSTEM_ID);
        byte[] foreign = ArchiveServer.segment(W1, OTHER_SYSTEM);
        server.arrive(server.incoming, W1, foreign);
        server.arrive(server.incoming, W2);

        ArchiveSummary summary = server.archive();

        assertThat(summary).isEqualTo(new ArchiveSummary(1, 0, 1, 0, false));
        String kept = W1 + "." + ArchiveServer.STAMP + ".unknown";
        assertThat(server.errors.resolve(kept)).hasBinaryContent(foreign);
        assertThat(server.indexed()).containsExactly(W2);
        assertThat(server.messages.lines())
                .anyMatch(line -> line.startsWith("ERROR: WAL file " + server.incoming.resolve(W1)
                        + " belongs to the PostgreSQL cluster " + OTHER_SYSTEM
                        + ", but server main archives the cluster "
                        + SampleWals.SYSTEM_ID + ". It was moved to " + server.errors.resolve(kept)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void beforeTheFirstBackupPostgresIsAskedOnceWhichClusterItIs(boolean withHooks) throws Exception {
        ArchiveServer server = new ArchiveServer(
                home,
                "archiver = on",
                "streaming_archiver = on",
                "slot_name = barman",
                withHooks ? "pre_archive_script = true" : "");
        AtomicInteger asked = new AtomicInteger();
        server.postgres = () -> {
            asked.incrementAndGet();
            return Optional.of(SampleWals.SYSTEM_ID);
        };
        server.arrive(server.streaming, W1);
        server.arrive(server.streaming, W2 + ".partial", new byte[9]);
        server.arrive(server.incoming, W2, ArchiveServer.segment(W2, OTHER_SYSTEM));
        server.arrive(server.incoming, W3);

        assertThat(server.archive()).isEqualTo(new ArchiveSummary(2, 0, 1, 0, false));
        assertThat(server.indexed()).containsExactly(W1, W3);
        assertThat(ArchiveServer.files(server.errors)).containsExactly(W2 + "." + ArchiveServer.STAMP + ".unknown");
        assertThat(asked).hasValue(1);
        assertThat(server.directory.resolve("identity.json")).doesNotExist();
    }

    @Test
    void clusterIsNotCheckedWhenNobodyKnowsIt() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on");
        server.arrive(server.incoming, W1, ArchiveServer.segment(W1, OTHER_SYSTEM));

        assertThat(server.archive().archived()).isEqualTo(1);
    }

    @Test
    void postgresIsNotAskedWhenTheIdentityIsKnown() throws Exception {
        ArchiveServer server = unaskedServer();
        server.identify(SampleWals.SYSTEM_ID);
        server.arrive(server.incoming, W1);

        assertThat(server.archive().archived()).isEqualTo(1);
    }

    @Test
    void postgresIsNotAskedWithoutASegmentToJudge() throws Exception {
        ArchiveServer server = unaskedServer();
        server.archive();
        server.arrive(server.incoming, LABEL, "START WAL LOCATION".getBytes());
        server.arrive(server.incoming, HISTORY, new byte[] {1});
        server.arrive(server.incoming, W1, Arrays.copyOf(ArchiveServer.segment(W1, OTHER_SYSTEM), 9999));

        assertThat(server.archive()).isEqualTo(new ArchiveSummary(2, 0, 0, 1, false));
    }

    private ArchiveServer unaskedServer() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on");
        server.postgres = () -> {
            throw new AssertionError("PostgreSQL was asked");
        };
        return server;
    }

    @Test
    void damagedIdentityIsAClearErrorAndNothingIsArchived() throws Exception {
        ArchiveServer server = unaskedServer();
        Files.writeString(server.directory.resolve("identity.json"), "{");
        server.arrive(server.incoming, W1);

        assertThatExceptionOfType(BarmanException.class)
                .isThrownBy(server::archive)
                .withMessageContaining(server.directory.resolve("identity.json").toString());
        assertThat(ArchiveServer.files(server.incoming)).containsExactly(W1);
    }

    @Test
    void busyLockIsToldAndNothingHappens() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on");
        server.arrive(server.incoming, W1);

        try (LockFile lock = LockFile.tryAcquire(home.resolve(".main-archive-wal.lock"))) {
            assertThatExceptionOfType(LockBusyException.class).isThrownBy(server::archive);
        }
        assertThat(ArchiveServer.files(server.incoming)).containsExactly(W1);
        server.archive();
        assertThat(server.indexed()).containsExactly(W1);
    }

    @Test
    void missingIncomingDirectoryIsAClearError() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on");
        Files.delete(server.incoming);

        assertThatExceptionOfType(BarmanException.class)
                .isThrownBy(server::archive)
                .withMessage("incoming_wals_directory " + server.incoming
                        + " is not a directory: create it, or run \"barman check\", which does");
    }

    /** In the reference a missing errors directory is told as moved, and the file stays and comes back with every pass. */
    @Test
    void hazardMissingErrorsDirectoryIsCreated() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on");
        server.arrive(server.incoming, "notes.txt", new byte[3]);
        assertThat(server.errors).doesNotExist();

        server.archive();

        assertThat(ArchiveServer.files(server.errors)).containsExactly("notes.txt." + ArchiveServer.STAMP + ".unknown");
        assertThat(ArchiveServer.files(server.incoming)).isEmpty();
    }

    /** In the reference a second file of the same name and second replaces the first. */
    @Test
    void hazardSameNameInTheSameSecondIsKeptTwice() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on");
        server.arrive(server.incoming, "notes.txt", new byte[] {1});
        server.archive();
        server.arrive(server.incoming, "notes.txt", new byte[] {2});
        server.archive();

        assertThat(server.errors.resolve("notes.txt." + ArchiveServer.STAMP + ".unknown"))
                .hasBinaryContent(new byte[] {1});
        assertThat(server.errors.resolve("notes.txt." + ArchiveServer.STAMP + ".1.unknown"))
                .hasBinaryContent(new byte[] {2});
    }

    /** The reference believes size and time. */
    @ParameterizedTest
    @ValueSource(strings = {"", "compression = gzip"})
    void hazardDuplicateOfEqualSizeAndTimeIsReadBeforeItIsDropped(String compression) throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on", compression);
        server.arrive(server.incoming, W1);
        server.archive();
        byte[] other = ArchiveServer.segment(W1, SampleWals.SYSTEM_ID);
        other[12345] ^= 1;
        server.arrive(server.incoming, W1, other);

        server.archive();

        assertThat(server.errors.resolve(W1 + "." + ArchiveServer.STAMP + ".duplicate"))
                .hasBinaryContent(other);
    }

    /** In the reference the surviving source is dropped without an index line, which is then missing for ever. */
    @ParameterizedTest
    @ValueSource(strings = {"", "compression = gzip"})
    void hazardCrashBetweenStoreAndIndexHealsOnTheNextPass(String compression) throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on", compression);
        server.arrive(server.incoming, W1);
        server.archive();
        WalEntry line = server.index().entries().get(0);
        Files.write(server.index().file(), new byte[0]);
        server.arrive(server.incoming, W1);

        server.archive();

        assertThat(server.index().entries()).containsExactly(line);
        assertThat(ArchiveServer.files(server.incoming)).isEmpty();
        assertThat(ArchiveServer.files(server.errors)).isEmpty();
    }

    /** In the reference an undecodable stored file aborts this and every later pass. */
    @Test
    void hazardUndecodableStoredFileIsDifferentAndDoesNotBlock() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on", "compression = gzip");
        Path directory = Files.createDirectories(server.wals.resolve("0000000100000000"));
        Files.write(directory.resolve(W1), new byte[] {0x1f, (byte) 0x8b, 8, 0, 0});
        server.arrive(server.incoming, W1);
        server.arrive(server.incoming, W2);

        server.archive();

        assertThat(server.indexed()).containsExactly(W1, W2);
        assertThat(server.errors.resolve(W1 + "." + ArchiveServer.STAMP + ".duplicate"))
                .hasBinaryContent(ArchiveServer.segment(W1, SampleWals.SYSTEM_ID));
    }

    @Test
    void leftoverTemporaryFilesOfAKilledRunAreReplaced() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on", "compression = gzip");
        Path directory = Files.createDirectories(server.wals.resolve("0000000100000000"));
        Files.write(directory.resolve(W1 + ".tmp"), new byte[99]);
        Files.write(directory.resolve(W1 + ".tmp.gpg"), new byte[99]);
        server.arrive(server.incoming, W1);

        server.archive();

        assertThat(ArchiveServer.files(server.wals)).containsExactly("0000000100000000/" + W1);
    }

    @Test
    void missingIndexIsRebuiltBeforeWalsAreAdded() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on");
        server.arrive(server.incoming, W1);
        server.archive();
        Files.delete(server.index().file());
        server.arrive(server.incoming, W2);

        server.archive();

        assertThat(server.indexed()).containsExactly(W1, W2);
    }

    @Test
    void hooksRunAroundEachWalWhenItIsStored() throws Exception {
        Path log = home.resolve("log");
        String check = "echo \"$BARMAN_PHASE$BARMAN_RETRY $BARMAN_SEGMENT $BARMAN_SIZE $BARMAN_COMPRESSION"
                + " $(test -e $BARMAN_FILE && echo there) $(grep -c $BARMAN_SEGMENT %s) $BARMAN_ERROR\" >> %s";
        String script = String.format(check, home.resolve("main/wals/main-xlog.db"), log);
        ArchiveServer server = new ArchiveServer(
                home,
                "archiver = on",
                "compression = gzip",
                "pre_archive_script = " + script,
                "pre_archive_retry_script = " + script,
                "post_archive_script = " + script,
                "post_archive_retry_script = " + script);
        Files.createDirectories(server.wals);
        Files.createFile(server.index().file());
        server.arrive(server.incoming, W1);
        server.arrive(server.incoming, W2);

        server.archive();

        long stored1 = Files.size(server.wals.resolve("0000000100000000/" + W1));
        long stored2 = Files.size(server.wals.resolve("0000000100000000/" + W2));
        assertThat(Files.readAllLines(log))
                .containsExactly(
                        "pre0 " + W1 + " 1048576  there 0 ",
                        "pre1 " + W1 + " 1048576  there 0 ",
                        "post1 " + W1 + " " + stored1 + " gzip there 1 ",
                        "post0 " + W1 + " " + stored1 + " gzip there 1 ",
                        "pre0 " + W2 + " 1048576  there 0 ",
                        "pre1 " + W2 + " 1048576  there 0 ",
                        "post1 " + W2 + " " + stored2 + " gzip there 1 ",
                        "post0 " + W2 + " " + stored2 + " gzip there 1 ");
    }

    @Test
    void preHookThatExitsWith63LeavesTheRestForLater() throws Exception {
        Path log = home.resolve("log");
        ArchiveServer server = new ArchiveServer(
                home,
                "archiver = on",
                "pre_archive_retry_script = test $BARMAN_SEGMENT != " + W2 + " || exit 63",
                "post_archive_retry_script = echo \"$BARMAN_SEGMENT $BARMAN_ERROR\" >> " + log);
        for (String name : List.of(W1, W2, W3)) {
            server.arrive(server.incoming, name);
        }
        server.arrive(server.incoming, "notes.txt", new byte[1]);

        ArchiveSummary summary = server.archive();

        assertThat(summary).isEqualTo(new ArchiveSummary(1, 0, 0, 0, true));
        assertThat(server.messages.lines())
                .containsExactly(
                        "Processing xlog segments from file archival for main (batch size: 3)", "\t" + W1, "\t" + W2);
        assertThat(ArchiveServer.files(server.incoming)).containsExactly(W2, W3, "notes.txt");
        assertThat(Files.readAllLines(log))
                .containsExactly(
                        W1 + " ",
                        W2 + " Abort 'pre_archive_retry_script' retry hook script (test $BARMAN_SEGMENT != " + W2
                                + " || exit 63, exit code: 63)");
    }

    @Test
    void postRetryHookIsToldAboutDuplicates() throws Exception {
        Path log = home.resolve("log");
        ArchiveServer server = new ArchiveServer(
                home, "archiver = on", "post_archive_retry_script = echo \"$BARMAN_FILE $BARMAN_ERROR\" >> " + log);
        server.arrive(server.incoming, HISTORY, new byte[] {1});
        server.archive();
        server.arrive(server.incoming, HISTORY, new byte[] {1});
        server.archive();
        server.arrive(server.incoming, HISTORY, new byte[] {2, 2});
        server.archive();

        String info = "WalFileInfo(compression=None, encryption=None, name='" + HISTORY
                + "', size=%d, time=1795173362.5696092)";
        assertThat(Files.readAllLines(log))
                .containsExactly(
                        server.wals.resolve(HISTORY) + " ",
                        server.wals.resolve(HISTORY) + " MatchingDuplicateWalFile:" + String.format(info, 1),
                        server.wals.resolve(HISTORY) + " DuplicateWalFile:" + String.format(info, 2));
    }

    @Test
    void manyWalsAreArchivedInOrder() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on", "compression = lz4");
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            names.add(String.format("00000001%08X%08X", i / 50, i % 50));
            server.arrive(server.incoming, names.get(i), SampleWals.content(i, 5000));
        }

        server.archive();

        assertThat(server.indexed()).isEqualTo(names);
        assertThat(server.messages.lines().subList(1, 121))
                .isEqualTo(names.stream().map(name -> "\t" + name).toList());
        assertThat(ArchiveServer.files(server.incoming)).isEmpty();
        assertThat(ArchiveServer.files(server.wals)).hasSize(120).noneMatch(name -> name.endsWith(".tmp"));
    }
}
