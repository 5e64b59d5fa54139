// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.KeepTarget;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;

/** Deletions against a model of what a recovery reads: no WAL that a remaining backup may need is ever deleted. */
class CloudBackupDeletionProperties {
    private static final int LAST_SEGMENT = 30;

    /** A bucket of a server with a tree of timelines, and what the model knows of it. */
    private static final class Scenario {
        final Random random;
        final CloudBucket bucket = new CloudBucket();
        /** Parent and switch segment of a timeline. */
        final Map<Integer, int[]> parents = new TreeMap<>();

        final Map<String, BackupInfo> backups = new TreeMap<>();
        final Map<String, KeepTarget> keeps = new HashMap<>();

        Scenario(long seed) {
            random = new Random(seed);
            int timelines = 1 + random.nextInt(4);
            for (int timeline = 1; timeline <= timelines; timeline++) {
                int start = 1;
                if (timeline > 1) {
                    int parent = 1 + random.nextInt(timeline - 1);
                    int parentStart = parents.containsKey(parent) ? parents.get(parent)[1] : 1;
                    start = Math.min(LAST_SEGMENT - 2, parentStart + 1 + random.nextInt(12));
                    parents.put(timeline, new int[] {parent, start});
                    if (random.nextInt(5) > 0) {
                        bucket.put(String.format("p/main/wals/%08X.history", timeline), history(timeline));
                    }
                }
                int end = Math.min(LAST_SEGMENT, start + 2 + random.nextInt(20));
                for (int segment = start; segment <= end; segment++) {
                    bucket.addWal(timeline, segment, random.nextInt(3) == 0 ? ".gz" : "");
                }
            }
            int count = 1 + random.nextInt(6);
            for (int day = 1; day <= count; day++) {
                addBackup(day, 1 + random.nextInt(timelines));
            }
        }

        private String history(int timeline) {
            StringBuilder lines = new StringBuilder();
            int[] parent = parents.get(timeline);
            if (parent == null) {
                return "";
            }
            lines.append(history(parent[0]))
                    .append(parent[0])
                    .append(String.format("\t0/%X\treason\n", parent[1] * 0x1000000L + 0x100));
            return lines.toString();
        }

        private void addBackup(int day, int timeline) {
            int start = parents.containsKey(timeline) ? parents.get(timeline)[1] : 1;
            int begin = start + random.nextInt(Math.max(1, LAST_SEGMENT - 1 - start));
            int state = random.nextInt(10);
            BackupInfo info = CloudBucket.backup(day, timeline, begin)
                    .status(state < 7 ? BackupStatus.DONE : state == 7 ? BackupStatus.STARTED : BackupStatus.FAILED)
                    .build();
            if (info.status() == BackupStatus.FAILED && random.nextBoolean()) {
                info = info.toBuilder()
                        .beginWal(null)
                        .beginXlog(null)
                        .endWal(null)
                        .build();
            }
            String id = bucket.add(info);
            backups.put(id, info);
            if (info.status() == BackupStatus.DONE && random.nextInt(4) == 0) {
                KeepTarget target = random.nextBoolean() ? KeepTarget.FULL : KeepTarget.STANDALONE;
                keeps.put(id, target);
                bucket.put(
                        "p/" + (random.nextBoolean() ? "/" : "") + "main/base/" + id + "/annotations/keep",
                        target.text());
            }
        }

        /** The names, without suffix, of the segments in the bucket. */
        Set<String> segments() {
            Set<String> names = new HashSet<>();
            for (String key : bucket.keys("p/main/wals/")) {
                String name = key.substring(key.lastIndexOf('/') + 1);
                if (!name.endsWith(".history")) {
                    names.add(name.substring(0, 24));
                }
            }
            return names;
        }

        Set<String> remaining() {
            Set<String> ids = new HashSet<>();
            for (String key : bucket.keys("p/main/base/")) {
                if (key.endsWith("/backup.info")) {
                    ids.add(key.substring(12, 27));
                }
            }
            return ids;
        }

