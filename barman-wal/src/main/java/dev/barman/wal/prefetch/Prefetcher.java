// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.prefetch;

import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.spool.PrefetchRequests;
import dev.barman.wal.spool.PrefetchRequests.Answer;
import dev.barman.wal.spool.PrefetchRequests.Want;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the segments ready in the spool that PostgreSQL is going to ask for next, on one timeline, and follows as it takes them.
 *
 * <p>It ends, and leaves nothing behind, when nobody takes or asks for anything for a while, when what is asked for does not follow
 * what was delivered, when the archive has no more, when anything fails, and when the PostgreSQL server it works for has ended. Whoever
 * asks then asks the server himself.
 *
 * <p>Used by one thread; only results come from others.
 */
final class Prefetcher {
    private static final long BUSY_TICK_MILLIS = 10;
    private static final long IDLE_TICK_MILLIS = 50;
    /** With nothing to do for so long, ticks become longer. */
    private static final long BUSY_MILLIS = 2_000;
    /** A segment that was not there is looked for again after PostgreSQL has gone on, but not more often than that. */
    private static final long ASK_AGAIN_MILLIS = 500;

    private static final long CHECK_STANDBY_MILLIS = 1_000;
    /** What lies ready at a time at most, whatever the number of segments. */
    static final long MAX_WINDOW_BYTES = 1L << 30;

    /** Whether the PostgreSQL server is still there. */
    interface Standby {
        boolean isThere();
    }

    private final WalSpool spool;
    private final PrefetchRequests requests;
    private final WalSegmentSize size;
    private final int window;
    private final long idleMillis;
    private final long endMillis;
    private final Standby standby;

    private final BlockingQueue<SegmentSource.Result> results = new LinkedBlockingQueue<>();
    /** What was asked for and not taken yet, in order; whether it is ready. */
    private final Map<WalSegmentName, Boolean> ahead = new LinkedHashMap<>();
    /** Questions that were passed on to the server after they were put. */
    private final Set<Want> passedOn = new HashSet<>();

    private WalSegmentName next;
    private WalSegmentName taken;
    private int underWay;
    /** The archive did not have {@link #next} when it was last asked. */
    private boolean atEnd;
    /** Why nothing more can be fetched; what lies ready is still good. */
    private @Nullable String failure;

    private long lastUse;
    private long lastAsked;

    /**
     * @param window how many segments to keep ready
     * @param size of the segments
     * @param delivered the segment behind which to begin
     * @param idleMillis without any use, end after this time
     * @param endMillis the same, when the archive has no more and nothing lies ready
     * @param standby whether there is anybody to work for
     */
    Prefetcher(
            WalSpool spool,
            PrefetchRequests requests,
            int window,
            WalSegmentSize size,
            WalSegmentName delivered,
            long idleMillis,
            long endMillis,
            Standby standby) {
        this.spool = spool;
        this.requests = requests;
        this.size = size;
        this.window = (int) Math.max(1, Math.min(window, MAX_WINDOW_BYTES / size.bytes()));
        this.idleMillis = idleMillis;
        this.endMillis = endMillis;
        this.standby = standby;
        this.taken = delivered;
        this.next = delivered.next(size);
    }

    /**
     * Works until there is a reason to end.
     *
     * @return the reason, for the log
     * @throws IOException when the spool directory cannot be used
     */
    String run(SegmentSource.Opener opener) throws IOException {
        requests.clear();
        spool.removeLeftovers();
        // What a predecessor has left was fetched at another time, and is of no use if it does not come next.
        spool.clear();
        try {
            if (!hasRoom()) {
                return "there is too little room in " + spool.directory();
            }
            long now = now();
            lastUse = now;
            lastAsked = now;
            begin(next);
            SegmentSource source;
            try {
                source = opener.open(next, results::add);
            } catch (IOException e) {
                return "the archive cannot be asked: " + e.getMessage();
            }
            next = next.next(size);
            try (source) {
                return work(source);
            }
        } finally {
            for (Want want : requests.wants()) {
                requests.answer(want, Answer.ASK_YOURSELF);
            }
            for (WalSegmentName coming : ahead.keySet()) {
                requests.withdraw(coming);
            }
            spool.clear();
        }
    }

