// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import static dev.barman.storage.cloud.archive.DataDirectory.content;
import static dev.barman.storage.cloud.archive.DataDirectory.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.ObjectKey;
import dev.barman.object.StorageException;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionLevel;
import dev.barman.wal.compress.CompressionSettings;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The requested segment and those ahead of it: what is stored in which order, and what is never skipped. */
class CloudWalArchiverTest extends ArchiverFixture {
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

    /** Archives all with so much memory, and asserts that this many are on their way at the same time, and never more. */
    private void assertAtOnce(int expected, long memoryBytes) throws Exception {
        Thread caller = Thread.currentThread();
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch met = new CountDownLatch(expected);
        onPut = () -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            if (Thread.currentThread() != caller) {
                met.countDown();
                await(met);
                sleep(60);
            }
            running.decrementAndGet();
        };
        try (CloudWalArchiver archiver = builder()
                .state(new StateDirectory(state), "main", destination)
                .memory(memoryBytes)
                .build()) {
            archiver.archive(wal(1, 3), 8);
        }
        assertThat(most).hasValue(expected);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void uploadsAheadRunAtTheSameTimeButNoMoreThanMemoryAllows() throws Exception {
        segments(1, 3, 12);
        requests.clear();
        assertAtOnce(3, 3 << 20);
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

    /** Memory that does not suffice for several, say: alone it may. */
    @Test
    void errorAheadIsAWarning() throws Exception {
        segments(1, 3, 5);
        AtomicInteger puts = new AtomicInteger();
        onPut = () -> {
            if (puts.incrementAndGet() > 1) {
                throw new OutOfMemoryError("as if");
            }
        };
        assertThat(archive(wal(1, 3), 8).success()).isTrue();
        assertThat(indexed()).isEqualTo(names(1, 3, 3));
        assertThat(warnings).singleElement().asString().contains(name(1, 4), "the call for it will try again", "as if");
        onPut = () -> {};
        assertThat(archive(wal(1, 4), 8).success()).isTrue();
        assertThat(indexed()).isEqualTo(names(1, 3, 5));
    }

    @Test
    void compressorThatNeedsMuchMemoryIsNotRunAsOftenAsAsked() throws Exception {
        segments(1, 3, 12);
        compression = CompressionSettings.of(CompressionAlgorithm.ZSTD, CompressionLevel.of(22));
        assertAtOnce(2, 40 << 20);
        assertThat(indexed()).isEqualTo(names(1, 3, 10));
    }

    @Test
    void uploadsThatACallGaveUpWaitingForCountInTheNextCall() throws Exception {
        segments(1, 3, 12);
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger puts = new AtomicInteger();
        onPut = () -> {
            // Behind the requested one; three is what memory allows.
            int put = puts.incrementAndGet();
            if (put > 1 && put <= 4) {
                try {
                    release.await(20, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        ahead = Duration.ofMillis(200);
        try (CloudWalArchiver archiver = builder()
                .state(new StateDirectory(state), "main", destination)
                .memory(3 << 20)
                .build()) {
            assertThat(archiver.archive(wal(1, 3), 8).success()).isTrue();
            assertThat(archiver.archive(wal(1, 8), 8).success()).isTrue();
            assertThat(stored()).containsExactly(name(1, 3), name(1, 8));
            release.countDown();
            for (int i = 0; i < 200 && stored().size() < 5; i++) {
                sleep(20);
            }
            assertThat(archiver.archive(wal(1, 9), 8).success()).isTrue();
            assertThat(stored()).containsAll(names(1, 9, 12));
        }
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
}
