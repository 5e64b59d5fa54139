// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.object.UnfinishedUpload;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KilledBackupsTest {
    private static final String A = "p/main/base/20261101T100000/";
    private static final String B = "p/main/base/20261102T100000/";

    private final CloudBucket bucket = new CloudBucket();
    private final Leftovers store = new Leftovers(bucket.memory);

    /** A store with unfinished uploads. */
    private static final class Leftovers extends PassingObjectStore {
        final List<UnfinishedUpload> uploads = new ArrayList<>();
        final Map<String, Instant> sent = new HashMap<>();
        boolean refuses;

        Leftovers(ObjectStore store) {
            super(store);
        }

        void add(String key, int begunDaysAgo, int sentDaysAgo) {
            Instant now = Instant.now();
            uploads.add(new UnfinishedUpload(ObjectKey.of(key), "u" + key, now.minus(Duration.ofDays(begunDaysAgo))));
            sent.put("u" + key, now.minus(Duration.ofDays(sentDaysAgo)));
        }

        List<String> keys() {
            return uploads.stream().map(upload -> upload.key().value()).toList();
        }

        @Override
        public List<UnfinishedUpload> unfinishedUploads(String prefix) throws StorageException {
            if (refuses) {
                throw new StorageException("no permission", StorageException.Reason.DENIED, false, null);
            }
            return uploads.stream()
                    .filter(upload -> upload.key().value().startsWith(prefix))
                    .toList();
        }

        @Override
        public Optional<Instant> lastSent(UnfinishedUpload upload) {
            return Optional.ofNullable(sent.get(upload.id()));
        }

        @Override
        public void giveUp(UnfinishedUpload upload) {
            uploads.remove(upload);
        }
    }

    /** A command that cleans behind its work. */
    private int delete(String... options) {
        bucket.store = store;
        List<String> args = new ArrayList<>(
                List.of("-b", bucket.add(CloudBucket.backup(20, 1, 2).build())));
        args.addAll(List.of(options));
        args.addAll(List.of(CloudBucket.URL, "main"));
        return bucket.run(CloudBackupDeleteMain::run, args.toArray(new String[0]));
    }

    @Test
    void whatAKilledBackupHasLeftGoes() {
        store.add(A + "16385.tar.gz", 33, 33);
        store.add(A + "data.tar.gz", 33, 32);
        store.add(A + "data_0001.tar.gz", 32, 32);

        assertThat(delete("-v")).as(bucket.err).isZero();

        assertThat(store.keys()).isEmpty();
        assertThat(bucket.err).contains("Removing 3 unfinished uploads of backup 20261101T100000");
    }

    @Test
    void aBackupAtWorkIsNotTouchedHoweverLongItTakes() {
        // One archive waits since days for those behind it.
        store.add(A + "16385.tar", 60, 50);
        store.add(A + "data.tar", 50, 29);
        // One has just begun another archive.
        store.add(B + "data.tar", 60, 50);
        store.add(B + "data_0001.tar", 1, 1);

        assertThat(delete()).isZero();

        assertThat(store.keys()).hasSize(4);
    }

    @Test
    void whatIsNoArchiveOfABackupOfThisServerIsNotTouched() {
        List<String> others = List.of(
                "p/main/base/notes/data.tar",
                A + "something.zip",
                A + "deeper/data.tar",
                "p/main/wals/0000000100000000/000000010000000000000001",
                "p/other/base/20261101T100000/data.tar",
                "p/main2/base/20261101T100000/data.tar",
                "elsewhere");
        others.forEach(key -> store.add(key, 60, 60));

        assertThat(delete()).isZero();

        assertThat(store.keys()).isEqualTo(others);
    }

    @Test
    void anUploadThatHasEndedMeanwhileProtectsItsBackup() {
        store.add(A + "data.tar", 60, 60);
        store.sent.clear();

        assertThat(delete()).isZero();

        assertThat(store.keys()).hasSize(1);
    }

    @Test
    void aDryRunAndAStoreThatRefusesChangeNothing() {
        store.add(A + "data.tar", 60, 60);

        assertThat(delete("--dry-run")).isZero();
        assertThat(store.keys()).hasSize(1);
        store.refuses = true;
        assertThat(delete("-v")).isZero();
        assertThat(bucket.err).contains("stay: no permission");
    }
}
