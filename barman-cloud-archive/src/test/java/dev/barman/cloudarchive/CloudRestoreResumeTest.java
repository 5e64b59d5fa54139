// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.catalog.BackupInfoFormat;
import dev.barman.core.catalog.Tablespace;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restore that was interrupted, and the next attempt. */
class CloudRestoreResumeTest {
    private static final String ID = "20261101T100000";
    private static final String BASE = "p/main/base/" + ID + "/";
    private static final FileTime MODIFIED = FileTime.from(Instant.parse("2026-11-01T09:00:00.250Z"));
    private static final int MIB = 1 << 20;

    @TempDir
    Path directory;

    private final CloudBucket bucket = new CloudBucket();
    private final byte[] first = random(1, 40 * MIB);
    private final byte[] second = random(2, 12 * MIB);
    private Path target;
    private Path tablespace;
    private long archiveBytes;

    /** Fails from a place in the objects on, and counts what is read of the large one. */
    private static final class BreakingStore extends PassingObjectStore {
        private final long until;
        private final List<String> fetched = new CopyOnWriteArrayList<>();
        private final AtomicLong bytes = new AtomicLong();

        BreakingStore(ObjectStore store, long until) {
            super(store);
            this.until = until;
        }

        @Override
        public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
            boolean breaks = offset + length > until && key.value().endsWith(".tar");
            if (breaks && offset >= until) {
                throw new StorageException("no answer", StorageException.Reason.UNREACHABLE, true, null);
            }
            fetched.add(key + " " + offset + " " + length);
            if (key.value().endsWith("data.tar")) {
                bytes.addAndGet(length);
            }
            InputStream in = super.open(key, offset, length);
            return breaks ? new Breaking(in, until - offset) : in;
        }
    }

    /** Breaks off after so many bytes. */
    private static final class Breaking extends FilterInputStream {
        private long left;

        Breaking(InputStream in, long left) {
            super(in);
            this.left = left;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left == 0) {
                throw new IOException("no answer");
            }
            int count = super.read(bytes, offset, (int) Math.min(length, left));
            left -= Math.max(0, count);
            return count;
        }
    }

    private static byte[] random(int seed, int length) {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        return content;
    }

    private static void entry(TarArchiveOutputStream tar, String name, byte[] content) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode(name.endsWith("/") ? 040700 : 0100600);
        entry.setSize(content.length);
        entry.setLastModifiedTime(MODIFIED);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private static TarArchiveOutputStream tar(ByteArrayOutputStream bytes) {
        TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        return tar;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @BeforeEach
    void setUp() throws IOException {
        target = directory.resolve("restored");
        tablespace = directory.resolve("ts");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = tar(bytes)) {
            entry(tar, "./", new byte[0]);
            entry(tar, "base/", new byte[0]);
            entry(tar, "base/1", first);
            entry(tar, "base/conf", text("the first"));
            entry(tar, "base/2", second);
            entry(tar, "base/conf", text("the other"));
            entry(tar, "global/", new byte[0]);
            entry(tar, "global/pg_control", text("control"));
            entry(tar, "backup_label", text("label"));
        }
        archiveBytes = bytes.size();
        bucket.put(BASE + "data.tar", bytes.toByteArray());
        ByteArrayOutputStream other = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = tar(other)) {
            entry(tar, "PG_15/", new byte[0]);
            entry(tar, "PG_15/5", text("relation"));
        }
        bucket.put(BASE + "16384.tar", other.toByteArray());
        bucket.put(
                BASE + "backup.info",
                BackupInfoFormat.format(CloudBucket.backup(1, 1, 4)
                        .tablespaces(List.of(new Tablespace("ts1", 16384, "/no/such/place")))
                        .build()));
    }

    private int restore(String id, ObjectStore store) {
        bucket.store = store;
        return bucket.run(
                CloudRestoreMain::run,
                "-v",
                "--tablespace",
                "ts1:" + tablespace,
                CloudBucket.URL,
                "main",
                id,
                target.toString());
    }

    private void interrupt() {
        assertThat(restore(ID, new BreakingStore(bucket.memory, 48L * MIB))).isEqualTo(4);
        assertThat(bucket.err).contains("no answer");
        assertThat(target.resolve(RestoreMark.NAME)).isRegularFile();
        assertThat(target.resolve("global/pg_control")).doesNotExist();
    }

    private void assertRestored() {
        assertThat(bucket.err).contains("Going on with the restore that was interrupted");
        assertThat(target.resolve("base/1")).hasBinaryContent(first);
        assertThat(target.resolve("base/2")).hasBinaryContent(second);
        assertThat(target.resolve("base/conf")).hasContent("the other");
        assertThat(target.resolve("backup_label")).hasContent("label");
        assertThat(tablespace.resolve("PG_15/5")).hasContent("relation");
        assertThat(target.resolve("pg_tblspc/16384")).isSymbolicLink();
        assertThat(target.toFile().list())
                .containsExactlyInAnyOrder("base", "global", "backup_label", "pg_tblspc", "pg_wal");
        assertThat(target.resolve("base"))
                .satisfies(base -> assertThat(Files.getLastModifiedTime(base)).isEqualTo(MODIFIED));
    }

    @Test
    void restoreGoesOnAndDoesNotFetchWhatIsThere() throws IOException {
        interrupt();
        assertThat(Files.getLastModifiedTime(target.resolve("base/1"))).isEqualTo(MODIFIED);

        BreakingStore whole = new BreakingStore(bucket.memory, Long.MAX_VALUE);
        assertThat(restore(ID, whole)).as(bucket.err).isZero();
        assertRestored();
        assertThat(whole.bytes.get()).as("%s", whole.fetched).isLessThan(archiveBytes - 6 * MIB);
        // Once it is complete nothing is gone on with.
        assertThat(restore(ID, bucket.memory)).isEqualTo(1);
        assertThat(bucket.err).contains("Destination " + target + " already exists and it is not empty");
    }

    @Test
    void fileThatMayNotBeWholeIsFetchedAgain() throws IOException {
        interrupt();
        // As it looks when its content never reached the disk.
        Files.write(target.resolve("base/1"), new byte[first.length]);
        Files.write(target.resolve("base/2"), new byte[100]);
        Files.setLastModifiedTime(target.resolve("base/2"), MODIFIED);
        assertThat(restore(ID, bucket.memory)).as(bucket.err).isZero();
        assertRestored();
    }

    @Test
    void laterEntryCountsAlsoWhereTheEarlierOneWasRestored() throws IOException {
        interrupt();
        Files.write(target.resolve("base/conf"), text("the first"));
        Files.setLastModifiedTime(target.resolve("base/conf"), MODIFIED);
        assertThat(restore(ID, bucket.memory)).as(bucket.err).isZero();
        assertRestored();
    }

    /** Or PostgreSQL would start with it while files at the top, the label of the backup among them, are restored anew. */
    @Test
    void controlFileOfAnEarlierAttemptIsGoneBeforeAnythingElseIsRestored() throws IOException {
        interrupt();
        Files.createDirectories(target.resolve("global"));
        Files.write(target.resolve("global/pg_control"), text("control"));
        Files.setLastModifiedTime(target.resolve("global/pg_control"), MODIFIED);
        interrupt();
        assertThat(target.resolve("global")).isEmptyDirectory();
        assertThat(restore(ID, bucket.memory)).as(bucket.err).isZero();
        assertRestored();
        assertThat(target.resolve("global/pg_control")).hasContent("control");
    }

    @Test
    void controlFileBehindALinkIsLeftAlone() throws IOException {
        interrupt();
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.write(outside.resolve("pg_control"), text("of another cluster"));
        Files.deleteIfExists(target.resolve("global"));
        Files.createSymbolicLink(target.resolve("global"), outside);
        assertThat(restore(ID, bucket.memory)).isEqualTo(4);
        assertThat(outside.resolve("pg_control")).hasContent("of another cluster");
    }

    @Test
    void linkInPlaceOfADirectoryIsNotFollowed() throws IOException {
        interrupt();
        Path outside = Files.move(target.resolve("base"), directory.resolve("outside"));
        Files.createSymbolicLink(target.resolve("base"), outside);
        assertThat(restore(ID, bucket.memory)).isEqualTo(4);
        assertThat(outside.resolve("2"))
                .satisfies(file -> assertThat(file.toFile().length()).isLessThan(second.length));
    }

    @Test
    void anotherBackupIsNotMixedWithAnUnfinishedOne() throws IOException {
        interrupt();
        String other = bucket.add(CloudBucket.backup(2, 1, 6).build());
        assertThat(restore(other, bucket.memory)).isEqualTo(1);
        assertThat(bucket.err).contains("it has the unfinished restore of something else");
        // Nor the same backup of which an archive is not the same any more.
        bucket.put(BASE + "16384.tar", new byte[20_480]);
        assertThat(restore(ID, bucket.memory)).isEqualTo(1);
        assertThat(target.resolve("base/1")).hasBinaryContent(first);
    }

    @Test
    void twoDoNotRestoreIntoOneDirectory() throws IOException {
        interrupt();
        try (FileChannel mark = FileChannel.open(target.resolve(RestoreMark.NAME), StandardOpenOption.WRITE);
                FileLock other = mark.lock()) {
            assertThat(other.isValid()).isTrue();
            assertThat(restore(ID, bucket.memory)).isEqualTo(1);
            assertThat(bucket.err).contains("Another process is restoring into " + target);
        }
        assertThat(restore(ID, bucket.memory)).as(bucket.err).isZero();
        assertRestored();
    }

    @Test
    void killBeforeAnythingWasAnnouncedLeavesAFreeDirectory() throws IOException {
        Files.createDirectory(target);
        Files.write(target.resolve(RestoreMark.NAME), text("resto"));
        assertThat(restore(ID, bucket.memory)).as(bucket.err).isZero();
        assertThat(bucket.err).doesNotContain("Going on");
        assertThat(target.toFile().list())
                .containsExactlyInAnyOrder("base", "global", "backup_label", "pg_tblspc", "pg_wal");
    }

    /** Were it gone earlier, a process killed in between would leave directories in which nobody goes on. */
    @Test
    void markGoesLastWhenADamagedRestoreIsRemoved() throws Exception {
        Files.createDirectory(target);
        Files.createDirectory(tablespace);
        ByteArrayOutputStream other = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = tar(other)) {
            entry(tar, "PG_15/", new byte[0]);
            for (int i = 0; i < 2000; i++) {
                entry(tar, "PG_15/" + i, text("relation"));
            }
        }
        bucket.put(BASE + "16384.tar", Arrays.copyOf(other.toByteArray(), other.size() / 1024 * 1024 - 512 * 1024));
        AtomicBoolean ended = new AtomicBoolean();
        CompletableFuture<List<Path>> left = CompletableFuture.supplyAsync(() -> {
            boolean seen = false;
            boolean last = false;
            while (!last) {
                last = ended.get();
                boolean marked = RestoreMark.isIn(target);
                if (seen && !marked) {
                    return Stream.of(target, tablespace)
                            .flatMap(directory -> Stream.of(
                                    Objects.requireNonNull(directory.toFile().listFiles())))
                            .map(File::toPath)
                            .toList();
                }
                seen |= marked;
            }
            return List.of(target.resolve("no mark was seen"));
        });

        assertThat(restore(ID, bucket.memory)).isNotZero();
        ended.set(true);

        assertThat(bucket.err).contains("16384.tar");
        assertThat(left.join()).isEmpty();
        assertThat(target).isEmptyDirectory();
        assertThat(tablespace).isEmptyDirectory();
    }

    /** It saw a free directory, and was held up while another process restored into it. */
    @Test
    void restoreThatWasOvertakenTouchesNothing() throws IOException {
        RestoreMark late = new RestoreMark(target, "restore of something");
        assertThat(restore(ID, bucket.memory)).as(bucket.err).isZero();

        assertThatThrownBy(() -> late.lock(false)).hasMessage("Another process has just restored into " + target);
        assertThatThrownBy(() -> late.lock(true)).hasMessage("Another process has just restored into " + target);

        assertThat(target.toFile().list())
                .containsExactlyInAnyOrder("base", "global", "backup_label", "pg_tblspc", "pg_wal");
    }

    @Test
    void markOfAnUnfinishedRestoreIsNotTakenAwayByOneThatWasOvertaken() throws IOException {
        RestoreMark late = new RestoreMark(target, "restore of something");
        interrupt();
        byte[] words = Files.readAllBytes(target.resolve(RestoreMark.NAME));

        assertThatThrownBy(() -> late.lock(false)).hasMessage("Another process has just restored into " + target);

        assertThat(target.resolve(RestoreMark.NAME)).hasBinaryContent(words);
        assertThat(restore(ID, bucket.memory)).as(bucket.err).isZero();
        assertRestored();
    }
}
