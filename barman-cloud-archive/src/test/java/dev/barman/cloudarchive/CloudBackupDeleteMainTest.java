// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.KeepTarget;
import dev.barman.core.catalog.PythonLiteral;
import dev.barman.core.catalog.Tablespace;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectPage;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CloudBackupDeleteMainTest {
    private static final String A = "20261101T100000";
    private static final String B = "20261102T100000";
    private static final String C = "20261103T100000";

    private final CloudBucket bucket = new CloudBucket();

    private int delete(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of(CloudBucket.URL, "main"));
        return bucket.run(CloudBackupDeleteMain::run, all.toArray(new String[0]));
    }

    /** Segments 1 to 12 of timeline 1; A needs 2 to 3, B 5 to 6, C 8 to 9. */
    @BeforeEach
    void setUp() {
        bucket.add(CloudBucket.backup(1, 1, 2).build());
        bucket.add(CloudBucket.backup(2, 1, 5).build());
        bucket.add(CloudBucket.backup(3, 1, 8).build());
        for (int segment = 1; segment <= 12; segment++) {
            bucket.addWal(1, segment, segment % 2 == 0 ? ".gz" : "");
        }
        bucket.put("p/main/wals/00000001.history", "no such thing, but stays");
        bucket.put("p/main/wals/0000000100000000/" + CloudBucket.wal(1, 2) + ".00000028.backup.gz", "label");
        bucket.put("p/main/wals/0000000100000000/notes.txt", "not ours");
        bucket.put("p/other/base/" + A + "/backup.info", "another server's");
    }

    private void keep(String id, KeepTarget target) {
        bucket.put("p/main/base/" + id + "/annotations/keep", target.text());
    }

    private List<String> backups() {
        return bucket.keys("p/main/base/").stream()
                .filter(key -> key.endsWith("/backup.info"))
                .map(key -> key.substring(12, 27))
                .toList();
    }

    /** The segments that are left, on all timelines. */
    private List<Integer> segments() {
        return bucket.keys("p/main/wals/").stream()
                .map(key -> key.substring(key.lastIndexOf('/') + 1))
                .filter(name -> name.matches("[0-9A-F]{24}(\\.gz)?"))
                .map(name -> Integer.parseInt(name.substring(16, 24), 16))
                .toList();
    }

    private static List<Integer> range(int from, int to) {
        List<Integer> range = new ArrayList<>();
        for (int i = from; i <= to; i++) {
            range.add(i);
        }
        return range;
    }

    @Test
    void oldestBackupGoesWithItsWal() {
        assertThat(delete("-b", "oldest")).as(bucket.err).isZero();

        assertThat(backups()).containsExactly(B, C);
        assertThat(segments()).isEqualTo(range(5, 12));
        assertThat(bucket.keys())
                .contains(
                        "p/main/wals/00000001.history",
                        "p/main/wals/0000000100000000/notes.txt",
                        "p/other/base/" + A + "/backup.info")
                .noneMatch(key -> key.contains("/" + A + "/") && key.contains("main"))
                .noneMatch(key -> key.contains(".backup.gz"));
        assertThat(bucket.out).isEmpty();
        assertThat(bucket.err).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {B, C})
    void walBehindAnEarlierBackupStays(String id) {
        assertThat(delete("-b", id)).isZero();
        assertThat(backups()).hasSize(2).doesNotContain(id);
        assertThat(segments()).isEqualTo(range(1, 12));
    }

    @Test
    void soleBackupLeavesItsWalAndLater() {
        assertThat(delete("-r", "redundancy 0")).as(bucket.err).isZero();
        assertThat(backups()).isEmpty();
        assertThat(segments()).isEqualTo(range(8, 12));
    }

    @Test
    void standaloneKeepProtectsItsOwnWalUnderAPolicy() {
        keep(A, KeepTarget.STANDALONE);
        assertThat(delete("-r", "REDUNDANCY 1")).as(bucket.err).isZero();
        assertThat(backups()).containsExactly(A, C);
        List<Integer> left = range(2, 3);
        left.addAll(range(8, 12));
        assertThat(segments()).isEqualTo(left);
    }

    @Test
    void standaloneKeepKeepsEverythingBehindItFromACommand() {
        keep(A, KeepTarget.STANDALONE);
        assertThat(delete("-b", B)).isZero();
        assertThat(segments()).isEqualTo(range(1, 12));
    }

    @Test
    void fullKeepBelowTwoSlashesKeepsBackupAndWal() {
        bucket.put("p//main/base/" + A + "/annotations/keep", "full");
        assertThat(delete("-b", A)).isEqualTo(1);
        assertThat(bucket.err).contains("as it has a current keep request");
        assertThat(delete("-r", "RECOVERY WINDOW OF 0 DAYS")).as(bucket.err).isZero();
        assertThat(backups()).containsExactly(A, C);
        assertThat(segments()).isEqualTo(range(1, 12));
    }

    @Test
    void minimumRedundancyCountsDoneBackupsOnly() {
        bucket.add(CloudBucket.backup(4, 1, 10).status(BackupStatus.FAILED).build());
        assertThat(delete("-m", "3", "-b", A)).isEqualTo(1);
        assertThat(bucket.err)
                .contains("due to minimum redundancy requirements (minimum redundancy = 3, current redundancy = 3)");
        assertThat(backups()).hasSize(4);
        assertThat(delete("-m", "3", "-b", "last-failed")).isZero();
        assertThat(delete("-m", "2", "-b", A)).isZero();
        assertThat(delete("-m", "2", "-r", "REDUNDANCY 1")).isZero();
        assertThat(backups()).containsExactly(B, C);
    }

    @Test
    void absentBackupIsAWarningAndAnUnknownNameFour() {
        assertThat(delete("-b", "20200101T000000")).isZero();
        assertThat(bucket.err).contains("WARNING: Backup 20200101T000000 does not exist");
        assertThat(delete("-b", "weekly")).isEqualTo(4);
    }

    @Test
    void dryRunTellsAndLeavesEverything() {
        List<String> before = bucket.keys();
        assertThat(delete("--dry-run", "-r", "redundancy 1")).isZero();
        assertThat(bucket.keys()).isEqualTo(before);
        assertThat(bucket.out.lines())
                .hasSize(6)
                .allMatch(line -> line.startsWith("Skipping deletion of objects ['p/main/")
                        && line.endsWith("'] due to --dry-run option"))
                .contains(
                        "Skipping deletion of objects ['p/main/base/" + A + "/data.tar'] due to --dry-run option",
                        "Skipping deletion of objects ['p/main/wals/0000000100000000/" + CloudBucket.wal(1, 5)
                                + "', 'p/main/wals/0000000100000000/" + CloudBucket.wal(1, 6)
                                + ".gz', 'p/main/wals/0000000100000000/" + CloudBucket.wal(1, 7)
                                + "'] due to --dry-run option");
    }

    @Test
    void unreadableBackupStopsEverything() {
        bucket.put("p/main/base/" + B + "/backup.info", "???");
        List<String> before = bucket.keys();
        assertThat(delete("-b", A)).isEqualTo(1);
        assertThat(bucket.err).contains("Cannot read the following backups: [" + B + "]");
        assertThat(bucket.keys()).isEqualTo(before);
    }

    @Test
    void bothSuffixesOfOneWalGo() {
        bucket.addWal(1, 2, "");
        bucket.addWal(1, 2, ".zst");
        assertThat(delete("-b", A)).isZero();
        assertThat(bucket.keys("p/main/wals/0000000100000000/" + CloudBucket.wal(1, 2)))
                .isEmpty();
    }

    @Test
    void backupWithoutBeginGoesAndNoWal() {
        bucket.add(CloudBucket.backup(4, 1, 9)
                .status(BackupStatus.FAILED)
                .beginWal(null)
                .beginXlog(null)
                .timeline(null)
                .build());
        assertThat(delete("-b", "last")).isZero();
        assertThat(backups()).containsExactly(A, B, C);
        assertThat(segments()).isEqualTo(range(1, 12));
    }

    @Test
    void timelineThatMayStillBeWrittenStays() {
        CloudBucket promoted = new CloudBucket();
        for (int segment = 1; segment <= 12; segment++) {
            promoted.addWal(1, segment, "");
        }
        for (int segment = 6; segment <= 12; segment++) {
            promoted.addWal(2, segment, "");
        }
        promoted.add(CloudBucket.backup(1, 2, 7).build());
        promoted.add(CloudBucket.backup(2, 2, 9).build());
        String[] line = {"-b", "first", CloudBucket.URL, "main"};

        // No history: timeline 1 may be anything.
        assertThat(promoted.run(CloudBackupDeleteMain::run, line)).isZero();
        assertThat(promoted.keys("p/main/wals/00000001")).hasSize(12);
        assertThat(promoted.keys("p/main/wals/00000002")).hasSize(4);

        // It is an ancestor that was left before the remaining backup began.
        promoted.put("p/main/wals/00000002.history", "1\t0/6000100\tno recovery target specified\n");
        promoted.add(CloudBucket.backup(1, 2, 7).build());
        assertThat(promoted.run(CloudBackupDeleteMain::run, line)).isZero();
        assertThat(promoted.keys("p/main/wals/00000001")).isEmpty();
        assertThat(promoted.keys("p/main/wals/00000002/")).isEmpty();
        assertThat(promoted.keys("p/main/wals/00000002")).hasSize(5);
    }

    @Test
    void timelineOfTheDeletedBackupStaysInThisPass() {
        CloudBucket promoted = new CloudBucket();
        for (int segment = 1; segment <= 12; segment++) {
            promoted.addWal(segment < 6 ? 1 : 2, segment, "");
        }
        promoted.put("p/main/wals/00000002.history", "1\t0/6000100\tno recovery target specified\n");
        promoted.add(CloudBucket.backup(1, 1, 2).build());
        promoted.add(CloudBucket.backup(2, 2, 7).build());
        promoted.add(CloudBucket.backup(3, 2, 9).build());
        String[] line = {"-b", "first", CloudBucket.URL, "main"};

        assertThat(promoted.run(CloudBackupDeleteMain::run, line)).isZero();
        assertThat(promoted.keys("p/main/wals/0000000100000000/")).hasSize(5);
        assertThat(promoted.keys("p/main/wals/0000000200000000/")).hasSize(6);
        assertThat(promoted.run(CloudBackupDeleteMain::run, line)).isZero();
        assertThat(promoted.keys("p/main/wals/0000000100000000/")).isEmpty();
        assertThat(promoted.keys("p/main/wals/0000000200000000/")).hasSize(4);
    }

    @Test
    void archivesOfAllPartsGoAndUnknownObjectsStay() {
        bucket.add(CloudBucket.backup(1, 1, 2)
                .tablespaces(List.of(new Tablespace("ts", 16384, "/ts"), new Tablespace("gone", 16385, "/gone")))
                .build());
        String base = "p/main/base/" + A + "/";
        for (String name : List.of("data_0001.tar", "data_10000.tar", "16384.tar.bz2", "16384_0001.tar.snappy")) {
            bucket.put(base + name, "x");
        }
        bucket.put(base + "data.tar.orig", "x");
        bucket.put(base + "notes/data.tar", "x");

        assertThat(delete("-b", A, "--batch-size", "2")).isZero();
        assertThat(bucket.keys(base)).containsExactly(base + "data.tar.orig", base + "notes/data.tar");
        assertThat(bucket.err)
                .hasLineCount(1)
                .contains("WARNING: Backup " + A + " has no archive 16385.tar in the bucket");
    }

    @Test
    void lockOnOneObjectKeepsTheWholeBackup() {
        bucket.put("p/main/base/" + A + "/data_0001.tar", "x");
        bucket.store = new PassingObjectStore(bucket.memory) {
            @Override
            public Optional<String> lock(ObjectKey key) {
                return key.name().equals("data_0001.tar") ? Optional.of("a legal hold") : Optional.empty();
            }
        };
        List<String> before = bucket.keys();
        assertThat(delete("--check-object-lock", "--batch-size", "1", "-b", A)).isEqualTo(1);
        assertThat(bucket.err).contains("data_0001.tar has a legal hold");
        assertThat(bucket.keys()).isEqualTo(before);
        assertThat(delete("-b", A)).isZero();
    }

    @Test
    void archiveThatCannotBeDeletedKeepsTheMetadataAndTheWal() {
        bucket.store = new PassingObjectStore(bucket.memory) {
            @Override
            public Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) throws StorageException {
                return failFor(store, keys, "data.tar");
            }
        };
        assertThat(delete("-r", "redundancy 1")).isEqualTo(1);
        assertThat(bucket.err).contains("ERROR: cannot delete p/main/base/" + A + "/data.tar");
        assertThat(backups()).containsExactly(A, B, C);
        assertThat(segments()).isEqualTo(range(1, 12));
    }

    @Test
    void walThatCannotBeDeletedIsAFailure() {
        bucket.store = new PassingObjectStore(bucket.memory) {
            @Override
            public Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) throws StorageException {
                return failFor(store, keys, CloudBucket.wal(1, 3));
            }
        };
        assertThat(delete("-b", A)).isEqualTo(1);
        assertThat(backups()).containsExactly(B, C);
        assertThat(segments().get(0)).isEqualTo(3);
    }

    @Test
    void keepThatComesMeanwhileIsHonoured() {
        bucket.store = new PassingObjectStore(bucket.memory) {
            @Override
            public ObjectPage list(String prefix, Optional<String> page, int max) throws StorageException {
                ObjectPage answer = super.list(prefix, page, max);
                keep(A, KeepTarget.FULL);
                return answer;
            }
        };
        assertThat(delete("-b", A)).isEqualTo(1);
        assertThat(backups()).containsExactly(A, B, C);
        assertThat(segments()).isEqualTo(range(1, 12));
    }

    @Test
    void snapshotBackupIsRefused() {
        bucket.add(CloudBucket.backup(1, 1, 2)
                .snapshotsInfo(PythonLiteral.parse("{'provider': 'aws'}"))
                .build());
        assertThat(delete("-b", A)).isEqualTo(1);
        assertThat(backups()).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({
        "-b x -r 'REDUNDANCY 1'",
        "-m 1",
        "-m -1 -b x",
        "-m many -b x",
        "--batch-size big -b x",
        "-r 'REDUNDANC 1'"
    })
    void wrongCommandLineIsThree(String line) {
        assertThat(delete(line.replace("'", "")
                        .replace("REDUNDANCY 1", "REDUNDANCY=1")
                        .split(" ")))
                .isEqualTo(3);
    }

    @Test
    void badPolicyIsThreeWithItsMessage() {
        assertThat(delete("-r", "redundanc 1")).isEqualTo(3);
        assertThat(bucket.err)
                .contains(
                        "ERROR: Could not create retention policy redundanc 1: Cannot parse option retention_policy: redundanc 1");
    }

    /** Cannot delete one object. */
    private static Map<ObjectKey, StorageException> failFor(ObjectStore store, Collection<ObjectKey> keys, String name)
            throws StorageException {
        List<ObjectKey> rest = new ArrayList<>(keys);
        Map<ObjectKey, StorageException> failures = new HashMap<>();
        for (ObjectKey key : keys) {
            if (key.name().equals(name)) {
                rest.remove(key);
                failures.put(
                        key, new StorageException("cannot delete " + key, StorageException.Reason.DENIED, false, null));
            }
        }
        store.delete(rest);
        return failures;
    }

    /** As a backup leaves them whose metadata could not be stored. */
    private static CloudBucket withUnrecorded(Instant stored) {
        CloudBucket bucket = new CloudBucket(Clock.fixed(stored, ZoneOffset.UTC));
        for (String name : new String[] {"data.tar.gz", "data_0001.tar.gz", "16385.tar.gz", "notes.txt"}) {
            bucket.put("p/main/base/" + A + "/" + name, "x");
        }
        bucket.put("p/main/base/" + B + "/data.tar", "of another backup");
        bucket.put("p/main/wals/0000000100000000/" + CloudBucket.wal(1, 1), "wal");
        return bucket;
    }

    @Test
    void archivesWithoutMetadataAreDeletedByTheirId() throws Exception {
        CloudBucket unrecorded = withUnrecorded(Instant.now().minus(Duration.ofHours(25)));

        assertThat(unrecorded.run(CloudBackupDeleteMain::run, "-b", A, "--dry-run", CloudBucket.URL, "main"))
                .isZero();
        assertThat(unrecorded.out)
                .contains("16385.tar.gz")
                .contains("data_0001.tar.gz")
                .doesNotContain("notes.txt");
        assertThat(unrecorded.keys()).hasSize(6);

        assertThat(unrecorded.run(CloudBackupDeleteMain::run, "-b", A, CloudBucket.URL, "main"))
                .as(unrecorded.err)
                .isZero();
        assertThat(unrecorded.keys())
                .containsExactly(
                        "p/main/base/" + A + "/notes.txt",
                        "p/main/base/" + B + "/data.tar",
                        "p/main/wals/0000000100000000/" + CloudBucket.wal(1, 1));
    }

    @Test
    void archivesThatMayBelongToABackupUnderWayStay() throws Exception {
        CloudBucket unrecorded = withUnrecorded(Instant.now().minus(Duration.ofHours(23)));

        assertThat(unrecorded.run(CloudBackupDeleteMain::run, "-b", A, CloudBucket.URL, "main"))
                .isEqualTo(1);
        assertThat(unrecorded.err).contains("may be under way; try again after");
        assertThat(unrecorded.keys()).hasSize(6);
    }
}
