// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.file.IoReason;
import dev.barman.wal.archive.ReadySegment;
import dev.barman.wal.archive.ReadySegments;
import dev.barman.wal.archive.UnfitSegmentException;
import dev.barman.wal.storage.StoreOutcome;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Uploads the segments behind the requested one, several at a time, for a bounded time. What counts is what was archived without a gap:
 * after the first failure the rest stays as it is, in the store or not, and is found identical when it is asked for by name.
 *
 * <p>Not thread-safe.
 */
final class UploadsAhead {
    private final WalUploader uploader;
    private final Consumer<String> warnings;
    private final Gate gate;
    private final Abandoned abandoned;

    /** Is asked, on the calling thread and in order, before an upload begins. */
    @FunctionalInterface
    interface Gate {
        boolean admits(ReadySegment segment);
    }

    /** One segment that is durable in the store. */
    record Done(ReadySegment segment, StoreOutcome outcome) {}

    private record Started(ReadySegment segment, FutureTask<StoreOutcome> task) {}

    /** The uploads of earlier calls that took too long for them and still go on: they have their part of the memory. Not thread-safe. */
    static final class Abandoned {
        private final List<FutureTask<StoreOutcome>> tasks = new ArrayList<>();

        private int running() {
            tasks.removeIf(FutureTask::isDone);
            return tasks.size();
        }
    }

    UploadsAhead(WalUploader uploader, Consumer<String> warnings, Gate gate, Abandoned abandoned) {
        this.uploader = uploader;
        this.warnings = warnings;
        this.gate = gate;
        this.abandoned = abandoned;
    }

    /**
     * Uploads.
     *
     * @param following what to upload
     * @param concurrent how many at a time, with the abandoned ones of earlier calls
     * @param startUntil {@link System#nanoTime} after which none is begun
     * @param waitUntil {@link System#nanoTime} after which none is waited for
     * @return what was archived behind the requested segment, without a gap, in order
     */
    List<Done> run(ReadySegments following, int concurrent, long startUntil, long waitUntil) {
        List<Done> done = new ArrayList<>();
        Deque<Started> running = new ArrayDeque<>();
        boolean more = true;
        while (true) {
            while (more && running.size() + abandoned.running() < concurrent && System.nanoTime() - startUntil < 0) {
                ReadySegment segment = following.next();
                more = segment != null && gate.admits(segment);
                if (more && segment != null) {
                    running.add(start(segment));
                }
            }
            Started oldest = running.poll();
            if (oldest == null) {
                return done;
            }
            StoreOutcome outcome = await(oldest, waitUntil);
            if (outcome == null) {
                finish(running, waitUntil);
                running.addFirst(oldest);
                running.forEach(started -> abandoned.tasks.add(started.task));
                return done;
            }
            done.add(new Done(oldest.segment, outcome));
        }
    }

    /** Lets uploads end whose outcome does not count any more: the calls for these segments will meet the same, and say so. */
    private static void finish(Deque<Started> running, long waitUntil) {
        for (Started started : running) {
            if (!ends(started, waitUntil)) {
                return;
            }
        }
    }

    private static boolean ends(Started started, long waitUntil) {
        try {
            started.task.get(Math.max(0, waitUntil - System.nanoTime()), TimeUnit.NANOSECONDS);
            return true;
        } catch (ExecutionException e) {
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Started start(ReadySegment segment) {
        // No lambda: the first one in a virtual machine takes its time.
        FutureTask<StoreOutcome> task = new FutureTask<>(new Callable<StoreOutcome>() {
            @Override
            public StoreOutcome call() throws IOException, UnfitSegmentException {
                return uploader.store(segment.name(), segment.file(), segment.stamp());
            }
        });
        Thread thread = new Thread(task, "barman-cloud-upload-" + segment.name());
        thread.setDaemon(true);
        thread.start();
        return new Started(segment, task);
    }

    /** Returns null for everything that ends the gapless row. An upload that takes too long is left alone: what it stores is found identical. */
    private @Nullable StoreOutcome await(Started started, long waitUntil) {
        String name = started.segment.name().text();
        try {
            StoreOutcome outcome = started.task.get(Math.max(0, waitUntil - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (outcome instanceof StoreOutcome.DifferentDuplicate) {
                warnings.accept(outcome.location() + " exists with a different content than '" + started.segment.file()
                        + "'; nothing behind " + name + " is archived ahead.");
                return null;
            }
            return outcome;
        } catch (TimeoutException e) {
            warnings.accept("Archiving " + name + " ahead takes too long; the call for it will see to it.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                warnings.accept("Archiving " + name + " ahead failed, the call for it will try again: "
                        + IoReason.alone(failure));
            } else if (e.getCause() instanceof UnfitSegmentException unfit) {
                warnings.accept("Archiving " + name + " ahead failed: " + unfit.getMessage());
            } else {
                // Such as memory that does not suffice for several: alone it may.
                warnings.accept("Archiving " + name + " ahead failed, the call for it will try again: " + e.getCause());
            }
        }
        return null;
    }
}