    private String work(SegmentSource source) throws IOException {
        long standbyChecked = now();
        while (true) {
            long now = now();
            SegmentSource.Result result;
            try {
                result = results.poll(
                        now - lastUse < BUSY_MILLIS ? BUSY_TICK_MILLIS : IDLE_TICK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "interrupted";
            }
            for (; result != null; result = results.poll()) {
                String end = apply(result);
                if (end != null) {
                    return end;
                }
            }
            now = now();
            if (requests.isAskedToStop()) {
                return "the recovery takes another course";
            }
            noticeTaken(now);
            for (Want want : requests.wants()) {
                String end = consider(want, now);
                if (end != null) {
                    return end;
                }
            }
            fill(source, now);
            if (failure != null && ahead.isEmpty()) {
                return failure;
            }
            if (now - lastUse > (atEnd && ahead.isEmpty() ? endMillis : idleMillis)) {
                return atEnd ? "the archive has no more" : "nobody asks for anything";
            }
            if (now - standbyChecked > CHECK_STANDBY_MILLIS) {
                standbyChecked = now;
                if (!standby.isThere()) {
                    return "the PostgreSQL server has ended";
                }
            }
        }
    }

    private @Nullable String apply(SegmentSource.Result result) throws IOException {
        underWay--;
        WalSegmentName name = result.name();
        requests.withdraw(name);
        switch (result.outcome()) {
            case READY:
                if (ahead.containsKey(name)) {
                    ahead.put(name, true);
                } else {
                    // It lies behind one that is absent or cannot be had.
                    spool.remove(name);
                }
                return null;
            case ABSENT:
                return absent(name);
            default:
                fail(name.text() + ": " + result.message());
                return null;
        }
    }

    private void fail(String reason) throws IOException {
        if (failure == null) {
            failure = reason;
        }
        for (Iterator<Map.Entry<WalSegmentName, Boolean>> entries =
                        ahead.entrySet().iterator();
                entries.hasNext(); ) {
            Map.Entry<WalSegmentName, Boolean> entry = entries.next();
            if (!entry.getValue()) {
                requests.withdraw(entry.getKey());
                entries.remove();
            }
        }
    }

    /** The archive ends here, for now; requests behind it make no sense. */
    private @Nullable String absent(WalSegmentName name) throws IOException {
        if (failure != null) {
            return null;
        }
        for (Iterator<WalSegmentName> names = ahead.keySet().iterator(); names.hasNext(); ) {
            WalSegmentName behind = names.next();
            if (behind.text().compareTo(name.text()) >= 0) {
                requests.withdraw(behind);
                if (Boolean.TRUE.equals(ahead.get(behind))) {
                    // A gap, or it came between the two questions.
                    spool.remove(behind);
                }
                names.remove();
            }
        }
        if (!atEnd || name.text().compareTo(next.text()) < 0) {
            next = name;
        }
        atEnd = true;
        boolean answered = false;
        for (Want want : requests.wants()) {
            if (want.name().equals(name) && passedOn.contains(want)) {
                requests.answer(want, Answer.ABSENT);
                answered = true;
            }
        }
        return answered ? "the archive has no more" : null;
    }

    private void noticeTaken(long now) {
        for (Iterator<Map.Entry<WalSegmentName, Boolean>> entries =
                        ahead.entrySet().iterator();
                entries.hasNext(); ) {
            Map.Entry<WalSegmentName, Boolean> entry = entries.next();
            if (!entry.getValue() || spool.has(entry.getKey())) {
                return;
            }
            taken = entry.getKey();
            entries.remove();
            lastUse = now;
        }
    }

    private @Nullable String consider(Want want, long now) throws IOException {
        lastUse = now;
        WalSegmentName name = want.name();
        Boolean ready = ahead.get(name);
        if (ready != null) {
            if (!ready) {
                // On its way: if it turns out to be absent, that is an answer only if it was asked for after this
                // question.
                return null;
            }
            if (!spool.has(name)) {
                requests.answer(want, Answer.ASK_YOURSELF);
            }
            return null;
        }
        if (name.equals(taken)) {
            // Whoever took it has not taken its question off yet; and PostgreSQL sometimes asks for the last one twice.
            requests.answer(want, Answer.ASK_YOURSELF);
            return null;
        }
        if (failure != null) {
            requests.answer(want, Answer.ASK_YOURSELF);
            return failure;
        }
        if (name.equals(next) && ahead.size() < window) {
            // Asked for by fill(), at once.
            if (atEnd && underWay == 0) {
                atEnd = false;
                passedOn.add(want);
            }
            return null;
        }
        requests.answer(want, Answer.ASK_YOURSELF);
        return "the recovery goes on at " + name.text();
    }

    private void begin(WalSegmentName name) throws IOException {
        ahead.put(name, false);
        underWay++;
        requests.announce(name);
    }

    private void fill(SegmentSource source, long now) throws IOException {
        if (atEnd && lastUse > lastAsked && now - lastAsked > ASK_AGAIN_MILLIS && underWay == 0) {
            atEnd = false;
        }
        while (!atEnd && failure == null && ahead.size() < window && underWay < source.depth()) {
            if (!hasRoom()) {
                if (ahead.isEmpty()) {
                    fail("there is too little room in " + spool.directory());
                }
                return;
            }
            begin(next);
            lastAsked = now;
            try {
                source.request(next);
            } catch (IOException e) {
                fail("the connection is lost: " + e.getMessage());
                return;
            }
            next = next.next(size);
        }
    }

    /** Room for what may lie ready together, so that the disk of the standby is not filled to the brim by what is not needed yet. */
    private boolean hasRoom() {
        return spool.directory().toFile().getUsableSpace() > (window + 1L) * size.bytes();
    }

    private static long now() {
        return System.nanoTime() / 1_000_000;
    }
}
