// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import static dev.barman.core.catalog.WalIndexes.backup;
import static dev.barman.core.catalog.WalIndexes.id;
import static dev.barman.core.catalog.WalIndexes.index;
import static dev.barman.core.catalog.WalIndexes.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.catalog.XlogDbFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalStatisticsTest {

    @TempDir
    private Path directory;

    @Test
    void workedExampleOfTheContract() throws Exception {
        XlogDb index = index(directory, "1, 2, 3, 3.label, 4-6, 2.history, 2:5, 2:7, 7, 8");

        Map<BackupId, BackupWalInfo> figures =
                figures(index, backup(1, "3", "4").build(), backup(2, "6", "7").build());

        assertThat(summary(figures, 1)).isEqualTo("2 + 3, 2000 + 3000, last " + name("7"));
        assertThat(summary(figures, 2)).isEqualTo("2 + 1, 2000 + 1000, last " + name("8"));
    }

    @Test
    void nextBackupEndsTheCountAtItsEnd() throws Exception {
        XlogDb index = index(directory, "1-9");

        Map<BackupId, BackupWalInfo> figures =
                figures(index, backup(1, "2", "3").build(), backup(2, "5", "6").build());

        assertThat(summary(figures, 1)).isEqualTo("2 + 3, 2000 + 3000, last " + name("6"));
        assertThat(summary(figures, 2)).isEqualTo("2 + 3, 2000 + 3000, last " + name("9"));
    }

    @Test
    void nextBackupOnAHigherTimelineDoesNotEndIt() throws Exception {
        XlogDb index = index(directory, "1-5, 2.history, 2:4-8");

        Map<BackupId, BackupWalInfo> figures = figures(
                index, backup(1, "2", "2").build(), backup(2, "2:6", "2:6").build());

        assertThat(summary(figures, 1)).isEqualTo("1 + 3, 1000 + 3000, last " + name("5"));
        assertThat(summary(figures, 2)).isEqualTo("1 + 2, 1000 + 2000, last " + name("2:8"));
    }

    @Test
    void lineOutOfOrderEndsTheCountForGood() throws Exception {
        XlogDb index = index(directory, "2, 3, 9, 4, 5, 1");

        Map<BackupId, BackupWalInfo> figures =
                figures(index, backup(1, "2", "3").build(), backup(2, "5", "5").build());

        assertThat(summary(figures, 1)).isEqualTo("2 + 0, 2000 + 0, last " + name("3"));
        assertThat(summary(figures, 2)).isEqualTo("1 + 1, 1000 + 1000, last " + name("5"));
    }

    @Test
    void timesComeFromTheFirstAndTheLastSegment() throws Exception {
        XlogDb index = index(directory, "1-5");

        BackupWalInfo figures = figures(index, backup(1, "2", "3").build()).get(id(1));

        assertThat(figures).isNotNull();
        assertThat(figures.first()).isEqualTo(new BackupWalInfo.Segment(name("2"), 1_795_000_010.0));
        assertThat(figures.last()).isEqualTo(new BackupWalInfo.Segment(name("5"), 1_795_000_040.0));
        assertThat(figures.totalSeconds()).isEqualTo(30);
        assertThat(figures.perSecond()).isEqualTo(4 / 30.0);
        assertThat(figures.compressionRatio()).isCloseTo(1 - 1000 / 16_777_216.0, within(1e-12));
        assertThat(figures.untilNextCompressionRatio()).isCloseTo(1 - 1000 / 16_777_216.0, within(1e-12));
    }

    @Test
    void withoutTheFirstSegmentThereIsNoRate() throws Exception {
        XlogDb index = index(directory, "3-5");

        BackupWalInfo figures = figures(index, backup(1, "2", "3").build()).get(id(1));

        assertThat(figures).isNotNull();
        assertThat(figures.first()).isNull();
        assertThat(figures.count()).isEqualTo(1);
        assertThat(figures.untilNextCount()).isEqualTo(2);
        assertThat(figures.perSecond()).isZero();
        assertThat(figures.compressionRatio()).isZero();
    }

    @Test
    void backupsWithoutBeginAndEmptyIndexHaveNoFigures() throws Exception {
        BackupInfo started =
                BackupInfo.builder(id(2)).status(BackupStatus.STARTED).build();

        Map<BackupId, BackupWalInfo> figures = figures(
                new XlogDb(directory.resolve("missing")), backup(1, "2", "3").build(), started);

        assertThat(summary(figures, 1)).isEqualTo("0 + 0, 0 + 0, last -");
        assertThat(summary(figures, 2)).isEqualTo("0 + 0, 0 + 0, last -");
    }

    @Test
    void nameThatIsNoWalFileIsReportedToTheBackupsItConcerns() throws Exception {
        XlogDb index = index(directory, "1-5, 'garbage', 6-9");

        Map<BackupId, BackupWalInfo> figures = figures(
                index,
                backup(1, "1", "1").build(),
                backup(2, "2", "2").build(),
                backup(3, "7", "7").build());

        assertThat(summary(figures, 1)).isEqualTo("1 + 1, 1000 + 1000, last " + name("2"));
        assertThat(summary(figures, 2)).endsWith("invalid garbage");
        assertThat(summary(figures, 3)).endsWith("invalid garbage");
    }

    @Test
    void damagedLineIsAnError() throws Exception {
        XlogDb index = index(directory, "1-3");
        Files.writeString(index.file(), Files.readString(index.file()) + "broken line here\n");

        assertThatThrownBy(() -> figures(index, backup(1, "1", "1").build()))
                .isInstanceOf(XlogDbFormatException.class)
                .hasMessageContaining(index.file().toString())
                .hasMessageContaining("rebuild-xlogdb");
    }

    private static Map<BackupId, BackupWalInfo> figures(XlogDb index, BackupInfo... backups) throws IOException {
        return WalStatistics.of(index, new Backups(List.of(backups)), List.of(backups));
    }

    private static String summary(Map<BackupId, BackupWalInfo> figures, int number) {
        BackupWalInfo info = figures.get(id(number));
        assertThat(info).isNotNull();
        return info.count() + " + " + info.untilNextCount() + ", " + info.sizeBytes() + " + "
                + info.untilNextSizeBytes() + ", last "
                + (info.last() == null ? "-" : info.last().name())
                + (info.invalidName() == null ? "" : ", invalid " + info.invalidName());
    }
}
