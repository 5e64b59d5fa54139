// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.barman.object.ObjectKey;
import dev.barman.object.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A backup whose data directory is in several objects, which are unpacked at the same time. */
@Timeout(60)
class CloudRestoreParallelTest {
    private final CloudBucket bucket = new CloudBucket();
    private String base;
    private Path target;

    @BeforeEach
    void setUp(@TempDir Path directory) throws IOException {
        target = directory.resolve("restored");
        String id = bucket.add(CloudBucket.backup(1, 1, 4).build());
        base = "p/main/base/" + id + "/";
        bucket.put(
                base + "data.tar",
                new Tar()
                        .directory(".")
                        .directory("base")
                        .directory("global")
                        .file("base/1", "one")
                        .file("postgresql.conf", "left over")
                        .file("global/pg_control", "early")
                        .file("only", "here")
                        .bytes());
        bucket.put(
                base + "data_0001.tar",
                new Tar()
                        .directory(".")
                        .directory("base")
                        .file("base/2", "two")
                        .file("global/pg_control", "control")
                        .file("postgresql.conf", "configuration")
                        .file("backup_label", "label")
                        .bytes());
    }

    /** Opens an object when another one was restored, as far as that is seen by a file of it. */
    private void restore(String waiting, String forFile) {
        bucket.store = new PassingObjectStore(bucket.memory) {
            @Override
            public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
                if (key.value().endsWith("/" + waiting)) {
                    Path file = target.resolve(forFile);
                    for (int i = 0; i < 1000 && !file.toFile().exists(); i++) {
                        Uninterruptibles.sleepUninterruptibly(10, TimeUnit.MILLISECONDS);
                    }
                    assertThat(file).exists();
                }
                return super.open(key, offset, length);
            }
        };
        assertThat(run()).as(bucket.err).isZero();
    }

    private int run() {
        return bucket.run(CloudRestoreMain::run, CloudBucket.URL, "main", base.split("/", -1)[3], target.toString());
    }

    private void assertRestored() {
        assertThat(target.resolve("base/1")).hasContent("one");
        assertThat(target.resolve("base/2")).hasContent("two");
        assertThat(target.resolve("only")).hasContent("here");
        assertThat(target.resolve("backup_label")).hasContent("label");
        assertThat(target.resolve("postgresql.conf")).hasContent("configuration");
        assertThat(target.resolve("global/pg_control")).hasContent("control");
    }

    @Test
    void whatALaterObjectHasCountsWhenItComesFirst() {
        restore("data.tar", "backup_label");
        assertRestored();
    }

    @Test
    void whatALaterObjectHasCountsWhenItComesLast() {
        restore("data_0001.tar", "only");
        assertRestored();
    }

    @Test
    void twoObjectsAreReadAtTheSameTime() {
        CountDownLatch both = new CountDownLatch(2);
        bucket.store = new PassingObjectStore(bucket.memory) {
            @Override
            public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
                if (key.value().endsWith(".tar")) {
                    both.countDown();
                    assertThat(Uninterruptibles.awaitUninterruptibly(both, 10, TimeUnit.SECONDS))
                            .isTrue();
                }
                return super.open(key, offset, length);
            }
        };

        assertThat(run()).as(bucket.err).isZero();
        assertRestored();
    }

    @Test
    void theFirstFailureEndsTheOthersAndIsTheOneThatIsTold() throws IOException {
        bucket.put(base + "data.tar", new Tar().file("../out", "x").bytes());
        Tar many = new Tar();
        for (int i = 0; i < 2000; i++) {
            many.file("base/f" + i, new byte[10_000]);
        }
        bucket.put(base + "data_0001.tar", many.bytes());
        AtomicInteger fetched = new AtomicInteger();
        bucket.store = new PassingObjectStore(bucket.memory) {
            @Override
            public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
                if (key.value().endsWith("_0001.tar") && fetched.incrementAndGet() > 1) {
                    // The first piece is there at once, the others when the other object is long found to be bad.
                    Uninterruptibles.sleepUninterruptibly(2, TimeUnit.SECONDS);
                }
                return super.open(key, offset, length);
            }
        };

        assertThat(run()).isEqualTo(4);
        assertThat(bucket.err).contains("data.tar").contains("../out").doesNotContain("given up");
        assertThat(target).doesNotExist();
    }
}
