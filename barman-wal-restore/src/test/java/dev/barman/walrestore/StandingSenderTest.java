// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.barman.wal.TestSegments;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.archive.LastArchivedCache;
import dev.barman.wal.archive.ReadySegment;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.prefetch.Postmaster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the background process of {@code --keep-connection} does in a data directory of its own, with a channel that is a list. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StandingSenderTest {
    private static final int MIB = TestSegments.MIB;

    @TempDir
    Path directory;

    private Path data;
    private Path pgWal;
    private Path state;
    private SendRequests requests;
    private LastArchivedCache cache;
    private final List<String> log = new ArrayList<>();
    private final List<String> sent = new ArrayList<>();

    @BeforeEach
    void setUp() throws IOException {
        data = directory.resolve("data");
        pgWal = Files.createDirectories(data.resolve("pg_wal"));
        Files.createDirectory(pgWal.resolve("archive_status"));
        control(TestSegments.SYSTEM_ID);
        state = directory.resolve("state");
        requests = new SendRequests(state);
        cache = new LastArchivedCache(new StateDirectory(state), "there", Duration.ofSeconds(5), log::add);
        assertThat(cache.prepare()).isTrue();
    }

    private void control(long systemId) throws IOException {
        ByteBuffer content =
                ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN).putLong(0, systemId);
        Files.write(Files.createDirectories(data.resolve("global")).resolve("pg_control"), content.array());
    }

    private static String name(int number) {
        return "0000000100000000%08X".formatted(number);
    }

    private Path mark(int number) {
        return pgWal.resolve("archive_status/" + name(number) + ".ready");
    }

    private void ready(int... numbers) throws IOException {
        for (int number : numbers) {
            Files.write(pgWal.resolve(name(number)), TestSegments.segment(1, (long) number * MIB, MIB));
            Files.createFile(mark(number));
        }
    }

    private Path want(int process, String name) throws IOException {
        return Files.writeString(state.resolve("want." + process), name);
    }

    private boolean isRecorded(int number) throws IOException {
        return cache.covers(Objects.requireNonNull(
                ReadySegment.look(pgWal.resolve(name(number)), WalSegmentName.parse(name(number)))));
    }

    /** What a server answers to a segment. */
    private interface Server {
        String store(ReadySegment segment) throws IOException;
    }

    /** Answers as the server says, at the time when the answer is asked for. */
    private final class ListedChannel implements StandingSender.Channel {
        private final Server server;
        private final Deque<ReadySegment> unanswered = new ArrayDeque<>();

        ListedChannel(Server server) {
            this.server = server;
        }

        @Override
        public String send(ReadySegment segment) {
            sent.add(segment.name().text());
            unanswered.add(segment);
            assertThat(unanswered).hasSizeLessThanOrEqualTo(2);
            return null;
        }

        @Override
        public String answer() throws IOException {
            return server.store(unanswered.removeFirst());
        }

        @Override
        public void signOfLife() {
            throw new AssertionError("so early");
        }
    }

    private String run(int parallel, Server server) throws IOException {
        return run(parallel, new ListedChannel(server));
    }

    private String run(int parallel, StandingSender.Channel channel) throws IOException {
        return new StandingSender(requests, cache, new Postmaster(data, 0), parallel, 300, new SendProgress(), log::add)
                .run(channel);
    }

    @Test
    void wantedSegmentIsSentAndRecordedBeforeTheCallIsLetGo() throws IOException {
        ready(3, 4);
        Path want = want(77, name(3));

        String end = run(1, segment -> {
            assertThat(want).exists();
            assertThat(isRecorded(3)).isFalse();
            return null;
        });

        assertThat(end).isEqualTo("not used any more");
        assertThat(sent).containsExactly(name(3));
        assertThat(isRecorded(3)).isTrue();
        assertThat(isRecorded(4)).isFalse();
        assertThat(state.toFile().list()).containsExactlyInAnyOrder("archived-segments", "lock");
        assertThat(log).isEmpty();
    }

    @Test
    void serverHearsOfASenderThatHasNothingToSend() throws IOException {
        ready(3);
        want(77, name(3));
        List<String> said = new ArrayList<>();
        StandingSender.Channel channel = new StandingSender.Channel() {
            @Override
            public String send(ReadySegment segment) {
                said.add(segment.name().text());
                return null;
            }

            @Override
            public String answer() {
                said.add("answer");
                return null;
            }

            @Override
            public void signOfLife() {
                said.add("sign");
            }
        };
        long every = 40_000_000;
        String end = new StandingSender(
                        requests, cache, new Postmaster(data, 0), 1, 300, every, new SendProgress(), log::add)
                .run(channel);
        assertThat(end).isEqualTo("not used any more");
        assertThat(said.subList(0, 2)).containsExactly(name(3), "answer");
        assertThat(said.subList(2, said.size()))
                .isNotEmpty()
                .hasSizeLessThanOrEqualTo(7)
                .containsOnly("sign");
    }

    @Test
    void whatTheRecordHasIsNotSentAgain() throws IOException {
        ready(3);
        want(77, name(3));
        run(1, segment -> null);
        want(78, name(3));

        run(1, segment -> null);

        assertThat(sent).containsExactly(name(3));
        assertThat(state.resolve("want.78")).doesNotExist();
    }

    @Test
    void readySegmentsAreSentAheadUpToTheWindowThatPostgresMoves() throws IOException {
        ready(3, 4, 5, 6, 7, 8);
        want(77, name(3));

        run(3, segment -> null);
        assertThat(sent).containsExactly(name(3), name(4), name(5));

        sent.clear();
        Files.delete(mark(3));
        Files.delete(mark(4));
        want(78, name(5));
        // PostgreSQL hears of each as it is sent, but for the last.
        run(3, segment -> {
            int number = Integer.parseInt(segment.name().text().substring(16), 16);
            for (int done = 3; done < number; done++) {
                Files.deleteIfExists(mark(done));
            }
            return null;
        });
        assertThat(sent).containsExactly(name(6), name(7), name(8));
        for (int number = 3; number <= 8; number++) {
            assertThat(isRecorded(number)).as(name(number)).isTrue();
        }
    }

    @Test
    void gapAndSegmentWithoutMarkAreNotCrossed() throws IOException {
        ready(3, 4, 6);
        Files.write(pgWal.resolve(name(5)), TestSegments.segment(1, 5L * MIB, MIB));
        want(77, name(3));

        run(8, segment -> null);

        assertThat(sent).containsExactly(name(3), name(4));
    }

    @Test
    void segmentThatIsRefusedIsNotRecordedAndEndsTheSeries() throws IOException {
        ready(3, 4, 5);
        want(77, name(3));

        run(8, segment -> segment.name().text().equals(name(4)) ? "the disk is full" : null);

        // The one behind it was on its way already.
        assertThat(sent).containsExactly(name(3), name(4), name(5));
        assertThat(isRecorded(4)).isFalse();
        assertThat(isRecorded(5)).isTrue();
        assertThat(log).containsExactly(name(4) + " is not archived: the disk is full");

        sent.clear();
        Path want = want(78, name(4));
        run(8, segment -> "still full");
        assertThat(want).doesNotExist();
        assertThat(sent).containsExactly(name(4));
        assertThat(isRecorded(4)).isFalse();
    }

    @Test
    void segmentThatCannotBeReadEndsTheSeries() throws IOException {
        ready(3, 4);
        want(77, name(3));
        run(8, new StandingSender.Channel() {
            @Override
            public String send(ReadySegment segment) {
                sent.add(segment.name().text());
                return segment.name().text().equals(name(4)) ? "it was changed meanwhile" : null;
            }

            @Override
            public String answer() {
                return null;
            }

            @Override
            public void signOfLife() {
                throw new AssertionError("so early");
            }
        });
        assertThat(sent).containsExactly(name(3), name(4));
        assertThat(isRecorded(3)).isTrue();
        assertThat(isRecorded(4)).isFalse();
        assertThat(log).containsExactly(name(4) + " is not archived: it was changed meanwhile");
    }

    @Test
    void segmentThatIsOnItsWayIsNotSentAgainWhenACallWantsIt() throws IOException {
        ready(3, 4);
        want(77, name(3));
        run(8, segment -> {
            if (segment.name().text().equals(name(3))) {
                return null;
            }
            want(78, name(4));
            return null;
        });
        assertThat(sent).containsExactly(name(3), name(4));
        assertThat(state.resolve("want.78")).doesNotExist();
    }

    @Test
    void failedConnectionEndsItWithNothingRecorded() throws IOException {
        ready(3);
        Path want = want(77, name(3));

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> run(8, segment -> {
                    throw new IOException("broken pipe");
                }))
                .withMessage("broken pipe");

        assertThat(want).doesNotExist();
        assertThat(isRecorded(3)).isFalse();
    }

    @Test
    void whatIsNoWholeSegmentOfThisClusterIsLeftToTheCall() throws IOException {
        ready(3, 4);
        Files.write(pgWal.resolve(name(5)), TestSegments.segment(1, 6L * MIB, MIB));
        Files.write(pgWal.resolve(name(6)), new byte[MIB]);
        Files.write(pgWal.resolve(name(7)), java.util.Arrays.copyOf(TestSegments.segment(1, 7L * MIB, MIB), 1000));
        for (int number = 5; number <= 8; number++) {
            Files.createFile(mark(number));
            want(number, name(number));
        }
        run(8, segment -> null);
        assertThat(sent).isEmpty();

        control(TestSegments.SYSTEM_ID + 1);
        want(1, name(3));
        run(8, segment -> null);
        assertThat(sent).isEmpty();
        assertThat(state.toFile().list((where, file) -> file.startsWith("want.")))
                .isEmpty();
    }

    @Test
    void nonsenseInTheStateDirectoryHindersNothing() throws IOException {
        ready(3);
        want(1, "../../etc/passwd");
        want(2, "");
        want(3, name(3));
        want(4, "00000002.history");
        Files.writeString(state.resolve("want.5.new"), name(3));

        run(1, segment -> null);

        assertThat(sent).containsExactly(name(3));
        assertThat(state.toFile().list()).containsExactlyInAnyOrder("archived-segments", "lock", "want.5.new");
    }

    @Test
    void itEndsWhenAskedAndWithTheServer() throws IOException {
        requests.askToStop();
        assertThat(run(1, segment -> null)).isEqualTo("asked to end");
        Files.delete(state.resolve("stop"));

        Files.writeString(data.resolve("postmaster.pid"), "1\n");
        assertThat(new StandingSender(requests, cache, new Postmaster(data, 2), 1, 60_000, new SendProgress(), log::add)
                        .run(new ListedChannel(segment -> null)))
                .isEqualTo("the PostgreSQL server has ended");
    }

    @Test
    void segmentThatPostgresDoesNotWaitForIsLeftToTheCall() throws IOException {
        ready(3);
        Files.delete(mark(3));
        Path want = want(77, name(3));
        run(8, segment -> null);
        assertThat(sent).isEmpty();
        assertThat(want).doesNotExist();
    }

    @Test
    void recordThatCannotBeWrittenEndsIt() throws IOException {
        ready(3, 4);
        Path want = want(77, name(3));
        Files.createDirectory(state.resolve("archived-segments"));
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> run(8, segment -> null))
                .withMessage("what is archived cannot be recorded");
        assertThat(want).doesNotExist();
    }

    @Test
    void callsThatNeedNothingKeepItUp() throws Exception {
        Path used = Files.createFile(state.resolve("used"));
        Thread calls = new Thread(() -> {
            try {
                for (int i = 0; i < 8; i++) {
                    Thread.sleep(100);
                    Files.setLastModifiedTime(used, FileTime.from(Instant.now()));
                }
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        calls.start();
        long begin = System.nanoTime();

        run(1, segment -> null);

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(800));
        calls.join();
    }

    @Test
    void stateDirectoryThatIsGoneEndsIt() throws IOException {
        Files.delete(state);
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> run(1, segment -> null));
    }
}