        /** Whether a recovery from a backup may read a segment. */
        boolean needs(String id, int timeline, int segment) {
            BackupInfo info = backups.get(id);
            if (info == null || info.status() == BackupStatus.FAILED || info.beginWal() == null) {
                return false;
            }
            int ownTimeline = (int) info.beginWal().timeline().value();
            int begin = (int) info.beginWal().segment();
            if (keeps.get(id) == KeepTarget.STANDALONE) {
                return timeline == ownTimeline && segment >= begin && segment <= begin + 1;
            }
            return segment >= begin && leadsTo(ownTimeline, begin, timeline);
        }

        private boolean leadsTo(int from, int begin, int to) {
            if (from == to) {
                return true;
            }
            int[] parent = parents.get(to);
            return parent != null && parent[1] >= begin && leadsTo(from, begin, parent[0]);
        }
    }

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void noWalThatARemainingBackupNeedsIsEverDeleted(@ForAll long seed) {
        Scenario scenario = new Scenario(seed);
        Set<String> before = scenario.segments();
        List<String> histories = histories(scenario);

        for (int round = 0; round < 3; round++) {
            List<String> line = line(scenario);
            Set<String> backupsBefore = scenario.remaining();
            int code = scenario.bucket.run(CloudBackupDeleteMain::run, line.toArray(new String[0]));

            assertThat(code).as(scenario.bucket.err).isBetween(0, 1);
            Set<String> remaining = scenario.remaining();
            assertThat(backupsBefore).containsAll(remaining);
            assertThat(remaining).containsAll(scenario.keeps.keySet());
            Set<String> after = scenario.segments();
            for (String name : before) {
                int timeline = Integer.parseInt(name.substring(0, 8), 16);
                int segment = Integer.parseInt(name.substring(16), 16);
                String needing = needing(scenario, remaining, timeline, segment);
                if (needing != null) {
                    assertThat(after).as("%s needs it after %s", needing, line).contains(name);
                }
            }
            assertThat(histories(scenario)).isEqualTo(histories);
        }
    }

    private static List<String> histories(Scenario scenario) {
        return scenario.bucket.keys("p/main/wals/").stream()
                .filter(key -> key.endsWith(".history"))
                .toList();
    }

    private static @Nullable String needing(Scenario scenario, Set<String> remaining, int timeline, int segment) {
        for (String id : remaining) {
            if (scenario.needs(id, timeline, segment)) {
                return id;
            }
        }
        return null;
    }

    private static List<String> line(Scenario scenario) {
        Random random = scenario.random;
        List<String> line = new ArrayList<>(List.of("-q"));
        if (random.nextBoolean()) {
            List<String> ids = new ArrayList<>(scenario.backups.keySet());
            line.addAll(List.of("-b", ids.get(random.nextInt(ids.size()))));
        } else {
            line.addAll(List.of("-r", "REDUNDANCY " + random.nextInt(3)));
        }
        if (random.nextInt(3) == 0) {
            line.addAll(List.of("-m", Integer.toString(random.nextInt(3))));
        }
        line.addAll(List.of(CloudBucket.URL, "main"));
        return line;
    }

    @Property(tries = 50, shrinking = ShrinkingMode.OFF)
    void whatNoBackupNeedsGoes(@ForAll long seed) {
        // The property above must not hold because nothing is ever deleted.
        CloudBucket bucket = new CloudBucket();
        Random random = new Random(seed);
        int first = 2 + random.nextInt(5);
        int second = first + 1 + random.nextInt(10);
        bucket.add(CloudBucket.backup(1, 1, first).build());
        bucket.add(CloudBucket.backup(2, 1, second).build());
        for (int segment = 1; segment <= LAST_SEGMENT; segment++) {
            bucket.addWal(1, segment, "");
        }
        assertThat(bucket.run(CloudBackupDeleteMain::run, "-r", "REDUNDANCY 1", CloudBucket.URL, "main"))
                .isZero();
        assertThat(bucket.keys("p/main/wals/")).hasSize(LAST_SEGMENT - second + 1);
    }
}
