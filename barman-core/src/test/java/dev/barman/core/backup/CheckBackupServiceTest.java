// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import static dev.barman.core.backup.CatalogFixture.backup;
import static dev.barman.core.backup.CatalogFixture.id;
import static dev.barman.core.backup.CatalogFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.file.LockFile;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CheckBackupServiceTest {
    private static final String MISSING = "At least one WAL file is missing. The first missing WAL file is ";

    @TempDir
    private Path home;

    /** A backup of segments 3 to 6; archived are these numbers. */
    @ParameterizedTest
    @CsvSource({
        "3 4 5 6, DONE",
        "1 2 3 4 5 6 7, DONE",
        "3 4 5, WAITING_FOR_WALS",
        "3, WAITING_FOR_WALS",
        "'', WAITING_FOR_WALS",
        "1 2, WAITING_FOR_WALS",
        "4 5 6, FAILED 3",
        "3 4 6, FAILED 5",
        "3 5, FAILED 4",
        "9, FAILED 3",
    })
    void waitingBackupFollowsTheArchivedFiles(String archived, String expected) throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 3, 6).status(BackupStatus.WAITING_FOR_WALS));
        for (String number : archived.split(" ")) {
            if (!number.isEmpty()) {
                server.write("main/wals/" + segment(Integer.parseInt(number)).archivePath(), "x");
            }
        }

        BackupInfo checked = check(server);

        String[] words = expected.split(" ");
        assertThat(checked.status()).isEqualTo(BackupStatus.valueOf(words[0]));
        assertThat(server.catalog().catalog().find(id(1))).contains(checked);
        if (words.length > 1) {
            String error = MISSING + segment(Integer.parseInt(words[1]));
            assertThat(checked.error()).isEqualTo(error);
            assertThat(server.messages.lines())
                    .contains("ERROR: This backup has been marked as FAILED due to the following reason: " + error);
        } else {
            assertThat(checked.error()).isNull();
            assertThat(server.messages.lines()).allMatch(line -> line.startsWith("DEBUG: "));
        }
    }

    @Test
    void checkSaysWhatItDoesWhenDebugging() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 3, 3).status(BackupStatus.WAITING_FOR_WALS));
        server.archive(3, 3);

        check(server);
        check(server);

        assertThat(server.messages.lines())
                .containsExactly(
                        "DEBUG: Checking backup " + id(1) + " of server main",
                        "DEBUG: Check finished: the status of backup " + id(1)
                                + " of server main changed from WAITING_FOR_WALS to DONE",
                        "DEBUG: Checking backup " + id(1) + " of server main",
                        "DEBUG: Check finished: the status of backup " + id(1) + " of server main remains DONE");
    }

    @Test
    void partialsLabelsAndOtherTimelinesDoNotCount() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 3, 4).status(BackupStatus.WAITING_FOR_WALS));
        server.archive(3, 3);
        WalSegmentName otherTimeline = WalSegmentName.of(TimelineId.of(2), 0, 4);
        server.archive(List.of(
                segment(4) + ".partial", segment(5) + ".00000028.backup", "00000002.history", otherTimeline.text()));

        assertThat(check(server).status()).isEqualTo(BackupStatus.WAITING_FOR_WALS);
    }

    @Test
    void doneBackupIsNotDemoted_hazardItsWalWouldLoseItsProtection() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 3, 5));
        server.archive(List.of(segment(3).text(), segment(5).text()));

        assertThat(check(server).status()).isEqualTo(BackupStatus.DONE);
        assertThat(server.messages.lines())
                .contains("ERROR: The backup " + id(1) + " of server main is DONE but cannot be restored: " + MISSING
                        + segment(4));

        Files.delete(home.resolve("main/wals").resolve(segment(5).archivePath()));
        assertThat(check(server).status()).isEqualTo(BackupStatus.DONE);
        assertThat(server.messages.lines())
                .contains("WARNING: The backup " + id(1) + " of server main is DONE but its last WAL file " + segment(5)
                        + " is not in the archive any more");
        assertThat(server.catalog().catalog().find(id(1)).orElseThrow().status())
                .isEqualTo(BackupStatus.DONE);
    }

    @ParameterizedTest
    @EnumSource(
            value = BackupStatus.class,
            names = {"EMPTY", "STARTED", "SYNCING"})
    void unfinishedBackupStaysUnfinished(BackupStatus status) throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 3, 3).status(status));
        server.archive(3, 3);

        assertThat(check(server).status()).isEqualTo(status);
    }

    @Test
    void backupWithoutEndStaysAsItIs() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 3, 3).endWal(null).status(BackupStatus.WAITING_FOR_WALS));
        server.archive(3, 3);

        assertThat(check(server).status()).isEqualTo(BackupStatus.WAITING_FOR_WALS);
    }

    @Test
    void failedBackupCannotBeChecked() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 3, 3).status(BackupStatus.FAILED));

        assertThatThrownBy(() -> check(server))
                .isInstanceOf(BarmanException.class)
                .hasMessage("The validity of a failed backup cannot be checked");
    }

    @Test
    void lockedBackupIsLeftAlone() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 3, 3).status(BackupStatus.WAITING_FOR_WALS));
        server.archive(3, 3);

        try (LockFile lock = LockFile.tryAcquire(home.resolve(".main-" + id(1) + ".lock"))) {
            assertThat(check(server).status()).isEqualTo(BackupStatus.WAITING_FOR_WALS);
        }

        assertThat(server.messages.lines())
                .containsExactly("Another process is holding the lock for backup " + id(1) + " of server main.");
    }

    private static BackupInfo check(CatalogFixture server) throws BarmanException {
        return new CheckBackupService(server.catalog().catalog(), server.server(), server.messages).check(id(1));
    }
}
