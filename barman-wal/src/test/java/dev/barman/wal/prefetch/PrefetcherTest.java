// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.prefetch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.TestSegments;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.spool.PrefetchRequests;
import dev.barman.wal.spool.PrefetchRequests.Answer;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PrefetcherTest {
    private static final WalSegmentSize SIZE = WalSegmentSize.of(TestSegments.MIB);
    private static final long CLUSTER =
            WalPageHeader.parse(ByteBuffer.wrap(segment(1))).orElseThrow().systemIdentifier();

    @TempDir
    Path directory;

    private WalSpool spool;
    private PrefetchRequests requests;
    private volatile int highest = 1000;
    private volatile boolean standbyIsThere = true;
    private volatile boolean closed;
    private volatile int failing = -1;
    private volatile boolean holding;
    private final List<Integer> asked = Collections.synchronizedList(new ArrayList<>());
    private CompletableFuture<String> end;

    private static byte[] segment(int number) {
        return TestSegments.segment(1, (long) number * TestSegments.MIB, TestSegments.MIB);
    }

    private static WalSegmentName name(int number) {
        return WalSegmentName.of(
                WalSegmentName.parse("000000010000000000000001").timeline(), 0, number);
    }

    /** Answers from a thread of its own, in order. */
    private final class Archive implements SegmentSource {
        private final Results results;
        private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

        Archive(Results results) {
            this.results = results;
        }

        @Override
        public int depth() {
            return 3;
        }

        @Override
        public void request(WalSegmentName name) {
            asked.add((int) name.segment());
            // The common pool may have a single thread, and the prefetcher is on it.
            last = last.thenRunAsync(() -> serve(name), task -> new Thread(task).start());
        }

        private void serve(WalSegmentName name) {
            while (holding && !closed) {
                pause();
            }
            int number = (int) name.segment();
            try {
                if (number == failing) {
                    results.add(new Result(name, Outcome.FAILED, "broken"));
                } else if (number > highest) {
                    results.add(new Result(name, Outcome.ABSENT, null));
                } else {
                    try (WalSpool.Incoming incoming = spool.begin(name)) {
                        long start = name.startLsn(SIZE).value();
                        incoming.write(TestSegments.segment(1, start, TestSegments.MIB), 0, TestSegments.MIB);
                        assertThat(incoming.complete()).isNull();
                    }
                    results.add(new Result(name, Outcome.READY, null));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            closed = true;
            last.join();
        }
    }

    @BeforeEach
    void setUp() throws IOException {
        spool = new WalSpool(directory.resolve("spool"), CLUSTER);
        spool.create(directory.resolve("spool"));
        requests = new PrefetchRequests(spool.directory());
    }

    private void start(int window, int delivered, long idleMillis, long endMillis) {
        Prefetcher prefetcher = new Prefetcher(
                spool, requests, window, SIZE, name(delivered), idleMillis, endMillis, () -> standbyIsThere);
        end = CompletableFuture.supplyAsync(() -> {
            try {
                return prefetcher.run((first, results) -> {
                    Archive archive = new Archive(results);
                    archive.request(first);
                    return archive;
                });
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @AfterEach
    void tearDown() throws Exception {
        holding = false;
        requests.askToStop();
        end.get(20, TimeUnit.SECONDS);
        assertThat(closed).isTrue();
        assertThat(spool.directory().toFile().list())
                .noneMatch(name -> name.startsWith("0000") || name.startsWith("."));
    }

    private String reason() throws Exception {
        return end.get(20, TimeUnit.SECONDS);
    }

    private static void pause() {
        try {
            Thread.sleep(2);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time").isLessThan(end);
            pause();
        }
    }

    /** What the command does. */
    private void take(int number) {
        await(() -> spool.has(name(number)));
        try {
            Path found = spool.find(name(number));
            assertThat(found).hasBinaryContent(segment(number));
            Files.delete(found);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Answer ask(int number) throws IOException {
        requests.want(number, name(number));
        while (true) {
            Answer answer = requests.answer(number, name(number));
            if (answer != null || end.isDone()) {
                requests.forget(number);
                return answer == null ? Answer.ASK_YOURSELF : answer;
            }
            pause();
        }
    }

    @Test
    void keepsTheWindowFullAndFollows() throws Exception {
        start(4, 5, 60_000, 60_000);
        await(() -> spool.has(name(9)));
        Thread.sleep(100);
        assertThat(asked).containsExactly(6, 7, 8, 9);
        assertThat(spool.directory().toFile().list()).noneMatch(name -> name.startsWith("coming."));
        for (int number = 6; number < 40; number++) {
            take(number);
        }
        await(() -> spool.has(name(43)));
        assertThat(asked).hasSize(38).isSorted().doesNotHaveDuplicates();
        assertThat(end).isNotDone();
    }

    @Test
    void goesOverTheEndOfALog() throws Exception {
        // 1 MiB segments: 4096 to a log.
        highest = 5000;
        start(2, 0xFFE, 60_000, 60_000);
        take(0xFFF);
        WalSegmentName first = WalSegmentName.parse("000000010000000100000000");
        await(() -> asked.contains(0));
        assertThat(name(0xFFF).next(SIZE)).isEqualTo(first);
    }

    @Test
    void absenceIsAnsweredFromAQuestionPutAfterwards() throws Exception {
        highest = 7;
        start(4, 5, 60_000, 60_000);
        await(() -> asked.contains(8));
        take(6);
        take(7);
        // Archived meanwhile: what was found absent before does not count.
        highest = 8;
        requests.want(99, name(8));
        await(() -> spool.has(name(8)));
        assertThat(requests.answer(99, name(8))).isNull();
        requests.forget(99);
        take(8);

        assertThat(ask(9)).isEqualTo(Answer.ABSENT);
        assertThat(reason()).isEqualTo("the archive has no more");
        assertThat(asked.stream().filter(number -> number == 9).count()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void looksAgainAsTheRecoveryGoesOn() throws Exception {
        highest = 8;
        start(4, 5, 60_000, 60_000);
        await(() -> asked.contains(9));
        highest = 20;
        Thread.sleep(600);
        take(6);
        await(() -> spool.has(name(9)));
        take(7);
        take(8);
        take(9);
    }

    @Test
    void endsByItselfWhenTheArchiveHasNoMore() throws Exception {
        highest = 6;
        start(4, 5, 60_000, 100);
        take(6);
        assertThat(reason()).isEqualTo("the archive has no more");
    }

    @Test
    void endsByItselfWhenUnused() throws Exception {
        start(4, 5, 300, 300);
        assertThat(reason()).isEqualTo("nobody asks for anything");
    }

    @Test
    void endsWithThePostgresServer() throws Exception {
        start(4, 5, 60_000, 60_000);
        await(() -> spool.has(name(9)));
        standbyIsThere = false;
        assertThat(reason()).isEqualTo("the PostgreSQL server has ended");
    }

    @Test
    void endsWhenTheRecoveryGoesElsewhere() throws Exception {
        start(4, 5, 60_000, 60_000);
        take(6);
        assertThat(ask(6)).as("the last one once more").isEqualTo(Answer.ASK_YOURSELF);
        assertThat(end).isNotDone();
        assertThat(ask(200)).isEqualTo(Answer.ASK_YOURSELF);
        assertThat(reason()).isEqualTo("the recovery goes on at " + name(200).text());
    }

    @Test
    void nobodyIsLeftWaitingWhenAFileCannotBeHad() throws Exception {
        failing = 8;
        holding = true;
        start(4, 5, 60_000, 60_000);
        requests.want(77, name(6));
        await(() -> asked.size() >= 1);
        holding = false;
        take(6);
        requests.forget(77);
        take(7);
        assertThat(ask(8)).isEqualTo(Answer.ASK_YOURSELF);
        assertThat(reason()).isEqualTo(name(8).text() + ": broken");
    }

    @Test
    void questionForWhatIsOnItsWayWaits() throws Exception {
        holding = true;
        start(4, 5, 60_000, 60_000);
        requests.want(77, name(6));
        Thread.sleep(150);
        assertThat(spool.directory().resolve("coming." + name(6).text())).exists();
        assertThat(requests.answer(77, name(6))).isNull();
        holding = false;
        take(6);
        requests.forget(77);
    }
}
