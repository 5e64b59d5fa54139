// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import static dev.barman.core.catalog.WalIndexes.backup;
import static dev.barman.core.catalog.WalIndexes.index;
import static dev.barman.core.catalog.WalIndexes.names;
import static dev.barman.core.catalog.WalIndexes.namesOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.BarmanException;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.catalog.XlogDb;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of the behaviour contract: a backup of segment 2 on timeline 1. */
class RequiredWalsTest {
    private static final BackupInfo BACKUP = backup(1, "2", "2").build();

    @TempDir
    private Path directory;

    private XlogDb archive() throws Exception {
        return index(directory, "1-5, 2.history, 2:3-5");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "none    | none       | 2-5, 2.history",
                "1       | none       | 2-5, 2.history",
                "current | none       | 2-5, 2.history",
                "2       | none       | 2-5, 2.history, 2:3-5",
                "latest  | none       | 2-5, 2.history, 2:3-5",
                "none    | 0/3000000  | 2,3, 2.history",
                "none    | 0/3000010  | 2,3, 2.history",
                "none    | 0/1000000  | 2, 2.history",
                "none    | immediate  | 2, 2.history",
                "2       | 0/3000010  | 2-5, 2.history, 2:3",
            })
    void targetsChooseFiles(String timeline, String target, String expected) throws Exception {
        boolean immediate = "immediate".equals(target);
        RequiredWals required = new RequiredWals(
                RequiredWals.timeline(timeline, BACKUP, archive()),
                target == null || immediate ? null : Lsn.parse(target),
                immediate);

        assertThat(namesOf(required.select(archive(), BACKUP, "main"))).isEqualTo(names(expected));
    }

    /** In the reference the walk ends at the first file behind the target, and the restore lacks what was archived late. */
    @ParameterizedTest
    @CsvSource({"0/3000010, '2, 5, 4, 3', '2, 3'", "immediate, '4, 2, 5, 2.label', '2, 2.label'"})
    void hazardFileArchivedLateIsNotLeftOut(String target, String archived, String expected) throws Exception {
        boolean immediate = "immediate".equals(target);
        BackupInfo backup = backup(1, "2", immediate ? "3" : "2").build();
        RequiredWals required = new RequiredWals(TimelineId.of(1), immediate ? null : Lsn.parse(target), immediate);

        assertThat(namesOf(required.select(index(directory, archived), backup, "main")))
                .isEqualTo(names(expected));
    }

    @Test
    void labelsAndPartialsBelongToTheRange() throws Exception {
        XlogDb index = index(directory, "1, 1.label, 2, 2.label, 3, 4.partial");

        assertThat(namesOf(RequiredWals.upTo(TimelineId.of(1)).select(index, BACKUP, "main")))
                .isEqualTo(names("2, 2.label, 3, 4.partial"));
    }

    @Test
    void latestTimelineIsThatOfASegmentNotOfAHistory() throws Exception {
        XlogDb index = index(directory, "1-5, 2.history, 2:3, 3.history");

        assertThat(RequiredWals.timeline("latest", BACKUP, index)).isEqualTo(TimelineId.of(2));
        assertThat(RequiredWals.timeline("latest", BACKUP, new XlogDb(directory.resolve("missing"))))
                .isEqualTo(TimelineId.of(1));
    }

    @ParameterizedTest
    @CsvSource({"''", "newest", "0", "-1", "99999999999"})
    void otherKeywordsAreRefused(String keyword) {
        assertThatThrownBy(() -> RequiredWals.timeline(keyword, BACKUP, archive()))
                .isInstanceOf(BarmanException.class)
                .hasMessage("'" + keyword + "' is not a valid timeline keyword");
    }

    @Test
    void nameThatIsNoWalFileIsAnErrorWithAHint() throws Exception {
        XlogDb index = index(directory, "1-5, 'garbage'");

        assertThatThrownBy(() -> RequiredWals.upTo(TimelineId.of(1)).select(index, BACKUP, "main"))
                .isInstanceOf(InvalidWalNameException.class)
                .hasMessage("invalid xlog segment name 'BadXlogSegmentName:garbage'\n"
                        + "HINT: Please run \"barman rebuild-xlogdb main\" to solve this issue");
    }

    @Test
    void unfinishedBackupNeedsNothingThatIsKnown() {
        BackupInfo failed =
                BackupInfo.builder(WalIndexes.id(1)).status(BackupStatus.FAILED).build();

        assertThatThrownBy(() -> RequiredWals.upTo(TimelineId.of(1)).select(archive(), failed, "main"))
                .isInstanceOf(BarmanException.class)
                .hasMessageContaining("FAILED");
    }
}
