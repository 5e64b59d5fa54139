// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.catalog.XlogDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The one pass gives what a naive walk over the index gives for each backup alone. */
class WalStatisticsProperties {

    @Property(tries = 200)
    void onePassGivesWhatAWalkForEachBackupGives(
            @ForAll @Size(max = 30) List<@IntRange(min = 0, max = 47) Integer> lines,
            @ForAll @Size(max = 5) List<@IntRange(min = 0, max = 47) Integer> begins,
            @ForAll @IntRange(min = 0, max = 3) int length)
            throws IOException {
        List<String> names = lines.stream().map(WalStatisticsProperties::name).toList();
        List<BackupInfo> backups = new ArrayList<>();
        for (int begin : begins) {
            backups.add(WalIndexes.backup(
                            backups.size(), shortName(begin), shortName(begin / 16 * 16 + (begin + length) % 16))
                    .build());
        }
        Path directory = Files.createTempDirectory("index");
        try {
            XlogDb index = WalIndexes.index(directory, names.isEmpty() ? "" : "'" + String.join("','", names) + "'");

            Map<BackupId, BackupWalInfo> figures = WalStatistics.of(index, new Backups(backups), backups);

            Map<BackupId, String> expected = new TreeMap<>();
            Map<BackupId, String> actual = new TreeMap<>();
            for (int i = 0; i < backups.size(); i++) {
                BackupInfo next = i + 1 < backups.size() ? backups.get(i + 1) : null;
                expected.put(backups.get(i).id(), walk(names, backups.get(i), next));
            }
            figures.forEach((id, info) -> actual.put(
                    id,
                    info.count() + " " + info.untilNextCount() + " "
                            + (info.last() == null ? "-" : info.last().name()) + " " + (info.first() != null)));
            assertThat(actual).isEqualTo(expected);
        } finally {
            Files.deleteIfExists(directory.resolve("main-xlog.db"));
            Files.delete(directory);
        }
    }

    /** The rule of the behaviour contract, word by word. */
    private static String walk(List<String> names, BackupInfo backup, BackupInfo next) {
        String begin = String.valueOf(backup.beginWal());
        String end = String.valueOf(backup.endWal());
        int count = 0;
        int untilNext = 0;
        String last = "-";
        boolean first = false;
        for (String name : names) {
            if (name.compareTo(begin) < 0 || name.substring(0, 8).compareTo(begin.substring(0, 8)) > 0) {
                continue;
            }
            if (next != null && name.compareTo(String.valueOf(next.endWal())) > 0) {
                break;
            }
            first |= name.equals(begin);
            last = name;
            if (name.compareTo(end) <= 0) {
                count++;
            } else {
                untilNext++;
            }
        }
        return count + " " + untilNext + " " + last + " " + first;
    }

    private static String shortName(int number) {
        return number / 16 + 1 + ":" + number % 16;
    }

    private static String name(int number) {
        return WalIndexes.name(shortName(number));
    }
}
