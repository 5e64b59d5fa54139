// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import static dev.barman.storage.cloud.archive.DataDirectory.content;
import static dev.barman.storage.cloud.archive.DataDirectory.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.file.LockFile;
import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.archive.ArchiveListener;
import dev.barman.wal.archive.ArchiveResult;
import dev.barman.wal.archive.ArchiveVetoException;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requested segment, segments ahead, index and record: what is kept in which case, and what is never skipped. */
class CloudWalArchiverTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T10:00:00Z"), ZoneOffset.UTC);
    private static final String STAMP = "20261120T100000Z";

    @TempDir
    Path directory;

    private final MemoryObjectStore store = new MemoryObjectStore();
    private final Set<String> refusedPuts = Collections.synchronizedSet(new HashSet<>());
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());
    private DataDirectory data;
    private Path state;
    private @Nullable CompressionSettings compression;
    private @Nullable ArchiveListener listener;
    private Runnable onPut = () -> {};
    private Duration patience = Duration.ofSeconds(5);
    private Duration ahead = Duration.ofSeconds(30);
    private String destination = "here";

    @BeforeEach
    void makeDataDirectory() throws IOException {
        data = new DataDirectory(directory.resolve("data"));
        state = directory.resolve("state");
    }

    /** The store, with each request noted, and writes of some names refused. */
    private ObjectStore observed() {
        return (ObjectStore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ObjectStore.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("close")) {
                        requests.add(method.getName() + (arguments == null ? "" : " " + arguments[0]));
                    }
                    if (method.getName().equals("put")) {
                        String key = ((ObjectKey) arguments[0]).name();
                        if (refusedPuts.contains(key)) {
                            throw new StorageException("no " + key, StorageException.Reason.UNREACHABLE, true, null);
                        }
                        onPut.run();
                    }
                    try {
                        return method.invoke(store, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private CloudWalArchiver.Builder builder() {
        WalKeys keys = new WalKeys(CloudLocation.parse("s3://b/p", CloudProvider.AWS_S3), "main");
        CloudWalArchiver.Builder builder = CloudWalArchiver.builder(this::observed, keys)
                .compression(compression)
                .warnings(warnings::add)
                .patience(patience)
                .ahead(ahead)
                .clock(CLOCK);
        return listener == null ? builder : builder.listener(listener);
    }

    private CloudArchiveResult archive(Path wal, int parallel) throws IOException {
        requests.clear();
        try (CloudWalArchiver archiver =
                builder().state(new StateDirectory(state), "main", destination).build()) {
            return archiver.archive(wal, parallel);
        }
    }

    private List<String> stored() throws IOException {
        return store.listAll("").stream().map(object -> object.key().name()).toList();
    }

    private List<String> indexed() throws IOException {
        return new XlogDb(state.resolve("main-xlog.db"))
                .entries().stream().map(WalEntry::name).toList();
    }

    private static List<String> names(int timeline, long first, long last) {
        List<String> names = new ArrayList<>();
        for (long number = first; number <= last; number++) {
            names.add(name(timeline, number));
        }
        return names;
    }

    private List<String> inErrors() throws IOException {
        Path errors = state.resolve("errors");
        if (!Files.exists(errors)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(errors)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private void put(String path, byte[] content) throws IOException {
        store.put(ObjectKey.of("p/main/wals/" + path), ObjectContent.of(content), PutOptions.OVERWRITE);
    }

    private static byte[] changed(byte[] content) {
        byte[] other = content.clone();
        other[content.length - 1] ^= 1;
        return other;
    }

    private static String key(int timeline, long number) {
        String name = name(timeline, number);
        return name.substring(0, 16) + "/" + name;
    }

    private void segments(int timeline, long first, long last) throws IOException {
        for (long number = first; number <= last; number++) {
            data.segment(timeline, number);
        }
    }

    private Path wal(int timeline, long number) {
        return data.wal(name(timeline, number));
    }

    // The requested segment, and those ahead of it.

    @Test
    void requestedAndReadySegmentsAreStoredIndexedInOrderAndNotAskedForAgain() throws Exception {
        segments(1, 3, 12);

        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.Archived.class);

        assertThat(stored()).isEqualTo(names(1, 3, 10));
        assertThat(indexed()).isEqualTo(names(1, 3, 10));
        for (long number = 3; number <= 10; number++) {
            try (InputStream in = store.open(ObjectKey.of("p/main/wals/" + key(1, number)))) {
                assertThat(in.readAllBytes()).isEqualTo(content(1, number));
            }
        }
        for (long number = 3; number <= 10; number++) {
            assertThat(archive(wal(1, number), 8)).isInstanceOf(CloudArchiveResult.Recorded.class);
            assertThat(requests).isEmpty();
        }
        assertThat(archive(wal(1, 11), 8)).isInstanceOf(CloudArchiveResult.Archived.class);
        assertThat(indexed()).isEqualTo(names(1, 3, 12));
        assertThat(warnings).isEmpty();
    }

    @Test
    void noRequestIsAListing() throws Exception {
        segments(1, 3, 6);
        archive(wal(1, 3), 8);
        assertThat(requests).hasSize(4 * 7).noneMatch(request -> request.startsWith("list"));
    }

    @Test
    void requestedSegmentIsStoredBeforeOthersBegin() throws Exception {
        segments(1, 3, 6);
        archive(wal(1, 3), 8);
        int put = requests.indexOf("put p/main/wals/" + key(1, 3));
        assertThat(requests.subList(0, put + 1))
                .allSatisfy(request -> assertThat(request).contains(name(1, 3)));
    }

    @Test
    void aheadIsOnlyWhatHasItsMarkAndFollowsWithoutAGap() throws Exception {
        segments(1, 3, 8);
        data.notReady(name(1, 6));
        archive(wal(1, 3), 8);
        assertThat(stored()).isEqualTo(names(1, 3, 5));
        assertThat(indexed()).isEqualTo(names(1, 3, 5));
    }

    @Test
    void aheadNeverCrossesATimelineAndNeverTakesAnIncompleteSegment() throws Exception {
        segments(1, 3, 4);
        data.segment(2, 5);
        Files.write(data.wal(name(1, 5)), content(1, 5));
        archive(wal(1, 3), 8);
        assertThat(stored()).isEqualTo(names(1, 3, 4));

        Files.write(data.wal(name(2, 6)), Arrays.copyOf(content(2, 6), 8192));
        data.ready(name(2, 6));
        archive(wal(2, 5), 8);
        assertThat(stored()).containsExactly(name(1, 3), name(1, 4), name(2, 5));
    }

    @Test
    void uploadsAheadRunAtTheSameTimeButNoMoreThanMemoryAllows() throws Exception {
        segments(1, 3, 12);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        onPut = () -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            sleep(60);
            running.decrementAndGet();
        };
        requests.clear();
        try (CloudWalArchiver archiver = builder()
                .state(new StateDirectory(state), "main", destination)
                .memory(3 << 20)
                .build()) {
            archiver.archive(wal(1, 3), 8);
        }
        assertThat(most).hasValue(3);
        assertThat(indexed()).isEqualTo(names(1, 3, 10));
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void nothingBehindAFailureIsIndexedOrRecordedAndItsOwnCallHeals() throws Exception {
        segments(1, 3, 9);
        refusedPuts.add(name(1, 6));

        assertThat(archive(wal(1, 3), 8).success()).isTrue();

        assertThat(indexed()).isEqualTo(names(1, 3, 5));
        assertThat(warnings).singleElement().asString().contains(name(1, 6));
        assertThat(archive(wal(1, 5), 8)).isInstanceOf(CloudArchiveResult.Recorded.class);
        refusedPuts.clear();
        assertThat(archive(wal(1, 6), 8).success()).isTrue();
        assertThat(stored()).isEqualTo(names(1, 3, 9));
        assertThat(indexed()).isEqualTo(names(1, 3, 9));
    }

    @Test
    void requestedThatFailsLeavesNothingAndBeginsNothing() throws Exception {
        segments(1, 3, 9);
        refusedPuts.add(name(1, 3));
        assertThatThrownBy(() -> archive(wal(1, 3), 8)).isInstanceOf(StorageException.class);
        assertThat(stored()).isEmpty();
        assertThat(indexed()).isEmpty();
        assertThat(requests).filteredOn(request -> request.startsWith("put")).hasSize(1);
        assertThat(state.resolve("archived-segments")).doesNotExist();
    }

    @Test
    void differentDuplicateAheadCountsAsFailed() throws Exception {
        segments(1, 3, 6);
        put(key(1, 5), changed(content(1, 5)));
        assertThat(archive(wal(1, 3), 8).success()).isTrue();
        assertThat(indexed()).isEqualTo(names(1, 3, 4));
        assertThat(inErrors()).isEmpty();
        assertThat(archive(wal(1, 5), 8)).isInstanceOf(CloudArchiveResult.Conflict.class);
    }

    @Test
    void slowUploadAheadDoesNotHoldTheCallForever() throws Exception {
        segments(1, 3, 5);
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger puts = new AtomicInteger();
        onPut = () -> {
            if (puts.incrementAndGet() > 1) {
                try {
                    release.await(20, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        ahead = Duration.ofMillis(200);
        long begin = System.nanoTime();
        assertThat(archive(wal(1, 3), 8).success()).isTrue();
        release.countDown();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
        assertThat(indexed()).isEqualTo(names(1, 3, 3));
        assertThat(warnings).singleElement().asString().contains("takes too long");
    }

    @Test
    void parallelOfOneOrNoneIsTheRequestedSegmentAlone() throws Exception {
        segments(1, 3, 6);
        for (int parallel : new int[] {0, 1}) {
            archive(wal(1, 3 + parallel), parallel);
        }
        assertThat(stored()).isEqualTo(names(1, 3, 4));
        assertThat(indexed()).isEqualTo(names(1, 3, 4));
    }

    @Test
    void withoutStateDirectoryNothingIsKept() throws Exception {
        segments(1, 3, 6);
        try (CloudWalArchiver archiver = builder().build()) {
            assertThat(archiver.archive(wal(1, 3), 8).success()).isTrue();
            put(key(1, 4), changed(content(1, 4)));
            CloudArchiveResult.Conflict conflict = (CloudArchiveResult.Conflict) archiver.archive(wal(1, 4), 8);
            assertThat(conflict.keptAs()).isNull();
            assertThat(conflict.success()).isFalse();
        }
        assertThat(stored()).isEqualTo(names(1, 3, 4));
        assertThat(directory.toFile().list()).containsExactly("data");
    }

    // The order in which PostgreSQL asks is not the order of the names.

    @Test
    void historyThatComesFirstAfterAPromotionSkipsNothing() throws Exception {
        segments(1, 0x22, 0x24);
        data.file("00000002.history", "1\t0/2500000\tno reason\n");
        segments(2, 0x24, 0x26);

        archive(data.wal("00000002.history"), 8);
        for (long number = 0x22; number <= 0x24; number++) {
            assertThat(archive(wal(1, number), 8).success()).isTrue();
        }
        for (long number = 0x24; number <= 0x26; number++) {
            assertThat(archive(wal(2, number), 8).success()).isTrue();
        }

        List<String> all = new ArrayList<>(List.of("00000002.history"));
        all.addAll(names(1, 0x22, 0x24));
        all.addAll(names(2, 0x24, 0x26));
        assertThat(indexed()).isEqualTo(all);
        assertThat(stored()).containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void historyAndOldTimelineBehindNewerSegmentsAreArchived() throws Exception {
        segments(2, 0x24, 0x24);
        archive(wal(2, 0x24), 8);
        data.file("00000002.history", "1\t0/2500000\tno reason\n");
        segments(1, 0x25, 0x25);

        assertThat(archive(data.wal("00000002.history"), 8)).isInstanceOf(CloudArchiveResult.Archived.class);
        assertThat(archive(wal(1, 0x25), 8)).isInstanceOf(CloudArchiveResult.Archived.class);
    }

    @Test
    void partialDoesNotHideTheCompleteSegmentNorTheOtherWayRound() throws Exception {
        String partial = name(1, 0x24) + ".partial";
        Files.write(data.wal(partial), content(1, 0x24));
        assertThat(archive(data.wal(partial), 8)).isInstanceOf(CloudArchiveResult.Archived.class);
        segments(1, 0x24, 0x24);
        assertThat(archive(wal(1, 0x24), 8)).isInstanceOf(CloudArchiveResult.Archived.class);
        assertThat(archive(data.wal(partial), 8)).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);
        assertThat(stored()).containsExactly(name(1, 0x24), partial);
    }

    @Test
    void labelBehindNewerSegmentsIsArchived() throws Exception {
        segments(1, 0x90, 0x90);
        archive(wal(1, 0x90), 8);
        Path label = data.file(name(1, 0x22) + ".00000028.backup", "START WAL LOCATION\n");
        assertThat(archive(label, 8)).isInstanceOf(CloudArchiveResult.Archived.class);
        assertThat(archive(label, 8)).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);
        assertThat(indexed()).containsExactly(name(1, 0x90), name(1, 0x22) + ".00000028.backup");
    }

    // Duplicates.

    @Test
    void segmentOfOtherContentIsCopiedToErrorsOnceAndFails() throws Exception {
        segments(1, 3, 5);
        put(key(1, 3), changed(content(1, 3)));
        for (int attempt = 0; attempt < 3; attempt++) {
            CloudArchiveResult.Conflict conflict = (CloudArchiveResult.Conflict) archive(wal(1, 3), 8);
            assertThat(conflict.success()).isFalse();
            assertThat(conflict.keptAs()).isEqualTo(state.resolve("errors/" + name(1, 3) + "." + STAMP + ".duplicate"));
            assertThat(conflict.keptAs()).hasBinaryContent(content(1, 3));
        }
        assertThat(inErrors()).hasSize(1);
        assertThat(wal(1, 3)).hasBinaryContent(content(1, 3));
        assertThat(stored()).containsExactly(name(1, 3));
        assertThat(indexed()).isEmpty();
        // Another content of the same second has a name of its own.
        Files.write(wal(1, 3), changed(changed(content(1, 3))));
        byte[] third = content(1, 3);
        third[99_999] ^= 1;
        Files.write(wal(1, 3), third);
        archive(wal(1, 3), 8);
        assertThat(inErrors())
                .containsExactly(name(1, 3) + "." + STAMP + ".1.duplicate", name(1, 3) + "." + STAMP + ".duplicate");
    }

    @Test
    void historyOfOtherContentFailsAndPartialToo() throws Exception {
        put("00000002.history", "1\t0/1\tother\n".getBytes(StandardCharsets.US_ASCII));
        Path history = data.file("00000002.history", "1\t0/2500000\tno reason\n");
        assertThat(archive(history, 8).success()).isFalse();

        String partial = name(1, 3) + ".partial";
        put(key(1, 3) + ".partial", changed(content(1, 3)));
        Files.write(data.wal(partial), content(1, 3));
        assertThat(archive(data.wal(partial), 8).success()).isFalse();
        assertThat(inErrors())
                .containsExactly(partial + "." + STAMP + ".duplicate", "00000002.history." + STAMP + ".duplicate");
    }

    @Test
    void labelOfOtherContentIsKeptAsideAndSucceeds() throws Exception {
        String name = name(1, 3) + ".00000028.backup";
        put(key(1, 3) + ".00000028.backup", new byte[] {'x'});
        CloudArchiveResult result = archive(data.file(name, "START WAL LOCATION\n"), 8);
        assertThat(result).isInstanceOf(CloudArchiveResult.Conflict.class);
        assertThat(result.success()).isTrue();
        assertThat(inErrors()).containsExactly(name + "." + STAMP + ".duplicate");
        assertThat(indexed()).isEmpty();
    }

    @Test
    void copyThatCannotBeKeptFailsTheCall() throws Exception {
        String name = name(1, 3) + ".00000028.backup";
        put(key(1, 3) + ".00000028.backup", new byte[] {'x'});
        Path label = data.file(name, "START WAL LOCATION\n");
        Files.createDirectory(
                state, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createFile(state.resolve("errors"));
        assertThatThrownBy(() -> archive(label, 8)).isInstanceOf(NotRecordedException.class);
    }

    @Test
    void changedCompressionFindsTheOldObjectAndIndexesIt() throws Exception {
        segments(1, 3, 5);
        compression = CompressionSettings.of(CompressionAlgorithm.GZIP);
        try (CloudWalArchiver archiver = builder().build()) {
            archiver.archive(wal(1, 3), 1);
            archiver.archive(wal(1, 4), 1);
        }
        compression = CompressionSettings.of(CompressionAlgorithm.ZSTD);
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);

        assertThat(stored()).containsExactly(name(1, 3) + ".gz", name(1, 4) + ".gz", name(1, 5) + ".zst");
        List<WalEntry> entries = new XlogDb(state.resolve("main-xlog.db")).entries();
        assertThat(entries).extracting(WalEntry::compression).containsExactly("gzip", "gzip", "zstd");
        assertThat(entries.get(0).sizeBytes())
                .isEqualTo(store.stat(ObjectKey.of("p/main/wals/" + key(1, 3) + ".gz"))
                        .orElseThrow()
                        .sizeBytes());
    }

    // What is not the segment that it should be.

    @Test
    void segmentThatIsIncompleteOrMisnamedOrOfAnotherClusterIsKeptAsideAndFails() throws Exception {
        Path incomplete = Files.write(wal(1, 3), Arrays.copyOf(content(1, 3), 8192));
        assertThat(archive(incomplete, 8)).isInstanceOf(CloudArchiveResult.Unfit.class);
        Path misnamed = Files.write(wal(1, 4), content(1, 5));
        assertThat(archive(misnamed, 8)).isInstanceOf(CloudArchiveResult.Unfit.class);
        Path foreign = data.segment(1, 6);
        data.cluster(77);
        assertThat(archive(foreign, 8)).isInstanceOf(CloudArchiveResult.Unfit.class);

        assertThat(inErrors())
                .containsExactly(
                        name(1, 3) + "." + STAMP + ".unknown",
                        name(1, 4) + "." + STAMP + ".unknown",
                        name(1, 6) + "." + STAMP + ".unknown");
        assertThat(stored()).isEmpty();
    }

    // Records that are not to be believed.

    @Test
    void recordOfAnotherClusterOrDestinationSkipsNothing() throws Exception {
        segments(1, 3, 4);
        archive(wal(1, 3), 8);
        destination = "elsewhere";
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);
        assertThat(warnings).singleElement().asString().contains("another cluster, segment size or destination");
        assertThat(indexed()).isEqualTo(names(1, 3, 4));
    }

    @Test
    void segmentOfTheSameNameInARestoredClusterIsNotSkipped() throws Exception {
        segments(1, 3, 5);
        archive(wal(1, 3), 8);
        // A clone of the cluster writes other WAL under the same names, with the old record in its place.
        Files.delete(wal(1, 4));
        Files.write(wal(1, 4), changed(content(1, 4)));
        assertThat(archive(wal(1, 4), 8)).isInstanceOf(CloudArchiveResult.Conflict.class);
    }

    @Test
    void damagedRecordSkipsNothing() throws Exception {
        segments(1, 3, 4);
        archive(wal(1, 3), 8);
        Files.writeString(state.resolve("archived-segments"), "000000010000000000000FFF\n");
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.Recorded.class);
    }

    @Test
    void belowTheIntervalAndBehindAGapIsArchived() throws Exception {
        segments(1, 5, 6);
        archive(wal(1, 5), 8);
        segments(1, 3, 3);
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.Archived.class);
        segments(1, 9, 9);
        assertThat(archive(wal(1, 9), 8)).isInstanceOf(CloudArchiveResult.Archived.class);
        assertThat(indexed()).containsExactly(name(1, 5), name(1, 6), name(1, 3), name(1, 9));
    }

    @Test
    void stateDirectoryThatIsNotOursAloneIsAWarningAndOnlyTheRequestedFileIsArchived() throws Exception {
        segments(1, 3, 6);
        archive(wal(1, 3), 2);
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);
        assertThat(archive(wal(1, 5), 8)).isInstanceOf(CloudArchiveResult.Archived.class);
        assertThat(stored()).isEqualTo(names(1, 3, 5));
        assertThat(indexed()).isEqualTo(names(1, 3, 4));
        assertThat(warnings)
                .isNotEmpty()
                .allSatisfy(warning -> assertThat(warning).contains("No record of archived"));
    }

    // Index and record.

    @Test
    void indexThatCannotBeWrittenFailsTheCallAndTheNextOneHeals() throws Exception {
        segments(1, 3, 6);
        Files.createDirectory(
                state, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        patience = Duration.ofMillis(100);
        try (LockFile held = LockFile.acquire(state.resolve(".main-xlogdb.lock"))) {
            assertThatThrownBy(() -> archive(wal(1, 3), 8))
                    .isInstanceOf(NotRecordedException.class)
                    .hasMessageContaining("main-xlog.db");
        }
        assertThat(stored()).isEqualTo(names(1, 3, 6));
        assertThat(state.resolve("archived-segments")).doesNotExist();
        for (long number = 3; number <= 6; number++) {
            assertThat(archive(wal(1, number), 2).success()).isTrue();
        }
        assertThat(indexed()).isEqualTo(names(1, 3, 6));
    }

    @Test
    void recordThatCannotBeWrittenIsAWarningOnly() throws Exception {
        segments(1, 3, 4);
        Files.createDirectory(
                state, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        patience = Duration.ofMillis(100);
        try (LockFile held = LockFile.acquire(state.resolve("lock"))) {
            assertThat(archive(wal(1, 3), 8).success()).isTrue();
        }
        assertThat(warnings).singleElement().asString().contains("is not recorded");
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);
        assertThat(indexed()).isEqualTo(names(1, 3, 4));
    }

    @Test
    void tornLastLineOfTheIndexIsRepaired() throws Exception {
        segments(1, 3, 6);
        archive(wal(1, 3), 2);
        Path index = state.resolve("main-xlog.db");
        byte[] whole = Files.readAllBytes(index);
        Files.write(index, Arrays.copyOf(whole, whole.length - 30));
        archive(wal(1, 5), 2);
        assertThat(indexed()).containsExactly(name(1, 3), name(1, 5), name(1, 6));
    }

    // Listeners.

    private final class Recorder implements ArchiveListener {
        private final List<String> calls = new ArrayList<>();
        private @Nullable String vetoed;

        @Override
        public void before(WalToStore wal) throws ArchiveVetoException {
            calls.add("before " + wal.name());
            if (wal.name().text().equals(vetoed)) {
                throw new ArchiveVetoException("not now", null);
            }
        }

        @Override
        public void after(WalToStore wal, ArchiveResult result) {
            String indexed;
            try {
                indexed = indexed().contains(wal.name().text()) ? "indexed" : "not indexed";
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            calls.add("after " + wal.name() + " " + result.getClass().getSimpleName() + " " + indexed);
        }
    }

    @Test
    void listenerIsCalledInOrderAndAfterTheIndexIsWritten() throws Exception {
        segments(1, 3, 5);
        Recorder recorder = new Recorder();
        listener = recorder;
        put(key(1, 4), content(1, 4));
        archive(wal(1, 3), 8);
        assertThat(recorder.calls)
                .containsExactly(
                        "before " + name(1, 3),
                        "before " + name(1, 4),
                        "before " + name(1, 5),
                        "after " + name(1, 3) + " Archived indexed",
                        "after " + name(1, 4) + " AlreadyArchived indexed",
                        "after " + name(1, 5) + " Archived indexed");
    }

    @Test
    void vetoOfTheRequestedSegmentFailsAndThatOfOneAheadEndsOnlyThat() throws Exception {
        segments(1, 3, 5);
        Recorder recorder = new Recorder();
        listener = recorder;
        recorder.vetoed = name(1, 4);
        assertThat(archive(wal(1, 3), 8).success()).isTrue();
        assertThat(stored()).containsExactly(name(1, 3));
        assertThat(archive(wal(1, 4), 8)).isInstanceOf(CloudArchiveResult.Vetoed.class);
        assertThat(stored()).containsExactly(name(1, 3));
        assertThat(recorder.calls).endsWith("after " + name(1, 4) + " Vetoed not indexed");
    }

    @Test
    void listenerLearnsOfFailures() throws Exception {
        segments(1, 3, 5);
        Recorder recorder = new Recorder();
        listener = recorder;
        refusedPuts.add(name(1, 4));
        archive(wal(1, 3), 8);
        assertThat(recorder.calls)
                .contains("after " + name(1, 4) + " Failed not indexed", "after " + name(1, 5) + " Failed not indexed");
        refusedPuts.clear();
        put(key(1, 4), changed(content(1, 4)));
        archive(wal(1, 4), 8);
        assertThat(recorder.calls).endsWith("after " + name(1, 4) + " Conflict not indexed");
    }

    @Test
    void tagsOfHistoriesReplaceTheOthers() throws Exception {
        segments(1, 3, 3);
        Path history = data.file("00000002.history", "1\t0/2500000\tno reason\n");
        try (CloudWalArchiver archiver =
                builder().tags(Map.of("a", "b"), Map.of("c", "d")).build()) {
            archiver.archive(wal(1, 3), 1);
            archiver.archive(history, 1);
        }
        assertThat(store.tags(ObjectKey.of("p/main/wals/" + key(1, 3)))).isEqualTo(Map.of("a", "b"));
        assertThat(store.tags(ObjectKey.of("p/main/wals/00000002.history"))).isEqualTo(Map.of("c", "d"));
    }
}
