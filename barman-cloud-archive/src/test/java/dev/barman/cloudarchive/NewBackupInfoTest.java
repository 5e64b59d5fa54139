// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.cloudarchive.FaultyStore.Lost;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.WalKeys;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is said and done when the last object of a backup is in doubt. */
class NewBackupInfoTest {
    private static final String BASE = "p/main/base/20261101T100000/";
    private static final CloudLocation LOCATION = CloudLocation.parse(CloudBucket.URL, CloudProvider.AWS_S3);

    private final CloudBucket bucket = new CloudBucket();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final BackupInfo info = CloudBucket.backup(1, 1, 2).build();

    /** A store of which nothing can be read. */
    private static final class Unreadable extends PassingObjectStore {
        Unreadable(ObjectStore store) {
            super(store);
        }

        @Override
        public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
            throw new StorageException("no answer", StorageException.Reason.UNREACHABLE, false, null);
        }
    }

    /** Lets the command store the last object in vain, and give up. */
    private boolean giveUp(ObjectStore store) throws Exception {
        CloudLog log = new CloudLog(new PrintStream(err, true), CloudLog.Level.WARNING, Clock.systemUTC());
        CloudSession session = new CloudSession(
                store, LOCATION, "main", new WalKeys(LOCATION, "main"), new PrintStream(err, true), log);
        UploadOptions options = new UploadOptions(null, 2, 1 << 30, 10_000, 10_000, 0, Map.of());
        NewBackupInfo saved = new NewBackupInfo(session, Map.of(), TerminationSignals.none());
        try (CloudBackupUpload upload = new CloudBackupUpload(
                store, session.catalog().keys(), info.id(), options, false, TerminationSignals.none())) {
            upload.archive("data").finish();
            upload.complete();
            assertThatThrownBy(() -> saved.saveLast(info)).hasMessage("no answer");
            return saved.giveUp(info, upload, "no answer");
        }
    }

    private String said() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aBackupThatMayBeCompleteIsNotRecommendedForDeletion() throws Exception {
        FaultyStore store = new FaultyStore(new Unreadable(bucket.memory), 0).losingPuts(1, 99, Lost.ANSWER, false);

        assertThat(giveUp(store)).isFalse();

        assertThat(bucket.keys()).containsExactly(BASE + "backup.info", BASE + "data.tar");
        assertThat(said())
                .contains("may be complete")
                .contains("'barman-cloud-backup-list'")
                .doesNotContain("barman-cloud-backup-delete");
    }

    @Test
    void archivesThatAreNoBackupAreNamedWithWhatRemovesThem() throws Exception {
        FaultyStore store = new FaultyStore(bucket.memory, 0).losingPuts(1, 99, Lost.REQUEST, false);

        assertThat(giveUp(store)).isFalse();

        assertThat(bucket.keys()).containsExactly(BASE + "data.tar");
        assertThat(said())
                .contains("are no backup")
                .contains("'barman-cloud-backup-delete --backup-id 20261101T100000'");
    }

    @Test
    void aBackupWhoseLastAnswerWasLostIsComplete() throws Exception {
        FaultyStore store = new FaultyStore(bucket.memory, 0).losingPuts(1, 1, Lost.ANSWER, false);

        assertThat(giveUp(store)).isTrue();

        assertThat(bucket.keys()).containsExactly(BASE + "backup.info", BASE + "data.tar");
    }
}
