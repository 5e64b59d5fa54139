// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.wal.ControlFile;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.archive.LastArchivedCache;
import dev.barman.wal.archive.ReadySegment;
import dev.barman.wal.archive.ReadySegments;
import dev.barman.wal.prefetch.Postmaster;
import dev.barman.wal.stream.DeliveryWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the segments of one PostgreSQL server over a connection that stays: those that a call waits for at once, and up to a number of
 * ready ones behind them before they are asked for. Not thread-safe.
 *
 * <p>Order of the durable steps for every segment: at the server, in the record, whoever waits is let go. The calls believe the record
 * alone, so this process may be wrong about everything else, or killed, at any time.
 */
final class StandingSender {
    /** Looks for work so often when there was some lately, and so often when there was not. */
    private static final long BUSY_PAUSE_MILLIS = 2;

    private static final long IDLE_PAUSE_MILLIS = 25;
    private static final long BUSY_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** After this time a new process takes over, which may be of a new version. */
    private static final long MAX_LIFE_NANOS = TimeUnit.HOURS.toNanos(1);

    private static final long SIGN_NANOS = DeliveryWriter.MAX_SILENCE.toNanos();

    /** One is on its way while the server makes the one before durable. */
    private static final int DEPTH = 2;

    /** Sends segments, and has an answer for each, in their order. */
    interface Channel {
        /**
         * Sends a segment.
         *
         * @return why it was not sent, so that there will be no answer; null when there will be one
         * @throws IOException when nothing more can be sent; what has not been answered may have arrived or not
         */
        @Nullable
        String send(ReadySegment segment) throws IOException;

        /**
         * Waits for the answer to the first of those that have none.
         *
         * @return why the segment is not stored; null when it is durable at the server
         * @throws IOException as with {@link #send}
         */
        @Nullable
        String answer() throws IOException;

        /**
         * Tells the server that this side is still there, when there has been nothing else to say for a while.
         *
         * @throws IOException as with {@link #send}
         */
        void signOfLife() throws IOException;
    }

    private final SendRequests requests;
    private final LastArchivedCache cache;
    private final Postmaster postmaster;
    private final int parallel;
    private final long keepNanos;
    private final long signNanos;
    private final SendProgress progress;
    private final Consumer<String> log;

    private final long started = System.nanoTime();
    private long lastWork = started;
    private long lastUse = started;
    private long lastSign = started;
    /** The file's time of the last use that was noticed. */
    private long noticed;
    /** Sent, and not yet reported to PostgreSQL as archived. */
    private final Deque<Path> unreported = new ArrayDeque<>();

    /** Sent, and not yet answered. */
    private final Deque<ReadySegment> unanswered = new ArrayDeque<>();

    private @Nullable ReadySegment last;

    /**
     * @param requests how the calls find it
     * @param cache where it records what is archived
     * @param postmaster the server whose WAL this is, and with which it ends
     * @param parallel how many segments may have been sent that PostgreSQL has not got the word of, 1 or more
     * @param keepMillis how long it stays without use
     * @param progress asks it to end
     * @param log is told what goes wrong
     */
    StandingSender(
            SendRequests requests,
            LastArchivedCache cache,
            Postmaster postmaster,
            int parallel,
            long keepMillis,
            SendProgress progress,
            Consumer<String> log) {
        this(requests, cache, postmaster, parallel, keepMillis, SIGN_NANOS, progress, log);
    }

    /** @param signNanos after which time with nothing to send it tells the server that it is there */
    StandingSender(
            SendRequests requests,
            LastArchivedCache cache,
            Postmaster postmaster,
            int parallel,
            long keepMillis,
            long signNanos,
            SendProgress progress,
            Consumer<String> log) {
        this.signNanos = signNanos;
        this.requests = requests;
        this.cache = cache;
        this.postmaster = postmaster;
        this.parallel = parallel;
        this.keepNanos = TimeUnit.MILLISECONDS.toNanos(keepMillis);
        this.progress = progress;
        this.log = log;
    }

