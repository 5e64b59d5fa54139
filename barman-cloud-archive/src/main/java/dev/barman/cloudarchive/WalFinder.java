// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.cloudarchive.CloudWals.CloudWal;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectNotFoundException;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.PartialSegmentName;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the object that holds a WAL file. A file may be stored plain or under the suffix of any compression, and under several of them.
 * What is taken never depends on chance: the plain one, then the suffixes in the order of {@link WalKeys#forms}; a partial segment,
 * in the same order, only where there is no complete one.
 *
 * <p>For a segment all keys that it may have are opened at the same time, as far as there are processors: one round trip or a few, and no
 * listing, which costs a store more than all of these requests. Where none of them exists, and for other files, of which there are few, one listing tells what there is; nothing
 * is called absent without it. Thread-safe.
 */
final class WalFinder implements AutoCloseable {
    private static final long THREAD_IDLE_SECONDS = 5;

    private final ObjectStore store;
    private final WalKeys keys;
    private final CloudWals listing;
    private final ExecutorService requests;

    /**
     * @param store the bucket; stays open when this is closed
     * @param keys where the files of the server are in it
     * @param parallel how many files are looked for at the same time
     */
    WalFinder(ObjectStore store, WalKeys keys, int parallel) {
        this.store = store;
        this.keys = keys;
        this.listing = new CloudWals(store, keys);
        // Each has a connection of its own. Where one file is all there is to do, making them takes longer, with TLS,
        // than asking one after the other.
        int others = WalKeys.forms().size() - 1;
        int threads = parallel > 1
                ? 2 * others
                : Math.min(others, Math.max(2, Runtime.getRuntime().availableProcessors()));
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads, threads, THREAD_IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    Thread thread = new Thread(work, "look-for-wal");
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        this.requests = pool;
    }

    /**
     * Looks for a file.
     *
     * @param name the file
     * @param partial whether a partial segment will do for a segment
     * @param warnings is told of objects that look like the file and are none
     * @return what was found, to be closed; null when it is certain that the bucket does not have it
     * @throws StorageException when the store cannot tell
     * @throws InterruptedIOException when the thread is interrupted
     */
    @Nullable
    Found find(WalFileName name, boolean partial, Consumer<String> warnings)
            throws StorageException, InterruptedIOException {
        if (name instanceof WalSegmentName) {
            Found found = openAll(name);
            if (found != null) {
                return found;
            }
        }
        List<CloudWal> objects = list(name, partial, warnings);
        for (int i = 0; i < objects.size(); i++) {
            CloudWal object = objects.get(i);
            InputStream stored = open(object.key());
            if (stored != null) {
                List<CloudWal> others = objects.subList(i + 1, objects.size()).stream()
                        .filter(other -> other.name().equals(object.name()))
                        .toList();
                return new Found(object, stored, others, List.of());
            }
        }
        if (!objects.isEmpty()) {
            throw new StorageException(
                    "The bucket lists " + objects.get(0).key() + " and does not give it",
                    StorageException.Reason.OTHER,
                    true,
                    null);
        }
        return null;
    }

    /** The content of an object, null when there is no such object. */
    private @Nullable InputStream open(ObjectKey key) throws StorageException {
        try {
            return store.open(key);
        } catch (ObjectNotFoundException e) {
            return null;
        }
    }

    private @Nullable Found openAll(WalFileName name) throws StorageException, InterruptedIOException {
        List<Attempt> attempts = new ArrayList<>();
        for (WalKeys.Form form : WalKeys.forms()) {
            attempts.add(new Attempt(new CloudWal(name, keys.key(name, form.compression()), form.compression())));
        }
        for (int i = 1; i < attempts.size(); i++) {
            requests.execute(attempts.get(i));
        }
        attempts.get(0).run();
        int at = 0;
        try {
            for (; at < attempts.size(); at++) {
                InputStream stored = attempts.get(at).await();
                if (stored != null) {
                    List<Attempt> others = List.copyOf(attempts.subList(at + 1, attempts.size()));
                    Found found = new Found(attempts.get(at).object, stored, List.of(), others);
                    at = attempts.size();
                    return found;
                }
            }
            return null;
        } finally {
            for (; at < attempts.size(); at++) {
                attempts.get(at).abandon();
            }
        }
    }

    /**
     * Lists the objects that hold a file.
     *
     * @param name the file
     * @param partial whether partial segments count for a segment
     * @param warnings is told of objects that look like the file and are none
     * @return the objects, the one to be taken first
     * @throws StorageException when the store cannot tell
     */
    List<CloudWal> list(WalFileName name, boolean partial, Consumer<String> warnings) throws StorageException {
        List<CloudWal> complete = new ArrayList<>();
        List<CloudWal> partials = new ArrayList<>();
        store.forEach(keys.key(name, null).value(), object -> {
            CloudWal wal = listing.recognise(object.key());
            if (wal == null) {
                warnings.accept("The object " + object.key() + " is no WAL file, and is left out");
            } else if (wal.name().equals(name)) {
                complete.add(wal);
            } else if (partial
                    && wal.name() instanceof PartialSegmentName part
                    && part.segment().equals(name)) {
                partials.add(wal);
            }
            return true;
        });
        Comparator<CloudWal> preference =
                Comparator.comparingInt(wal -> WalKeys.forms().indexOf(new WalKeys.Form(wal.compression())));
        complete.sort(preference);
        partials.sort(preference);
        complete.addAll(partials);
        return complete;
    }

    @Override
    public void close() {
        requests.shutdown();
    }

    /** A file that was found, open. Not thread-safe. */
    static final class Found implements AutoCloseable {
        private final CloudWal object;
        private final InputStream stored;
        private final List<CloudWal> listed;
        private final List<Attempt> others;

        private Found(CloudWal object, InputStream stored, List<CloudWal> listed, List<Attempt> others) {
            this.object = object;
            this.stored = stored;
            this.listed = listed;
            this.others = others;
        }

        /** The object, whose name is another one than that asked for when it is a partial segment. */
        CloudWal object() {
            return object;
        }

        /** Its content as it is stored. */
        InputStream stored() {
            return stored;
        }

        /**
         * The objects that hold the same file under other suffixes. Those of which the store cannot tell are left out, since they would
         * not be taken; and all others, when it does not answer any more.
         */
        List<CloudWal> alternatives() throws InterruptedIOException {
            List<CloudWal> alternatives = new ArrayList<>(listed);
            for (Attempt other : others) {
                try {
                    if (other.await() != null) {
                        alternatives.add(other.object);
                    }
                } catch (StorageException e) {
                    if (e.reason() == StorageException.Reason.UNREACHABLE) {
                        break;
                    }
                }
            }
            return alternatives;
        }

        @Override
        public void close() throws IOException {
            others.forEach(Attempt::abandon);
            stored.close();
        }
    }

    /** One object that may exist, on its way to be opened. Thread-safe. */
    private final class Attempt implements Runnable {
        private final CloudWal object;
        private boolean answered;
        private boolean abandoned;
        private @Nullable InputStream stored;
        private @Nullable StorageException failure;

        Attempt(CloudWal object) {
            this.object = object;
        }

        @Override
        public void run() {
            if (isAbandoned()) {
                return;
            }
            InputStream opened = null;
            StorageException problem = null;
            try {
                opened = open(object.key());
            } catch (StorageException e) {
                problem = e;
            } catch (RuntimeException | Error e) {
                problem = new StorageException(
                        "Cannot read " + object.key() + ": " + e, StorageException.Reason.OTHER, false, e);
            }
            answer(opened, problem);
        }

        private synchronized boolean isAbandoned() {
            return abandoned;
        }

        private synchronized void answer(@Nullable InputStream opened, @Nullable StorageException problem) {
            stored = opened;
            failure = problem;
            answered = true;
            if (abandoned) {
                closeStored();
            }
            notifyAll();
        }

        /** The content, null when there is no such object. */
        synchronized @Nullable InputStream await() throws StorageException, InterruptedIOException {
            try {
                while (!answered) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for " + object.key());
            }
            if (failure != null) {
                throw failure;
            }
            return stored;
        }

        /** Nobody wants it; what is open, or will be, is closed. */
        synchronized void abandon() {
            abandoned = true;
            closeStored();
        }

        private void closeStored() {
            try {
                if (stored != null) {
                    stored.close();
                }
            } catch (IOException e) {
                // Nothing was read from it.
                stored = null;
            }
        }
    }
}
