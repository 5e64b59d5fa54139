// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.barman.object.ObjectKey;
import dev.barman.object.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.commons.compress.archivers.tar.TarConstants;
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
                        .file("global/pg_control", "replaced")
                        .file("global/pg_control", "control")
                        .file("postgresql.conf", "configuration")
                        .file("backup_label", "label")
                        .bytes());
    }

    @FunctionalInterface
    private interface Opening {
        void of(String name, long offset) throws StorageException;
    }

    /** Has something done when an object, or the rest of one, is about to be read. */
    private void beforeOpening(Opening opening) {
        bucket.store = new PassingObjectStore(bucket.memory) {
            @Override
            public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
                opening.of(key.name(), offset);
                return super.open(key, offset, length);
            }
        };
    }

    /** Opens an object when another one was restored, as far as that is seen by a file of it. */
    private void restore(String waiting, String forFile) {
        beforeOpening((name, offset) -> {
            if (name.equals(waiting)) {
                await(forFile);
            }
        });
        assertThat(run()).as(bucket.err).isZero();
    }

    private void await(String name) {
        Path file = target.resolve(name);
        for (int i = 0; i < 1000 && !file.toFile().exists(); i++) {
            Uninterruptibles.sleepUninterruptibly(10, TimeUnit.MILLISECONDS);
        }
        assertThat(file).exists();
    }

    /** Does not get at an object when another one was restored, as far as that is seen by a file of it. */
    private void fail(String unreachable, String afterFile) {
        beforeOpening((name, offset) -> {
            if (name.equals(unreachable)) {
                await(afterFile);
                throw new StorageException("no answer", StorageException.Reason.UNREACHABLE, true, null);
            }
        });
        assertThat(run()).isEqualTo(4);
        assertThat(bucket.err).contains("no answer");
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

    /** So that nobody is left with it when all the others are done. */
    @Test
    void theLargestObjectIsBegunFirst() throws IOException {
        for (int i = 2; i < 9; i++) {
            bucket.put(
                    base + "data_000" + i + ".tar",
                    new Tar().file("base/1" + i, "small").bytes());
        }
        bucket.put(
                base + "data_0009.tar",
                new Tar().file("base/19", new byte[100_000]).bytes());
        CountDownLatch largest = new CountDownLatch(1);
        beforeOpening((name, offset) -> {
            if (name.equals("data_0009.tar")) {
                largest.countDown();
            } else if (name.endsWith(".tar")) {
                assertThat(Uninterruptibles.awaitUninterruptibly(largest, 10, TimeUnit.SECONDS))
                        .isTrue();
            }
        });

        assertThat(run()).as(bucket.err).isZero();
        assertRestored();
        assertThat(target.resolve("base/19")).hasSize(100_000);
    }

    /** Opens each of the two objects when the other one is about to be opened, too. */
    private void openTogether() {
        CountDownLatch both = new CountDownLatch(2);
        beforeOpening((name, offset) -> {
            if (name.endsWith(".tar")) {
                both.countDown();
                assertThat(Uninterruptibles.awaitUninterruptibly(both, 10, TimeUnit.SECONDS))
                        .isTrue();
            }
        });
    }

    @Test
    void twoObjectsAreReadAtTheSameTime() {
        openTogether();
        assertThat(run()).as(bucket.err).isZero();
        assertRestored();
    }

    /** With it, and without what is missing, PostgreSQL would start. */
    @Test
    void controlFileIsNotThereWhileAnythingElseIsMissing() {
        fail("data.tar", "backup_label");
        assertThat(target.resolve("backup_label")).exists();
        assertThat(target.resolve("base/1")).doesNotExist();
        assertThat(target.resolve("global/pg_control")).doesNotExist();

        bucket.store = bucket.memory;
        assertThat(run()).as(bucket.err).isZero();
        assertRestored();
        assertThat(target.resolve("global/pg_control").toFile().lastModified()).isEqualTo(Tar.MODIFIED.toEpochMilli());
    }

    @Test
    void whatIsNoControlFileIsRefusedInItsPlace() throws IOException {
        bucket.put(
                base + "data.tar",
                new Tar().file("global/pg_control", new byte[(1 << 20) + 1]).bytes());
        assertThat(run()).isEqualTo(4);
        assertThat(bucket.err).contains("data.tar").contains("global/pg_control would have 1048577 bytes");
        assertThat(target).doesNotExist();

        bucket.put(
                base + "data.tar",
                new Tar()
                        .link("global/pg_control", TarConstants.LF_SYMLINK, "../base/1")
                        .bytes());
        assertThat(run()).isEqualTo(4);
        assertThat(bucket.err).contains("something else than a file in place of global/pg_control");
        assertThat(target).doesNotExist();
    }

    /** Equal in size and time: it is not seen which of them the earlier attempt left. */
    @Test
    void whatALaterObjectHasCountsAlsoWhereAnEarlierAttemptLeftThatOfAnotherOne() throws IOException {
        bucket.put(
                base + "data_0001.tar",
                new Tar()
                        .file("postgresql.conf", "following")
                        .file("global/pg_control", "control")
                        .file("backup_label", "label")
                        .bytes());
        Path configuration = target.resolve("postgresql.conf");
        fail("data_0001.tar", "only");
        assertThat(configuration).hasContent("left over");
        // The failure may have come before it was durable.
        Files.setLastModifiedTime(configuration, FileTime.from(Tar.MODIFIED));

        restore("data.tar", "backup_label");
        assertThat(configuration).hasContent("following");
    }

    @Test
    void fileOfTwoObjectsIsWrittenByOneAfterTheOther() throws IOException {
        byte[] large = new byte[9 << 20];
        Arrays.fill(large, (byte) 'x');
        bucket.put(
                base + "data.tar",
                new Tar().file("base/twice", large).file("only", "here").bytes());
        bucket.put(
                base + "data_0001.tar",
                new Tar()
                        .file("before", "")
                        .file("base/twice", "small")
                        .file("global/pg_control", "control")
                        .file("backup_label", "label")
                        .bytes());
        AtomicLong meanwhile = new AtomicLong();
        beforeOpening((name, offset) -> {
            if (name.equals("data_0001.tar")) {
                await("base/twice");
            } else if (name.equals("data.tar") && offset > 0) {
                await("before");
                // Long enough for the other thread to come to the file of that name.
                Uninterruptibles.sleepUninterruptibly(500, TimeUnit.MILLISECONDS);
                meanwhile.set(target.resolve("base/twice").toFile().length());
            }
        });

        assertThat(run()).as(bucket.err).isZero();
        assertThat(meanwhile).hasValueGreaterThan(1 << 20);
        assertThat(target.resolve("base/twice")).hasContent("small");
    }

    @Test
    void filesOfTwoObjectsComeWholeFromOneOfThem() throws IOException {
        for (int object = 0; object < 2; object++) {
            Tar tar = new Tar();
            for (int i = 0; i < 2000; i++) {
                tar.file("base/f" + i, Integer.toString(object).repeat(1000 + object));
            }
            tar.file("global/pg_control", "control").file("backup_label", "label");
            bucket.put(base + (object == 0 ? "data.tar" : "data_0001.tar"), tar.bytes());
        }
        openTogether();

        assertThat(run()).as(bucket.err).isZero();
        for (int i = 0; i < 2000; i++) {
            assertThat(Files.readString(target.resolve("base/f" + i))).isIn("0".repeat(1000), "1".repeat(1001));
        }
    }

    @Test
    void theFirstFailureEndsTheOthersAndIsTheOneThatIsTold() throws IOException {
        bucket.put(base + "data.tar", new Tar().file("../out", "x").bytes());
        // In seven pieces of 8 MiB, of which four are fetched ahead.
        bucket.put(
                base + "data_0001.tar",
                new Tar().file("base/large", new byte[50 << 20]).bytes());
        CountDownLatch bad = new CountDownLatch(1);
        Set<Long> fetched = ConcurrentHashMap.newKeySet();
        beforeOpening((name, offset) -> {
            if (name.equals("data.tar")) {
                bad.countDown();
            } else if (name.equals("data_0001.tar")) {
                fetched.add(offset);
                if (offset > 0) {
                    // The first piece is there at once, the others when the other object is long found to be bad.
                    Uninterruptibles.awaitUninterruptibly(bad, 10, TimeUnit.SECONDS);
                    Uninterruptibles.sleepUninterruptibly(1, TimeUnit.SECONDS);
                }
            }
        });

        assertThat(run()).isEqualTo(4);
        assertThat(bucket.err).contains("data.tar").contains("../out").doesNotContain("given up");
        assertThat(fetched).hasSizeLessThanOrEqualTo(5);
        assertThat(target).doesNotExist();
    }
}
