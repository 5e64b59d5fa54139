// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import static dev.barman.core.backup.CatalogFixture.backup;
import static dev.barman.core.backup.CatalogFixture.id;
import static dev.barman.core.backup.CatalogFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.BarmanException;
import dev.barman.core.archive.ServerWalIndex;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.KeepTarget;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.hook.HookAbortedException;
import dev.barman.file.LockFile;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.storage.WalStorage;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DeleteServiceTest {
    private static final String GUARDED = "minimum_redundancy = 1";

    @TempDir
    private Path home;

    @Test
    void oldestBackupGoesWithItsWal() throws Exception {
        CatalogFixture server = threeBackups();

        assertThat(server.deletion().delete(id(1))).isTrue();

        List<String> said = server.messages.lines();
        assertThat(said.subList(0, said.size() - 1))
                .containsExactly(
                        "Deleting backup " + id(1) + " for server main",
                        "Delete associated WAL segments:",
                        "\t" + segment(1),
                        "\t" + segment(2),
                        "\t" + segment(2) + ".00000028.backup",
                        "\t" + segment(3),
                        "\t" + segment(4));
        assertThat(said.get(said.size() - 1))
                .matches(
                        "Deleted backup " + id(1)
                                + " \\(start time: \\w{3} \\w{3} [ 0-9]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}, elapsed time: less than one second\\)");
        assertThat(server.files("main/meta")).containsExactly(id(2) + "-backup.info", id(3) + "-backup.info");
        assertThat(server.directories("main/base")).containsExactly(id(2).value(), id(3).value());
        assertThat(server.indexed())
                .startsWith("00000002.history", segment(5).text())
                .hasSize(9);
        assertThat(server.archived()).containsExactlyInAnyOrderElementsOf(server.indexed());
        assertThat(server.home.resolve(".main-" + id(1) + ".lock")).doesNotExist();
    }

    @Test
    void laterBackupGoesAloneAndNoWalIsLookedAt() throws Exception {
        CatalogFixture server = threeBackups();
        List<String> wals = server.archived();

        assertThat(server.deletion().delete(id(2))).isTrue();

        assertThat(server.messages.lines()).hasSize(2).noneMatch(line -> line.contains("WAL"));
        assertThat(server.archived()).isEqualTo(wals);
        assertThat(server.directories("main/base")).containsExactly(id(1).value(), id(3).value());
    }

    @ParameterizedTest
    @EnumSource(BackupStatus.class)
    void backupIsDeletableInEveryStatus(BackupStatus status) throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, status));
        server.add(backup(2, 5, 6));
        server.archive(1, 8);

        assertThat(server.deletion().delete(id(1))).isTrue();

        assertThat(server.files("main/meta")).containsExactly(id(2) + "-backup.info");
        assertThat(server.directories("main/base")).containsExactly(id(2).value());
        assertThat(server.indexed()).hasSize(4).startsWith(segment(5).text());
    }

    @Test
    void orphanIsDeletable() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.catalog().catalog().save(backup(1, 2, 3).build());
        server.add(backup(2, 5, 6));

        assertThat(server.deletion().delete(id(1))).isTrue();

        assertThat(server.files("main/meta")).containsExactly(id(2) + "-backup.info");
    }

    @Test
    void lastBackupLeavesWhatFollowsItsBegin() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 2, 3));
        server.archive(1, 4);

        assertThat(server.deletion().delete(id(1))).isTrue();

        assertThat(server.archived())
                .containsExactly(
                        segment(2).text(), segment(3).text(), segment(4).text());
        assertThat(server.files("main/meta")).isEmpty();
    }

    @Test
    void manyWalsInOneDirectoryGoByName_hazardWholeDirectoryRemoved() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 1, 1).xlogSegmentSize(WalSegmentSize.of(1 << 20)));
        server.add(backup(2, 300, 300).xlogSegmentSize(WalSegmentSize.of(1 << 20)));
        server.archive(IntStream.rangeClosed(1, 400)
                .mapToObj(number -> segment(number).text())
                .toList());

        assertThat(server.deletion().delete(id(1))).isTrue();

        assertThat(server.archived())
                .isEqualTo(IntStream.rangeClosed(300, 400)
                        .mapToObj(number -> segment(number).text())
                        .toList());
        assertThat(server.indexed()).isEqualTo(server.archived());
    }

    /** Without its line nobody would ever try again. */
    @Test
    void walThatCannotBeRemovedKeepsItsLine() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 1, 1));
        server.add(backup(2, 4, 4));
        server.add(backup(3, 5, 5));
        server.archive(1, 5);
        Path stuck =
                home.resolve("main/wals/0000000100000000").resolve(segment(2).text());
        Files.delete(stuck);
        Files.createDirectories(stuck.resolve("of-a-file-system-that-refuses"));

        assertThat(server.deletion().delete(id(1))).isTrue();

        assertThat(server.messages.lines())
                .anyMatch(line -> line.contains(
                        "Ignoring deletion of WAL file " + segment(2).text()));
        assertThat(server.indexed())
                .containsExactly(
                        segment(2).text(), segment(4).text(), segment(5).text());
        Files.delete(stuck.resolve("of-a-file-system-that-refuses"));
        Files.delete(stuck);
        Files.createFile(stuck);
        assertThat(server.deletion().delete(id(2))).isTrue();
        assertThat(server.indexed()).containsExactly(segment(5).text());
        assertThat(stuck).doesNotExist();
    }

    @Test
    void emptyHashDirectoriesGo() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 1, 1));
        BackupInfo.Builder next = backup(2, 1, 1);
        String begin = "000000010000000100000000";
        server.add(next.beginWal(WalSegmentName.parse(begin)).endWal(WalSegmentName.parse(begin)));
        server.archive(1, 3);
        server.archive(List.of(begin));

        assertThat(server.deletion().delete(id(1))).isTrue();

        assertThat(server.directories("main/wals")).containsExactly("0000000100000001");
    }

    @Test
    void keptBackupIsRefused() throws Exception {
        CatalogFixture server = threeBackups();
        server.catalog().catalog().keepAnnotation().keep(id(1), KeepTarget.FULL);
        server.write("main/meta/" + id(2) + "-keep", "");
        List<String> before = server.files("main");

        assertThat(server.deletion().delete(id(1))).isFalse();
        assertThat(server.deletion().delete(id(2))).isFalse();

        assertThat(server.messages.lines())
                .containsExactly(
                        "WARNING: Skipping delete of backup " + id(1)
                                + " for server main as it has a current keep request."
                                + " If you really want to delete this backup please remove the keep and try again.",
                        "WARNING: Skipping delete of backup " + id(2)
                                + " for server main as it has a current keep request."
                                + " If you really want to delete this backup please remove the keep and try again.");
        assertThat(server.files("main")).isEqualTo(before);
    }

    @Test
    void minimumRedundancyIsRespected() throws Exception {
        CatalogFixture server = new CatalogFixture(home, GUARDED);
        server.add(backup(1, 2, 3));
        server.add(backup(2, 5, 6).parentBackupId(id(1)));
        server.add(backup(3, BackupStatus.FAILED));

        assertThat(server.deletion().delete(id(1))).isFalse();

        assertThat(server.messages.lines())
                .containsExactly("WARNING: Skipping delete of backup " + id(1)
                        + " for server main due to minimum redundancy requirements"
                        + " (minimum redundancy = 1, current redundancy = 1)");
        assertThat(server.deletion().delete(id(2))).isTrue();
        assertThat(server.deletion().delete(id(3))).isTrue();
    }

    @Test
    void backupWhoseDeletionHasBegunDoesNotCountAndCanBeDeletedAgain() throws Exception {
        CatalogFixture server = new CatalogFixture(home, GUARDED);
        server.add(backup(1, 2, 3));
        server.add(backup(2, 5, 6));
        server.catalog().catalog().deleteMarker().set(id(2));

        assertThat(server.deletion().delete(id(1))).isFalse();
        assertThat(server.deletion().delete(id(2))).isTrue();

        assertThat(server.directories("main/base")).containsExactly(id(1).value());
    }

    @Test
    void familyGoesLeavesFirst() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 2, 2).childrenBackupIds(List.of(id(2))));
        server.add(backup(2, 4, 4).parentBackupId(id(1)).childrenBackupIds(List.of(id(3))));
        server.add(backup(3, 6, 6).parentBackupId(id(2)));
        server.add(backup(4, 8, 8));
        server.archive(1, 9);

        assertThat(server.deletion().delete(id(1))).isTrue();

        assertThat(server.messages.lines())
                .filteredOn(line -> !line.startsWith("\t") && !line.startsWith("Deleted"))
                .containsExactly(
                        "WARNING: Backup " + id(1)
                                + " has incremental backups which depend on it. Deleting all backups in the tree",
                        "Deleting backup " + id(3) + " for server main",
                        "Deleting backup " + id(2) + " for server main",
                        "Deleting backup " + id(1) + " for server main",
                        "Delete associated WAL segments:");
        assertThat(server.files("main/meta")).containsExactly(id(4) + "-backup.info");
        assertThat(server.archived())
                .containsExactly(segment(8).text(), segment(9).text());
    }

    @Test
    void parentForgetsItsChild() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 2, 2).childrenBackupIds(List.of(id(2), id(3))));
        server.add(backup(2, 4, 4).parentBackupId(id(1)));
        server.add(backup(3, 6, 6).parentBackupId(id(1)));

        assertThat(server.deletion().delete(id(2))).isTrue();
        assertThat(children(server)).containsExactly(id(3));

        assertThat(server.deletion().delete(id(3))).isTrue();
        assertThat(children(server)).isEmpty();
        assertThat(Files.readString(home.resolve("main/meta/" + id(1) + "-backup.info")))
                .contains("\nchildren_backup_ids=None\n");
    }

    @Test
    void recordOfTheOldPlaceAndTablespacesGo() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(2, 5, 6).tablespaces(List.of(new Tablespace("t", 16387, "/srv/t"))));
        server.write("main/base/" + id(2) + "/16387/PG_15/1", "x");
        Path meta = home.resolve("main/meta/" + id(2) + "-backup.info");
        Files.move(meta, home.resolve("main/base/" + id(2) + "/backup.info"));

        assertThat(server.deletion().delete(id(2))).isTrue();

        assertThat(server.files("main/meta")).isEmpty();
        assertThat(server.directories("main/base")).isEmpty();
    }

    @Test
    void linksAreRemovedAndNotFollowed() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 2, 3));
        Path outside = Files.createDirectories(home.resolve("outside"));
        Files.writeString(outside.resolve("precious"), "x");
        Files.createSymbolicLink(home.resolve("main/base/" + id(1) + "/data/pg_tblspc"), outside);

        assertThat(server.deletion().delete(id(1))).isTrue();

        assertThat(outside.resolve("precious")).exists();
    }

    @Test
    void damagedIndexStopsTheDeletionBeforeAnythingGoes() throws Exception {
        CatalogFixture server = threeBackups();
        Path index = home.resolve("main/wals/main-xlog.db");
        Files.writeString(index, Files.readString(index) + "this line is broken\n");
        List<String> before = server.files("main");

        assertThatThrownBy(() -> server.deletion().delete(id(1)))
                .isInstanceOf(BarmanException.class)
                .hasMessageContaining(index.toString())
                .hasMessageContaining("rebuild-xlogdb")
                .hasMessageContaining("Nothing was deleted");

        assertThat(server.files("main")).isEqualTo(before);
    }

    @Test
    void archiveThatDoesNotAnswerStopsTheDeletionBeforeAnythingGoes() throws Exception {
        CatalogFixture server = threeBackups();
        WalStorage silent = (WalStorage) Proxy.newProxyInstance(
                WalStorage.class.getClassLoader(), new Class<?>[] {WalStorage.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("location")) {
                        return "s3://bucket/path";
                    }
                    throw new IOException("the bucket does not answer");
                });
        List<String> before = server.files("main");
        List<String> indexed = server.indexed();

        assertThatThrownBy(() ->
                        server.deletion(silent, server.messages, step -> {}).delete(id(1)))
                .isInstanceOf(BarmanException.class)
                .hasMessageContaining("the bucket does not answer")
                .hasMessageContaining("Nothing was deleted");

        assertThat(server.files("main")).isEqualTo(before);
        assertThat(server.indexed()).isEqualTo(indexed);
    }

    /** The server's own archive, but for the answer to the question who else needs its files. */
    private static WalStorage shared(WalStorage archive, Callable<Optional<String>> answer) {
        return (WalStorage) Proxy.newProxyInstance(
                WalStorage.class.getClassLoader(), new Class<?>[] {WalStorage.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("sharedWith")) {
                        return answer.call();
                    }
                    try {
                        return method.invoke(archive, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void walThatBackupsOfOthersMayNeedIsKept() throws Exception {
        Path log = home.resolve("hooks.log");
        CatalogFixture server = threeBackups("pre_wal_delete_script = echo $BARMAN_SEGMENT >> " + log);
        List<String> archived = server.archived();
        List<String> indexed = server.indexed();
        WalStorage storage = shared(server.storage(), () -> Optional.of("others keep backups there (s3://b/o)"));

        assertThat(server.deletion(storage, server.messages, step -> {}).delete(id(1)))
                .isTrue();

        assertThat(server.messages.lines())
                .contains(
                        "WARNING: Keeping 5 WAL files of server main that no backup in its catalogue needs: others keep"
                                + " backups there (s3://b/o). Move one of the two to another URL or server name")
                .noneMatch(line -> line.startsWith("\t"));
        assertThat(server.archived()).isEqualTo(archived);
        assertThat(server.indexed()).isEqualTo(indexed);
        assertThat(log).doesNotExist();
        assertThat(server.files("main/meta")).containsExactly(id(2) + "-backup.info", id(3) + "-backup.info");

        // Once the others are gone, the next removal takes what was kept.
        assertThat(server.deletion().delete(id(2))).isTrue();
        assertThat(server.archived())
                .doesNotContain(segment(1).text(), segment(7).text());
        assertThat(server.archived()).containsExactlyInAnyOrderElementsOf(server.indexed());
    }

    @Test
    void nothingIsSaidOfOthersWhereNoWalWouldGo() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 2, 3));
        server.add(backup(2, 5, 6));
        server.archive(5, 8);
        WalStorage storage = shared(server.storage(), () -> Optional.of("others"));

        assertThat(server.deletion(storage, server.messages, step -> {}).delete(id(1)))
                .isTrue();

        assertThat(server.messages.lines()).noneMatch(line -> line.startsWith("WARNING"));
    }

    @Test
    void whoElseNeedsTheWalMustBeKnownBeforeAnythingGoes() throws Exception {
        CatalogFixture server = threeBackups();
        WalStorage storage = shared(server.storage(), () -> {
            throw new IOException("listing refused");
        });
        List<String> before = server.files("main");
        List<String> indexed = server.indexed();

        assertThatThrownBy(() ->
                        server.deletion(storage, server.messages, step -> {}).delete(id(1)))
                .isInstanceOf(BarmanException.class)
                .hasMessageContaining("listing refused")
                .hasMessageContaining("Nothing was deleted");

        assertThat(server.files("main")).isEqualTo(before);
        assertThat(server.indexed()).isEqualTo(indexed);
    }

    @Test
    void walIsKeptWhenTheQuestionWhoElseNeedsItFailsInTheMiddleAndTheRepetitionRemovesIt() throws Exception {
        CatalogFixture server = threeBackups();
        List<String> archived = server.archived();
        List<String> indexed = server.indexed();
        AtomicInteger questions = new AtomicInteger();
        WalStorage storage = shared(server.storage(), () -> {
            if (questions.getAndIncrement() > 0) {
                throw new IOException("listing refused");
            }
            return Optional.empty();
        });

        assertThatThrownBy(() ->
                        server.deletion(storage, server.messages, step -> {}).delete(id(1)))
                .isInstanceOf(BarmanException.class)
                .hasMessageContaining("cannot remove WAL files of server main")
                .hasMessageContaining("listing refused");

        assertThat(server.archived()).isEqualTo(archived);
        assertThat(server.indexed()).isEqualTo(indexed);
        assertThat(server.files("main/meta")).contains(id(1) + "-backup.info", id(1) + "-delete_this");

        assertThat(server.deletion().delete(id(1))).isTrue();
        assertThat(server.archived()).hasSize(9).containsExactlyInAnyOrderElementsOf(server.indexed());
    }

    @Test
    void nameThatIsNoWalFileLosesItsLineAndIsReported() throws Exception {
        CatalogFixture server = threeBackups();
        Path index = home.resolve("main/wals/main-xlog.db");
        Files.writeString(index, "garbage\t10\t1.0\tNone\tNone\n" + Files.readString(index));
        server.write("main/wals/garbage", "x");

        assertThat(server.deletion().delete(id(1))).isTrue();

        assertThat(server.messages.lines())
                .contains("ERROR: invalid WAL segment name 'BadXlogSegmentName:garbage'\n"
                        + "HINT: Please run \"barman rebuild-xlogdb main\" to solve this issue");
        assertThat(server.indexed()).doesNotContain("garbage");
        assertThat(home.resolve("main/wals/garbage")).exists();
    }

    @Test
    void nothingIsDeletedWhileABackupRuns() throws Exception {
        CatalogFixture server = threeBackups();
        List<String> before = server.files("main");

        try (LockFile lock = LockFile.tryAcquire(home.resolve(".main-backup.lock"))) {
            assertThat(server.deletion().delete(id(1))).isFalse();
        }

        assertThat(server.messages.lines())
                .containsExactly("ERROR: Another process in running on server main. Impossible to delete the backup.");
        assertThat(server.files("main")).isEqualTo(before);
    }

    @Test
    void nothingIsDeletedWhileTheBackupIsLockedOrSynchronised() throws Exception {
        CatalogFixture server = threeBackups();
        List<String> before = server.files("main");
        for (String name : List.of(".main-" + id(1) + ".lock", ".main-" + id(1) + "-sync-backup.lock")) {
            try (LockFile lock = LockFile.tryAcquire(home.resolve(name))) {
                assertThat(server.deletion().delete(id(1))).isFalse();
            }
        }

        String busy = "ERROR: Another process is holding the lock for backup " + id(1) + " of server main.";
        assertThat(server.messages.lines()).containsExactly(busy, busy);
        assertThat(server.files("main")).isEqualTo(before);
    }

    @Test
    void hookBeforeTheDeletionCanForbidIt() throws Exception {
        CatalogFixture server = threeBackups("pre_delete_retry_script = exit 63");

        assertThatThrownBy(() -> server.deletion().delete(id(1)))
                .isInstanceOf(HookAbortedException.class)
                .hasMessage("Abort 'pre_delete_retry_script' retry hook script (exit 63, exit code: 63)");

        assertThat(server.messages.lines()).isEmpty();
        assertThat(server.files("main/meta")).contains(id(1) + "-delete_this", id(1) + "-backup.info");
        assertThat(server.files("main/base/" + id(1))).hasSize(2);
        assertThat(server.archived()).hasSize(14);
    }

    @Test
    void hooksSeeTheBackupAndItsNeighbours() throws Exception {
        Path log = home.resolve("hooks.log");
        String script = "echo $BARMAN_PHASE $BARMAN_HOOK $BARMAN_BACKUP_ID $BARMAN_STATUS"
                + " [$BARMAN_PREVIOUS_ID] [$BARMAN_NEXT_ID] $BARMAN_BACKUP_INFO_PATH >> " + log;
        CatalogFixture server = threeBackups("pre_delete_script = " + script, "post_delete_script = " + script);
        server.add(backup(4, BackupStatus.FAILED));

        assertThat(server.deletion().delete(id(2))).isTrue();
        assertThat(server.deletion().delete(id(4))).isTrue();

        String info = home.resolve("main/meta") + "/";
        assertThat(Files.readAllLines(log))
                .containsExactly(
                        "pre delete_script " + id(2) + " DONE [" + id(1) + "] [" + id(3) + "] " + info + id(2)
                                + "-backup.info",
                        "post delete_script " + id(2) + " DONE [" + id(1) + "] [" + id(3) + "] " + info + id(2)
                                + "-backup.info",
                        "pre delete_script " + id(4) + " FAILED [" + id(3) + "] [] " + info + id(4) + "-backup.info",
                        "post delete_script " + id(4) + " FAILED [] [] " + info + id(4) + "-backup.info");
    }

    @Test
    void hooksRunAroundEveryWalFile() throws Exception {
        Path log = home.resolve("hooks.log");
        String script = "test -e $BARMAN_FILE && there=yes || there=no;"
                + " echo $BARMAN_PHASE $BARMAN_SEGMENT $BARMAN_SIZE $BARMAN_TIMESTAMP $there >> " + log;
        CatalogFixture server = threeBackups("pre_wal_delete_script = " + script, "post_wal_delete_script = " + script);

        assertThat(server.deletion().delete(id(1))).isTrue();

        List<String> lines = Files.readAllLines(log);
        assertThat(lines)
                .hasSize(10)
                .startsWith("pre " + segment(1) + " 10 1795179124.5 yes", "post " + segment(1) + " 10 1795179124.5 no");
        assertThat(server.archived()).hasSize(9);
    }

    @Test
    void hookThatStopsInTheMiddleLeavesTheRestIndexedAtItsPlace() throws Exception {
        Path stop = home.resolve("stop");
        Files.createFile(stop);
        CatalogFixture server = threeBackups("pre_wal_delete_retry_script = test $BARMAN_SEGMENT != " + segment(3)
                + " -o ! -e " + stop + " || exit 63");
        List<String> indexed = new ArrayList<>(server.indexed());

        assertThatThrownBy(() -> server.deletion().delete(id(1))).isInstanceOf(HookAbortedException.class);

        indexed.removeAll(List.of(segment(1).text(), segment(2).text(), segment(2) + ".00000028.backup"));
        assertThat(server.indexed()).isEqualTo(indexed);
        assertThat(server.archived()).containsExactlyInAnyOrderElementsOf(indexed);
        assertThat(server.files("main/meta")).contains(id(1) + "-delete_this", id(1) + "-backup.info");
        assertThat(server.directories("main/base")).contains(id(1).value());

        Files.delete(stop);
        assertThat(server.deletion().delete(id(1))).isTrue();
        assertThat(server.files("main/meta")).containsExactly(id(2) + "-backup.info", id(3) + "-backup.info");
        assertThat(server.archived()).hasSize(9);
    }

    /** A script that calls a command which reads the index would wait for ever, and the deletion for the script. */
    @Test
    @Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
    void hookMayUseTheIndexAndWhatItAddsStays() throws Exception {
        Path asked = home.resolve("asked");
        Path answered = home.resolve("answered");
        String script = "touch " + asked + "; until test -e " + answered + "; do sleep 0.02; done;"
                + " test $BARMAN_SEGMENT != " + segment(3) + " || exit 63";
        CatalogFixture server = threeBackups("pre_wal_delete_retry_script = " + script);
        List<String> expected = new ArrayList<>(server.indexed());
        expected.removeAll(List.of(segment(1).text(), segment(2).text(), segment(2) + ".00000028.backup"));
        expected.add(segment(90).text());
        LockedXlogDb index = ServerWalIndex.of(server.server());
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> {
            try {
                while (!Files.exists(asked)) {
                    Thread.sleep(10);
                }
                index.write(db -> {
                    // As a rebuild would, which finds the files that are still there.
                    db.append(List.of(
                            new WalEntry(segment(90).text(), 10, 1.0, null, null),
                            new WalEntry(segment(1).text(), 10, 1.0, null, null),
                            new WalEntry(segment(4).text(), 10, 1.0, null, null)));
                    return true;
                });
                Files.createFile(answered);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });

        assertThatThrownBy(() -> server.deletion().delete(id(1))).isInstanceOf(HookAbortedException.class);

        other.join();
        assertThat(server.indexed())
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(expected)
                .containsSubsequence(
                        "00000002.history", segment(3).text(), segment(5).text());
    }

    @Test
    @Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
    void lineThatARebuildMadeForAFileBeforeItWentGoesToo() throws Exception {
        Path index = home.resolve("main/wals/main-xlog.db");
        Path before = home.resolve("before");
        CatalogFixture server = threeBackups(
                "pre_wal_delete_script = test $BARMAN_SEGMENT != " + segment(1) + " || cp " + before + " " + index);
        Files.copy(index, before);
        List<String> all = server.indexed();

        assertThat(server.deletion().delete(id(1))).isTrue();

        assertThat(server.indexed()).hasSize(9).isSubsetOf(all);
        assertThat(server.archived()).containsExactlyInAnyOrderElementsOf(server.indexed());
    }

    @Test
    void sizesOfTheNextRsyncBackupAreComputedAgain() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 2, 3).mode("rsync-concurrent"));
        server.catalog()
                .catalog()
                .save(backup(2, 5, 6)
                        .mode("rsync-concurrent")
                        .size(6L)
                        .deduplicatedSize(0L)
                        .build());
        for (String name : List.of("data/PG_VERSION", "data/base/1/112")) {
            Path link = home.resolve("main/base/" + id(2)).resolve(name);
            Files.createDirectories(link.getParent());
            Files.createLink(link, home.resolve("main/base/" + id(1)).resolve(name));
        }

        assertThat(server.deletion().delete(id(1))).isTrue();

        BackupInfo next = server.catalog().catalog().find(id(2)).orElseThrow();
        assertThat(next.size()).isEqualTo(6);
        assertThat(next.deduplicatedSize()).isEqualTo(6);
    }

    @Test
    void retentionSparesTheWalOfBackupsKeptAsStandalone() throws Exception {
        CatalogFixture server = threeBackups();
        server.catalog().catalog().keepAnnotation().keep(id(1), KeepTarget.STANDALONE);

        assertThat(server.deletion().deleteObsolete(id(2))).isTrue();

        assertThat(server.messages.lines().get(0))
                .isEqualTo("Enforcing retention policy: removing backup " + id(2) + " for server main");
        assertThat(server.archived())
                .containsExactlyInAnyOrder(
                        segment(2).text(),
                        segment(2) + ".00000028.backup",
                        segment(3).text(),
                        segment(8).text(),
                        segment(9).text(),
                        segment(10).text(),
                        segment(11).text(),
                        segment(12).text(),
                        "00000002.history");
    }

    @Test
    void retentionStepsOverABackupThatIsInUse() throws Exception {
        CatalogFixture server = threeBackups();

        try (LockFile lock = LockFile.tryAcquire(home.resolve(".main-" + id(1) + ".lock"))) {
            assertThat(server.deletion().deleteObsolete(id(1))).isFalse();
        }

        assertThat(server.messages.lines())
                .containsExactly("WARNING: Another action is in progress for the backup " + id(1)
                        + " of server main, skipping retention policy application");
    }

    @Test
    void unknownBackupIsNotDeleted() throws Exception {
        assertThat(threeBackups().deletion().delete(BackupId.of("20200101T000000")))
                .isFalse();
    }

    private static List<BackupId> children(CatalogFixture server) throws BarmanException {
        return server.catalog().catalog().find(id(1)).orElseThrow().childrenBackupIds();
    }

    /** Backups of 2..3, 5..6 and 8..9; WAL 1 to 12, a label and a history, the history first in the index. */
    private CatalogFixture threeBackups(String... options) throws Exception {
        CatalogFixture server = new CatalogFixture(home, options);
        server.add(backup(1, 2, 3));
        server.add(backup(2, 5, 6));
        server.add(backup(3, 8, 9));
        server.archive(1, 2);
        server.archive(List.of(segment(2) + ".00000028.backup", "00000002.history"));
        server.archive(3, 12);
        return server;
    }
}
