// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupInfoFormat;
import dev.barman.core.catalog.Tablespace;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectPage;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HookBackupTest {
    private static final String ID = "20261101T100000";
    private static final String BASE = "p/main/base/" + ID + "/";

    @TempDir
    Path directory;

    private final CloudBucket bucket = new CloudBucket();
    private final Map<String, String> environment = new HashMap<>();
    private Path backup;
    private Path infoFile;

    @BeforeEach
    void copy() throws IOException {
        backup = Files.createDirectory(directory.resolve(ID));
        write("data/PG_VERSION", "15\n");
        write("data/backup_label", "START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\n");
        write("data/global/pg_control", "control");
        write("data/base/5/1259", "table");
        write("data/pg_wal/archive_status/x", "left out");
        Files.createDirectory(backup.resolve("data/pg_tblspc"));
        write("16385/PG_15_202209061/5/16386", "in a tablespace");
        Files.createSymbolicLink(backup.resolve("data/pg_tblspc/16385"), backup.resolve("16385"));
        infoFile = backup.resolve("backup.info");
        save(info());
        environment.put("BARMAN_HOOK", "backup_script");
        environment.put("BARMAN_PHASE", "post");
        environment.put("BARMAN_STATUS", "DONE");
        environment.put("BARMAN_BACKUP_ID", ID);
        environment.put("BARMAN_BACKUP_DIR", backup.toString());
        environment.put("BARMAN_BACKUP_INFO_PATH", infoFile.toString());
    }

    private BackupInfo.Builder info() {
        return CloudBucket.backup(1, 1, 2)
                .serverName("main")
                .mode("rsync-concurrent")
                .tablespaces(List.of(
                        new Tablespace("ts", 16385, directory.resolve("ts").toString())));
    }

    private void save(BackupInfo.Builder info) throws IOException {
        // A line that no release writes shows that the file is sent as it is.
        Files.writeString(infoFile, "# kept\n" + BackupInfoFormat.format(info.build()));
    }

    private void write(String name, String content) throws IOException {
        Path file = backup.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private int run(String... args) {
        String[] all = new String[args.length + 2];
        System.arraycopy(args, 0, all, 0, args.length);
        all[args.length] = CloudBucket.URL;
        all[args.length + 1] = "main";
        return bucket.run((a, out, err, stores) -> CloudBackupMain.run(a, environment, out, err, stores), all);
    }

    @ParameterizedTest
    @CsvSource({"'', ''", "-z, .gz", "--bzip2, .bz2", "--snappy, .snappy"})
    void theBackupIsSentAsItIsAndCanBeRestored(String option, String suffix) throws Exception {
        environment.put("BARMAN_HOOK", "backup_retry_script");

        assertThat(option.isEmpty() ? run() : run(option)).as(bucket.err).isZero();
        // Once more, as after an answer that was lost.
        assertThat(option.isEmpty() ? run() : run(option)).as(bucket.err).isZero();

        assertThat(bucket.err).isEmpty();
        assertThat(bucket.keys())
                .containsExactly(BASE + "16385.tar" + suffix, BASE + "backup.info", BASE + "data.tar" + suffix);
        assertThat(bucket.text(BASE + "backup.info")).isEqualTo(Files.readString(infoFile));
        Path target = directory.resolve("restored");
        assertThat(bucket.run(CloudRestoreMain::run, CloudBucket.URL, "main", ID, target.toString()))
                .as(bucket.err)
                .isZero();
        assertThat(target.resolve("backup_label")).hasSameTextualContentAs(backup.resolve("data/backup_label"));
        assertThat(target.resolve("base/5/1259")).hasContent("table");
        assertThat(target.resolve("global/pg_control")).hasContent("control");
        assertThat(target.resolve("pg_wal")).isEmptyDirectory();
        assertThat(directory.resolve("ts/PG_15_202209061/5/16386")).hasContent("in a tablespace");
    }

    @Test
    void theSameFilesAreInAnObjectWhateverTheAttempt() throws Exception {
        save(info().size(600L << 20));
        for (int i = 0; i < 500; i++) {
            write("data/base/5/" + i, Integer.toString(i).repeat(10_000));
        }

        assertThat(run("-J", "3", "-S", "2MB")).as(bucket.err).isZero();

        assertThat(bucket.err).isEmpty();
        assertThat(bucket.keys()).contains(BASE + "data.tar", BASE + "data_0001.tar");
        List<ObjectKey> keys = bucket.memory.listAll(BASE + "data").stream()
                .map(ObjectInfo::key)
                .toList();
        List<byte[]> first = contents(keys);
        assertThat(run("-J", "3", "-S", "2MB")).as(bucket.err).isZero();
        assertThat(contents(keys)).containsExactlyElementsOf(first);
        Path target = directory.resolve("restored");
        assertThat(bucket.run(CloudRestoreMain::run, CloudBucket.URL, "main", ID, target.toString()))
                .as(bucket.err)
                .isZero();
        for (int i = 0; i < 500; i++) {
            assertThat(target.resolve("base/5/" + i)).hasSameBinaryContentAs(backup.resolve("data/base/5/" + i));
        }
        assertThat(target.resolve("global/pg_control")).hasContent("control");
        assertThat(directory.resolve("ts/PG_15_202209061/5/16386")).hasContent("in a tablespace");
    }

    private List<byte[]> contents(List<ObjectKey> keys) throws IOException {
        List<byte[]> contents = new ArrayList<>();
        for (ObjectKey key : keys) {
            try (InputStream in = bucket.memory.open(key)) {
                contents.add(in.readAllBytes());
            }
        }
        return contents;
    }

    @Test
    void archivesOfAnEarlierAttemptWithAnotherCompressionGo() throws Exception {
        bucket.put(BASE + "data_0001.tar", "of an attempt with a smaller maximum");
        bucket.put(BASE + "notes.txt", "not ours");
        assertThat(run()).as(bucket.err).isZero();
        assertThat(bucket.keys())
                .containsExactly(BASE + "16385.tar", BASE + "backup.info", BASE + "data.tar", BASE + "notes.txt");

        assertThat(run("-z")).as(bucket.err).isZero();
        assertThat(bucket.keys())
                .containsExactly(BASE + "16385.tar.gz", BASE + "backup.info", BASE + "data.tar.gz", BASE + "notes.txt");
        Path target = directory.resolve("restored");
        assertThat(bucket.run(CloudRestoreMain::run, CloudBucket.URL, "main", ID, target.toString()))
                .as(bucket.err)
                .isZero();
        assertThat(target.resolve("base/5/1259")).hasContent("table");
    }

    /** A store that does not allow everything. */
    private static final class Forbidding extends PassingObjectStore {
        private final boolean listing;

        Forbidding(ObjectStore store, boolean listing) {
            super(store);
            this.listing = listing;
        }

        private static StorageException denied() {
            return new StorageException("no permission", StorageException.Reason.DENIED, false, null);
        }

        @Override
        public ObjectPage list(String prefix, Optional<String> page, int maxObjects) throws StorageException {
            if (listing) {
                throw denied();
            }
            return super.list(prefix, page, maxObjects);
        }

        @Override
        public Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) {
            return keys.stream().collect(Collectors.toMap(key -> key, key -> denied()));
        }
    }

    @Test
    void whereNobodyMayListTheBackupIsSentAllTheSame() {
        bucket.store = new Forbidding(bucket.memory, true);

        assertThat(run()).as(bucket.err).isZero();

        assertThat(bucket.keys()).containsExactly(BASE + "16385.tar", BASE + "backup.info", BASE + "data.tar");
        assertThat(bucket.err).contains("WARNING").contains("listing is not allowed");
    }

    /** Each repetition would send everything again. */
    @Test
    void archivesInTheWayThatNobodyMayRemoveEndTheRepetitions() {
        bucket.put(BASE + "data_0001.tar", "of an attempt with a smaller maximum");
        bucket.store = new Forbidding(bucket.memory, false);

        assertThat(run()).isEqualTo(CloudExit.STOP_RETRYING);

        assertThat(bucket.err).contains(BASE + "data_0001.tar").contains("no permission");
        assertThat(bucket.keys()).doesNotContain(BASE + "backup.info");
        bucket.memory.delete(List.of(ObjectKey.of(BASE + "data_0001.tar")));
        assertThat(run()).as(bucket.err).isZero();
    }

    @Test
    void onlyFinishedBackupsAreSentAndNoRetryIsAskedFor() {
        environment.put("BARMAN_STATUS", "FAILED");

        assertThat(run()).isEqualTo(63);
        assertThat(bucket.keys()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"backup_script, pre", "archive_script, post", "backup_delete_script, post"})
    void otherHooksAreRefused(String hook, String phase) {
        environment.put("BARMAN_HOOK", hook);
        environment.put("BARMAN_PHASE", phase);

        assertThat(run()).isEqualTo(4);
        assertThat(bucket.err).contains("unsupported hook script: " + phase + " " + hook);
    }

    @ParameterizedTest
    @ValueSource(strings = {"BARMAN_BACKUP_DIR", "BARMAN_BACKUP_ID", "BARMAN_STATUS", "BARMAN_BACKUP_INFO_PATH"})
    void variablesThatAreMissingAreNamed(String name) {
        environment.remove(name);

        assertThat(run()).isEqualTo(4);
        assertThat(bucket.err).contains(name);
    }

    @Test
    void whatCanNeverBeSentIsNotTriedAgain() throws Exception {
        save(info().parentBackupId(BackupId.of("20261031T100000")));
        assertThat(run()).isEqualTo(63);
        save(info().compression("gzip"));
        assertThat(run()).isEqualTo(63);
        assertThat(bucket.err).contains("tar format");
        assertThat(bucket.keys()).isEmpty();
    }

    @Test
    void aNameIsRefused() {
        assertThat(run("-n", "nightly")).isEqualTo(4);
    }

    @Test
    void aFailureIsToBeRetriedAndLeavesNothing() throws Exception {
        Files.delete(backup.resolve("data/global/pg_control"));

        assertThat(run()).isEqualTo(1);
        assertThat(bucket.err).contains("pg_control: no such file or directory");
        assertThat(bucket.keys()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"16385", "data/backup_label"})
    void aBackupThatIsNotWholeIsNotSent(String missing) throws Exception {
        Path gone = backup.resolve(missing);
        Files.move(gone, directory.resolve("elsewhere"));

        assertThat(run()).isEqualTo(1);
        assertThat(bucket.err).contains(gone.toString());
        assertThat(bucket.keys()).isEmpty();
    }

    @Test
    void anArchiveThatCannotBeStoredFailsTheRunBeforeTheMetadata() throws Exception {
        for (int part = 1; part <= 2; part++) {
            bucket.store = new FaultyStore(bucket.memory, part);
            assertThat(run()).as("part %s", part).isEqualTo(1);
            assertThat(bucket.keys()).isEmpty();
            assertThat(((FaultyStore) bucket.store).open)
                    .as("unfinished uploads")
                    .hasValue(0);
        }
        bucket.store = new FaultyStore(bucket.memory, 3);
        assertThat(run()).isZero();
    }

    @Test
    void metadataThatCannotBeReadIsAFailure() throws Exception {
        Files.write(infoFile, "no metadata".getBytes(StandardCharsets.UTF_8));
        assertThat(run()).isEqualTo(1);
        Files.delete(infoFile);
        assertThat(run()).isEqualTo(1);
        assertThat(bucket.memory.stat(ObjectKey.of(BASE + "backup.info"))).isEmpty();
    }
}
