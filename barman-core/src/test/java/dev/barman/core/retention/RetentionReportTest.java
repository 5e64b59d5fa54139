// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.KeepTarget;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The worked examples of the behaviour contract, which are results of the reference implementation. A catalogue is written as
 * {@code NAME AGE [STATUS] [full|standalone] [<PARENT]}, ages in days; every backup takes 30 minutes.
 */
class RetentionReportTest {
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

    @ParameterizedTest(name = "{0}, minimum {1}: {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "REDUNDANCY 2|0|A 10, B 8, C 6 FAILED, D 4, E 2 WAITING_FOR_WALS, F 1|A OBSOLETE, B OBSOLETE, C -, D VALID, E -, F VALID",
                "REDUNDANCY 2|3|A 10, B 8, C 6, D 4|A OBSOLETE, B VALID, C VALID, D VALID",
                "REDUNDANCY 2|0|A 10 full, B 8, C 6 standalone, D 4|A KEEP:FULL, B OBSOLETE, C KEEP:STANDALONE, D VALID",
                "REDUNDANCY 2|0|A 10, B 8, C 6, D 4 standalone, E 2 full|A OBSOLETE, B OBSOLETE, C OBSOLETE, D KEEP:STANDALONE, E KEEP:FULL",
                "REDUNDANCY 0|0|A 3, B 1|A OBSOLETE, B OBSOLETE",
                "RECOVERY WINDOW OF 7 DAYS|0|A 20, B 12, C 9, D 5, E 1|A OBSOLETE, B OBSOLETE, C VALID, D VALID, E VALID",
                "RECOVERY WINDOW OF 7 DAYS|0|A 20, B 12, C 7.2 ends 6.7, D 5, E 1|A OBSOLETE, B VALID, C VALID, D VALID, E VALID",
                "RECOVERY WINDOW OF 7 DAYS|0|A 30, B 20, C 12|A OBSOLETE, B OBSOLETE, C VALID",
                "RECOVERY WINDOW OF 7 DAYS|4|A 30, B 20, C 12, D 9, E 1|A OBSOLETE, B OBSOLETE*, C OBSOLETE*, D VALID, E VALID",
                "RECOVERY WINDOW OF 7 DAYS|3|A 40, B 30, C 20 full, D 10|A OBSOLETE, B OBSOLETE*, C KEEP:FULL, D VALID",
                "RECOVERY WINDOW OF 7 DAYS|0|A 30 full, B 20 standalone, C 12, D 9, E 5 standalone, F 1"
                        + "|A KEEP:FULL, B KEEP:STANDALONE, C OBSOLETE, D VALID, E KEEP:STANDALONE, F VALID",
                "RECOVERY WINDOW OF 7 DAYS|0|A 30, B 12 standalone, C 1|A OBSOLETE, B KEEP:STANDALONE, C VALID",
                "RECOVERY WINDOW OF 7 DAYS|0|A 30, B 12 FAILED, C 9 WAITING_FOR_WALS, D 8.5, E 1 STARTED|A OBSOLETE, B -, C -, D VALID, E -",
                "RECOVERY WINDOW OF 1 MONTH|0|A 60, B 32, C 30.5, D 1|A OBSOLETE, B VALID, C VALID, D VALID",
                "RECOVERY WINDOW OF 0 DAYS|0|A 3, B 1|A OBSOLETE, B VALID",
                "REDUNDANCY 1|0|R1 20, I1 18 <R1, I2 16 <I1, R2 5, I3 4 <R2, I4 3 FAILED <R2"
                        + "|R1 OBSOLETE, I1 OBSOLETE, I2 OBSOLETE, R2 VALID, I3 VALID, I4 VALID",
                "REDUNDANCY 1|0|R1 20 full, I1 18 <R1, R2 5|R1 KEEP:FULL, I1 VALID, R2 VALID",
                "REDUNDANCY 1|0|R1 20 standalone, I1 18 <R1, R2 5 standalone, I2 4 <R2"
                        + "|R1 KEEP:STANDALONE, I1 OBSOLETE, R2 KEEP:STANDALONE, I2 VALID",
                "RECOVERY WINDOW OF 7 DAYS|0|R1 20 standalone, I1 18 <R1, R2 10 standalone, I2 9 <R2, R3 5 standalone, I3 4 <R3"
                        + "|R1 KEEP:STANDALONE, I1 OBSOLETE, R2 KEEP:STANDALONE, I2 OBSOLETE, R3 KEEP:STANDALONE, I3 VALID",
                "RECOVERY WINDOW OF 7 DAYS|0|R1 20, I1 1 <R1, R2 10, I2 9 <R2|R1 OBSOLETE, I1 OBSOLETE, R2 VALID, I2 VALID",
                "RECOVERY WINDOW OF 7 DAYS|3|R1 20, I1 18 <R1, R2 10, I2 9 <R2|R1 OBSOLETE*, I1 OBSOLETE*, R2 VALID, I2 VALID",
                "REDUNDANCY 1|0|R1 20 FAILED, I1 18 <R1, R2 10|R1 -, I1 -, R2 VALID",
            })
    void workedExample(String policy, int minimum, String catalogue, String expected) {
        assertThat(report(policy, minimum, catalogue)).isEqualTo(expected);
    }

    @Test
    void incrementalWithoutRootHasNoVerdict() {
        assertThat(report("REDUNDANCY 1", 0, "I1 18 <R1, R2 10")).isEqualTo("I1 -, R2 VALID");
    }

    @Test
    void parentsInACircleHaveNoVerdict() {
        assertThat(report("REDUNDANCY 1", 0, "I1 18 <I2, I2 17 <I1, R2 10")).isEqualTo("I1 -, I2 -, R2 VALID");
    }

    @Test
    void noPolicyNoVerdict() {
        assertThat(RetentionReport.none().statusOf(BackupId.of("20261120T112036")))
                .isEqualTo(RetentionStatus.NONE);
        assertThat(RetentionReport.none().obsolete()).isEmpty();
    }

    @Test
    void obsoleteBackupsComeInAscendingOrder() {
        Map<String, BackupInfo> backups = new LinkedHashMap<>();
        Map<BackupId, KeepTarget> keeps = new HashMap<>();
        parse("A 10, B 8, C 6, D 4", backups, keeps);
        List<BackupInfo> shuffled = new ArrayList<>(backups.values());
        shuffled.add(shuffled.remove(0));

        RetentionReport report = RetentionReport.of(
                RetentionPolicy.parse("REDUNDANCY 1"), "main", 0, shuffled, Map.of(), Clock.systemUTC());

        assertThat(report.obsolete()).containsExactly(id(backups, "A"), id(backups, "B"), id(backups, "C"));
    }

    private static BackupId id(Map<String, BackupInfo> backups, String name) {
        BackupInfo backup = backups.get(name);
        assertThat(backup).isNotNull();
        return backup.id();
    }

    private static String report(String policy, int minimum, String catalogue) {
        Map<String, BackupInfo> backups = new LinkedHashMap<>();
        Map<BackupId, KeepTarget> keeps = new HashMap<>();
        parse(catalogue, backups, keeps);
        RetentionReport report = RetentionReport.of(
                RetentionPolicy.parse(policy),
                "main",
                minimum,
                backups.values(),
                keeps,
                Clock.fixed(NOW, ZoneOffset.UTC));
        List<String> verdicts = new ArrayList<>();
        backups.forEach((name, backup) -> verdicts.add(name + " " + report.statusOf(backup.id())));
        return String.join(", ", verdicts);
    }

    private static void parse(String catalogue, Map<String, BackupInfo> backups, Map<BackupId, KeepTarget> keeps) {
        for (String text : catalogue.split(", ")) {
            String[] words = text.split(" ");
            Instant begin = before(words[1]);
            Instant end = begin.plus(Duration.ofMinutes(30));
            BackupId id = BackupId.next(Clock.fixed(begin, ZoneOffset.UTC), List.of());
            BackupStatus status = BackupStatus.DONE;
            BackupInfo.Builder builder = BackupInfo.builder(id).mode("postgres");
            for (int i = 2; i < words.length; i++) {
                switch (words[i]) {
                    case "full" -> keeps.put(id, KeepTarget.FULL);
                    case "standalone" -> keeps.put(id, KeepTarget.STANDALONE);
                    case "ends" -> end = before(words[++i]);
                    default -> {
                        if (words[i].startsWith("<")) {
                            String parent = words[i].substring(1);
                            BackupInfo known = backups.get(parent);
                            builder.parentBackupId(known == null ? unknown(catalogue, parent) : known.id());
                        } else {
                            status = BackupStatus.valueOf(words[i]);
                        }
                    }
                }
            }
            builder.status(status)
                    .beginTime(OffsetDateTime.ofInstant(begin, ZoneOffset.UTC))
                    .endTime(OffsetDateTime.ofInstant(end, ZoneOffset.UTC));
            backups.put(words[0], builder.build());
        }
    }

    /** The id of a backup further on in the text, or of one that does not exist. */
    private static BackupId unknown(String catalogue, String name) {
        for (String text : catalogue.split(", ")) {
            String[] words = text.split(" ");
            if (words[0].equals(name)) {
                return BackupId.next(Clock.fixed(before(words[1]), ZoneOffset.UTC), List.of());
            }
        }
        return BackupId.of("20200101T000000");
    }

    private static Instant before(String days) {
        return NOW.minus(Duration.ofMinutes(Math.round(Double.parseDouble(days) * 24 * 60)));
    }
}