    /**
     * Works until there is a reason to end.
     *
     * @return the reason
     * @throws IOException when the connection failed
     */
    String run(Channel channel) throws IOException {
        noticed = requests.lastUse();
        while (true) {
            String end = progress.reasonToEnd();
            if (end != null) {
                return end;
            }
            if (requests.isAskedToStop()) {
                return "asked to end";
            }
            if (!postmaster.isThere()) {
                return "the PostgreSQL server has ended";
            }
            List<SendRequests.Want> wants = requests.wants();
            if (!wants.isEmpty()) {
                for (SendRequests.Want want : wants) {
                    serve(want, channel);
                }
                lastUse = System.nanoTime();
                lastWork = lastUse;
                continue;
            }
            ReadySegment next = unanswered.size() < DEPTH ? next() : null;
            if (next != null || !unanswered.isEmpty()) {
                if (next != null) {
                    send(next, channel);
                } else {
                    settleOne(channel);
                }
                lastWork = System.nanoTime();
                continue;
            }
            long now = System.nanoTime();
            noticeUse(now);
            if (now - lastUse >= keepNanos) {
                return "not used any more";
            }
            if (now - started >= MAX_LIFE_NANOS) {
                return "time for a new one";
            }
            if (now - Math.max(lastWork, lastSign) >= signNanos) {
                channel.signOfLife();
                lastSign = now;
            }
            pause(now - lastWork < BUSY_NANOS ? BUSY_PAUSE_MILLIS : IDLE_PAUSE_MILLIS);
        }
    }

    private void noticeUse(long now) {
        long used = requests.lastUse();
        if (used != noticed) {
            noticed = used;
            lastUse = now;
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            // Nobody interrupts the threads of this program; it is ended as a whole.
            throw new IllegalStateException(e);
        }
    }

    private void serve(SendRequests.Want want, Channel channel) throws IOException {
        try {
            // Without the mark PostgreSQL does not wait for it, whoever asked, and it may still be written.
            ReadySegment segment = Files.exists(mark(want.name())) ? look(want.name()) : null;
            if (segment != null && !unanswered.contains(segment)) {
                send(segment, channel);
            }
            while (segment != null && unanswered.contains(segment)) {
                settleOne(channel);
            }
        } finally {
            requests.settle(want);
        }
    }

    /** The segment, if it is whole and of the cluster whose data directory this is. */
    private @Nullable ReadySegment look(WalSegmentName name) {
        Path data = postmaster.dataDirectory();
        try {
            ReadySegment segment = ReadySegment.look(data.resolve("pg_wal").resolve(name.text()), name);
            return segment != null && isOurs(segment) ? segment : null;
        } catch (IOException e) {
            log.accept("cannot read " + name.text() + ": " + e.getMessage());
            return null;
        }
    }

    private boolean isOurs(ReadySegment segment) {
        var expected = ControlFile.systemIdentifier(postmaster.dataDirectory());
        return expected.isPresent() && expected.getAsLong() == segment.systemIdentifier();
    }

    /** The segment to be sent before it is asked for; null when there is none, or enough have been sent. */
    private @Nullable ReadySegment next() {
        if (last == null || parallel <= 1) {
            return null;
        }
        while (!unreported.isEmpty() && !Files.exists(unreported.getFirst())) {
            unreported.removeFirst();
        }
        if (unreported.size() >= parallel) {
            return null;
        }
        ReadySegment next = new ReadySegments(last, 1).next();
        return next != null && isOurs(next) ? next : null;
    }

    private void send(ReadySegment segment, Channel channel) throws IOException {
        if (!cache.covers(segment)) {
            String problem = channel.send(segment);
            if (problem != null) {
                refuse(segment, problem);
                return;
            }
            unanswered.add(segment);
        }
        last = segment;
        Path mark = mark(segment.name());
        if (parallel > 1 && !unreported.contains(mark)) {
            unreported.add(mark);
        }
    }

    private Path mark(WalSegmentName name) {
        return postmaster.dataDirectory().resolve("pg_wal/archive_status").resolve(name.text() + ".ready");
    }

    private void settleOne(Channel channel) throws IOException {
        String refusal = channel.answer();
        ReadySegment segment = unanswered.removeFirst();
        if (refusal == null) {
            if (!cache.add(List.of(segment))) {
                // Whatever else is sent, the calls would send it again.
                throw new IOException("what is archived cannot be recorded");
            }
        } else {
            refuse(segment, refusal);
        }
    }

    /** It will be asked for by name, and what is wrong with it be said then; until then nothing is sent ahead. */
    private void refuse(ReadySegment segment, String why) {
        log.accept(segment.name().text() + " is not archived: " + why);
        unreported.remove(mark(segment.name()));
        last = null;
    }
}
