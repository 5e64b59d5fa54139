// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.file.IoReason;
import dev.barman.object.ObjectStore;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.prefetch.SegmentSource;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Segments from a bucket, several at a time. */
final class BucketSource implements SegmentSource {
    /** More hardly helps one machine, and every one has a connection for each key that its segment may have. */
    private static final int MAX_WORKERS = 8;

    private static final String NOT_COMPLETE = "the archive has a partial segment only";

    private final ObjectStore store;
    private final WalFinder finder;
    private final WalFetcher fetcher;
    private final boolean partial;
    private final WalSpool spool;
    private final Results results;
    private final int workers;
    private final BlockingQueue<WalSegmentName> asked = new LinkedBlockingQueue<>();

    /**
     * @param store the bucket; closed with this
     * @param keys where the files of the server are in it
     * @param partial whether whoever asks would take a partial segment, so that one without a complete form is not called absent
     * @param jobs how many segments are to be kept ready
     * @param spool where they go
     * @param results told of every end
     */
    BucketSource(ObjectStore store, WalKeys keys, boolean partial, int jobs, WalSpool spool, Results results) {
        this.store = store;
        this.workers = Math.max(1, Math.min(jobs, MAX_WORKERS));
        this.finder = new WalFinder(store, keys, workers);
        this.fetcher = new WalFetcher(store, finder);
        this.partial = partial;
        this.spool = spool;
        this.results = results;
    }

    /** Starts its threads, which end with the virtual machine. */
    void start() {
        for (int i = 0; i < workers; i++) {
            Thread worker = new Thread(this::work, "fetch-" + i);
            worker.setDaemon(true);
            worker.start();
        }
    }

    @Override
    public int depth() {
        return workers;
    }

    @Override
    public void request(WalSegmentName name) {
        asked.add(name);
    }

    private void work() {
        try {
            while (true) {
                results.add(fetch(asked.take()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Result fetch(WalSegmentName name) {
        try (IntoSpool incoming = new IntoSpool(name)) {
            WalFetcher.Fetched fetched = fetcher.fetch(name, false, incoming, warning -> {});
            if (fetched == null) {
                return partial && !finder.list(name, true, warning -> {}).isEmpty()
                        ? new Result(name, Outcome.FAILED, NOT_COMPLETE)
                        : new Result(name, Outcome.ABSENT, null);
            }
            // Whoever asks for it himself tells the user.
            String problem = fetched.conflict() == null ? incoming.complete() : fetched.conflict();
            return problem == null ? new Result(name, Outcome.READY, null) : new Result(name, Outcome.FAILED, problem);
        } catch (IOException e) {
            return new Result(name, Outcome.FAILED, IoReason.alone(e));
        } catch (RuntimeException | Error e) {
            // A decompressor without its library, or without memory. Somebody waits for the result.
            return new Result(name, Outcome.FAILED, e.toString());
        }
    }

    /** A segment on its way into the spool; a file exists from its first byte on. */
    private final class IntoSpool implements WalFetcher.Sink, AutoCloseable {
        private final WalSegmentName name;
        private WalSpool.@Nullable Incoming incoming;

        IntoSpool(WalSegmentName name) {
            this.name = name;
        }

        @Override
        public void restart() throws IOException {
            close();
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (incoming == null) {
                incoming = spool.begin(name);
            }
            incoming.write(bytes, offset, length);
        }

        @Nullable
        String complete() throws IOException {
            return incoming == null ? "it is empty" : incoming.complete();
        }

        @Override
        public void close() throws IOException {
            if (incoming != null) {
                incoming.close();
                incoming = null;
            }
        }
    }

    @Override
    public void close() {
        finder.close();
        store.close();
    }
}
