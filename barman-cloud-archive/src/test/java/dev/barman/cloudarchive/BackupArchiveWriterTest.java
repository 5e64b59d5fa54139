// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.object.ObjectInfo;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.tar.PaxTarWriter;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An archive that several threads write. */
@Timeout(60)
class BackupArchiveWriterTest {
    private static final BackupId ID = BackupId.of("20261101T100000");
    private static final String BASE = "p/main/base/" + ID + "/";
    private static final int WRITERS = 3;

    private final CloudBucket bucket = new CloudBucket();

    /** What to put into the archive. */
    private interface Work {
        void run(BackupArchiveWriter archive) throws IOException, BarmanException;
    }

    private void write(@Nullable CompressionAlgorithm compression, long archiveBytes, Work work)
            throws IOException, BarmanException {
        BackupKeys keys = new BackupKeys(CloudLocation.parse(CloudBucket.URL, CloudProvider.AWS_S3), "main");
        UploadOptions options = new UploadOptions(
                compression == null ? null : CompressionSettings.of(compression), 2, 0, 20_000, 10_000, 0, Map.of());
        try (CloudBackupUpload upload =
                new CloudBackupUpload(bucket.memory, keys, ID, options, false, TerminationSignals.none())) {
            upload.prepare(new ArchivePlan(WRITERS, archiveBytes));
            BackupArchiveWriter archive = upload.archive("data");
            work.run(archive);
            archive.finish();
            upload.complete();
        }
    }

    private static TreeEntry directory(@Nullable TreeEntry parent, String name) {
        PaxTarWriter.Entry header =
                new PaxTarWriter.Entry(PaxTarWriter.Kind.DIRECTORY, name, "", 0, 0700, 0, 0, "", "", null);
        return new TreeEntry(header, parent, null);
    }

    private static TreeEntry file(@Nullable TreeEntry parent, String name, byte[] content, Runnable before) {
        PaxTarWriter.Entry empty = new PaxTarWriter.Entry(name, 0, 0600, 0, 0, "", "", null);
        return new TreeEntry(empty, parent, (target, header, buffer) -> {
            before.run();
            target.begin(header.withSize(content.length));
            target.write(content, content.length);
            target.end();
        });
    }

    private static byte[] bytes(int value) {
        byte[] bytes = new byte[1000 + 97 * value];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    /** The names in each object, in their order; the objects by their numbers. */
    private Map<String, List<String>> names(@Nullable CompressionAlgorithm compression) throws IOException {
        Map<String, List<String>> objects = new TreeMap<>();
        for (ObjectInfo object : bucket.memory.listAll(BASE)) {
            List<String> names = new ArrayList<>();
            try (InputStream stored = bucket.memory.open(object.key());
                    InputStream plain = compression == null
                            ? stored
                            : WalCodec.of(CompressionSettings.of(compression)).decompressing(stored);
                    TarArchiveInputStream in = new TarArchiveInputStream(plain)) {
                for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                    names.add(entry.getName());
                    byte[] content = in.readAllBytes();
                    if (entry.getName().matches("d[0-9]+/f[0-9]+")) {
                        assertThat(content)
                                .as(entry.getName())
                                .isEqualTo(bytes(Integer.parseInt(entry.getName()
                                        .substring(entry.getName().indexOf('f') + 1))));
                    }
                }
            }
            objects.put(object.key().value().substring(BASE.length()), names);
        }
        return objects;
    }

    /** Files of 20 directories, so that every writer gets some, and two entries behind them. */
    private static void fill(BackupArchiveWriter archive, Runnable before) throws IOException, BarmanException {
        TreeEntry root = directory(null, ".");
        archive.add(root);
        AtomicInteger written = new AtomicInteger();
        for (int d = 0; d < 20; d++) {
            TreeEntry directory = directory(root, "d" + d);
            archive.add(directory);
            for (int f = 0; f < 10; f++) {
                archive.add(file(directory, "d" + d + "/f" + f, bytes(f), () -> {
                    before.run();
                    written.incrementAndGet();
                }));
            }
        }
        archive.addLast(
                file(null, "control", bytes(1), () -> assertThat(written).hasValue(200)));
        archive.addLast(file(null, "label", bytes(1), () -> {}));
    }

