// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import static dev.barman.core.backup.CatalogFixture.backup;
import static dev.barman.core.backup.CatalogFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.backup.BackupFileList.Selection;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.InvalidWalNameException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupFileListTest {
    @TempDir
    private Path home;

    @Test
    void filesComeDirectoryByDirectory() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        BackupInfo backup = server.add(backup(1, 3, 4));
        server.write("main/base/" + backup.id() + "/data/zz", "z");
        Files.createDirectories(home.resolve("main/base/" + backup.id() + "/data/pg_notify"));
        Files.createSymbolicLink(home.resolve("main/base/" + backup.id() + "/data/pg_tblspc"), home);

        assertThat(list(server, backup, Selection.DATA, false))
                .containsExactly("data/PG_VERSION", "data/zz", "data/base/1/112");
        assertThat(list(server, backup, Selection.DATA, true))
                .containsExactly("data/PG_VERSION", "data/zz", "data/base/1/112", "data/pg_notify");
    }

    @Test
    void standaloneNamesTheWalThatIsNeededArchivedOrNot() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        BackupInfo backup = server.add(backup(1, 3, 4));

        assertThat(list(server, backup, Selection.STANDALONE, false))
                .endsWith(
                        "wals/" + segment(3).archivePath(), "wals/" + segment(4).archivePath());
    }

    @Test
    void standaloneOfABackupWithoutEndNamesItsDataOnly() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        BackupInfo backup = server.add(backup(1, 3, 4).endWal(null).status(BackupStatus.FAILED));

        assertThat(list(server, backup, Selection.STANDALONE, false)).hasSize(2);
    }

    @Test
    void walNamesTheArchivedFilesUpToTheNextBackup() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        BackupInfo backup = server.add(backup(1, 3, 4));
        server.add(backup(2, 5, 6));
        server.archive(1, 4);
        server.archive(List.of(segment(4) + ".00000028.backup", "00000002.history"));
        server.archive(5, 8);
        server.archive(List.of("00000003.history"));

        List<String> wals = List.of(
                "wals/" + segment(3).archivePath(),
                "wals/" + segment(4).archivePath(),
                "wals/00000002.history",
                "wals/" + segment(5).archivePath(),
                "wals/" + segment(6).archivePath());
        assertThat(list(server, backup, Selection.WAL, false)).isEqualTo(wals);
        assertThat(list(server, backup, Selection.FULL, false)).hasSize(7).endsWith(wals.toArray(String[]::new));
    }

    @Test
    void damagedIndexIsAnErrorWithAHint() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        BackupInfo backup = server.add(backup(1, 3, 4));
        server.write("main/wals/main-xlog.db", "garbage\t10\t1.0\tNone\tNone\n");

        assertThatThrownBy(() -> list(server, backup, Selection.WAL, false))
                .isInstanceOf(InvalidWalNameException.class)
                .hasMessageStartingWith("invalid xlog segment name 'BadXlogSegmentName:garbage'\nHINT: ");
    }

    @Test
    void sizesCountLinkedFilesApart() throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        BackupInfo backup = server.add(backup(1, 3, 4));
        Path data = home.resolve("main/base/" + backup.id() + "/data");
        Files.createLink(data.resolve("linked"), data.resolve("PG_VERSION"));
        Files.createSymbolicLink(data.resolve("dangling"), data.resolve("nothing"));

        assertThat(BackupSizes.of(data)).isEqualTo(new BackupSizes(9, 3));
    }

    /** The paths below the backup's or the server's directory. */
    private static List<String> list(CatalogFixture server, BackupInfo backup, Selection selection, boolean empty)
            throws Exception {
        Path root = server.home.resolve("main");
        return new BackupFileList(server.catalog())
                .list(backup, selection, empty).stream()
                        .map(file -> root.relativize(Path.of(file)).toString())
                        .map(file -> file.replace("base/" + backup.id() + "/", ""))
                        .toList();
    }
}