    @Test
    void everyEntryIsThereOnceAndEveryObjectIsWholeAlone() throws Exception {
        for (CompressionAlgorithm compression : new CompressionAlgorithm[] {null, CompressionAlgorithm.GZIP}) {
            write(compression, 50_000, archive -> fill(archive, () -> {}));

            Map<String, List<String>> objects = names(compression);
            List<String> files = new ArrayList<>();
            String suffix = compression == null ? ".tar" : ".tar.gz";
            int number = 0;
            for (Map.Entry<String, List<String>> object : objects.entrySet()) {
                assertThat(object.getKey())
                        .isEqualTo(number == 0 ? "data" + suffix : String.format("data_%04d%s", number, suffix));
                number++;
                List<String> before = new ArrayList<>();
                for (String name : object.getValue()) {
                    if (name.startsWith("d") && !name.endsWith("/")) {
                        assertThat(before).contains("./", name.substring(0, name.indexOf('/') + 1));
                    }
                    if (!name.endsWith("/")) {
                        files.add(name);
                    }
                    before.add(name);
                }
                assertThat(before).doesNotHaveDuplicates();
            }
            assertThat(files).hasSize(202).doesNotHaveDuplicates();
            List<String> last = List.copyOf(objects.values()).get(objects.size() - 1);
            assertThat(last.subList(last.size() - 2, last.size())).containsExactly("control", "label");
            bucket.memory.delete(
                    bucket.memory.listAll("").stream().map(ObjectInfo::key).toList());
        }
    }

    @Test
    void writersWorkAtTheSameTime() throws Exception {
        CyclicBarrier all = new CyclicBarrier(WRITERS);
        write(null, 1 << 30, archive -> {
            for (int i = 0; i < WRITERS; i++) {
                archive.add(file(null, "f" + i, bytes(i), () -> {
                    try {
                        all.await(10, TimeUnit.SECONDS);
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }));
            }
        });

        assertThat(names(null).keySet()).containsExactly("data.tar", "data_0001.tar", "data_0002.tar");
    }

    @Test
    void whatNeedsOneWriterOnlyIsOneObject() throws Exception {
        write(null, 1 << 30, archive -> {
            for (int i = 0; i < 5; i++) {
                CountDownLatch done = new CountDownLatch(1);
                archive.add(file(null, "f" + i, bytes(i), done::countDown));
                Uninterruptibles.awaitUninterruptibly(done);
                archive.addLast(file(null, "g" + i, bytes(i), () -> {}));
            }
        });

        assertThat(names(null)).containsOnlyKeys("data.tar");
    }

    @Test
    void anArchiveWithoutEntriesIsAnObject() throws Exception {
        write(null, 1 << 30, archive -> {});

        assertThat(names(null)).isEqualTo(Map.of("data.tar", List.of()));
    }

    @Test
    void theFailureOfAWriterEndsTheBackupAndNothingRemains() {
        AtomicInteger written = new AtomicInteger();
        assertThatThrownBy(() -> write(
                        null,
                        50_000,
                        archive -> fill(archive, () -> {
                            if (written.incrementAndGet() == 100) {
                                throw new IllegalStateException("broken");
                            }
                        })))
                .hasMessage("broken");

        assertThat(bucket.keys()).isEmpty();
        assertThat(written.get()).as("those that were behind it").isLessThan(200);
    }

    @Test
    void whoeverGivesUpWaitsForTheWriters() {
        CountDownLatch writing = new CountDownLatch(1);
        AtomicInteger ended = new AtomicInteger();
        assertThatThrownBy(() -> write(null, 1 << 30, archive -> {
                    archive.add(file(null, "slow", bytes(1), () -> {
                        writing.countDown();
                        Uninterruptibles.sleepUninterruptibly(300, TimeUnit.MILLISECONDS);
                        ended.incrementAndGet();
                    }));
                    Uninterruptibles.awaitUninterruptibly(writing);
                    throw new IOException("enough");
                }))
                .hasMessage("enough")
                .hasNoSuppressedExceptions();

        assertThat(ended).hasValue(1);
        assertThat(bucket.keys()).isEmpty();
    }

    @Test
    void nothingIsAddedBehindAFailure() {
        assertThatThrownBy(() -> write(null, 1 << 30, archive -> {
                    CountDownLatch failed = new CountDownLatch(1);
                    archive.add(file(null, "bad", bytes(1), () -> {
                        failed.countDown();
                        throw new IllegalStateException("bad");
                    }));
                    Uninterruptibles.awaitUninterruptibly(failed);
                    archive.addLast(file(null, "label", bytes(1), () -> {
                        throw new AssertionError("written");
                    }));
                }))
                .hasMessage("bad");
        assertThat(bucket.keys()).isEmpty();
    }

    @Test
    void theKeysAreThoseOfTheArchive() throws Exception {
        write(null, 1 << 30, archive -> archive.add(file(null, "f", bytes(1), () -> {})));

        assertThat(bucket.keys()).containsExactly(BASE + "data.tar");
    }
}
