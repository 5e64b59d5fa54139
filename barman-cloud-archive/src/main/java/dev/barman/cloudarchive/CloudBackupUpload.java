// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.PythonLiteral;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.transfer.PartPool;
import dev.barman.storage.cloud.transfer.PartStream;
import dev.barman.wal.compress.WalCodec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The archives of one backup on their way into a bucket, written one after the other, each as one object or several at a time. The objects become
 * visible all at the end; when that is not reached, nothing remains. Not thread-safe.
 */
final class CloudBackupUpload implements AutoCloseable {
    private final ObjectStore store;
    private final BackupKeys keys;
    private final BackupId id;
    private final UploadOptions options;
    private final boolean replace;
    private final Bandwidth bandwidth;
    private final CopyTimes all = new CopyTimes(null);
    private final Map<String, CopyTimes> times = new TreeMap<>();
    private final List<BackupArchiveWriter> archives = new ArrayList<>();
    /** One for all, as it keeps its compressors for the next object. */
    private final @Nullable WalCodec codec;

    private ArchivePlan plan;
    private @Nullable PartPool pool;
    private @Nullable ExecutorService threads;
    private boolean complete;
    private boolean discarded;

    /**
     * @param replace whether objects of an earlier attempt may be replaced
     * @param signals end the waits that keep to the bandwidth
     */
    CloudBackupUpload(
            ObjectStore store,
            BackupKeys keys,
            BackupId id,
            UploadOptions options,
            boolean replace,
            TerminationSignals signals) {
        this.store = store;
        this.keys = keys;
        this.id = id;
        this.options = options;
        this.replace = replace;
        this.bandwidth = new Bandwidth(options.maxBytesPerSecond(), signals);
        this.codec = options.compression() == null ? null : WalCodec.of(options.compression());
        this.plan = ArchivePlan.of(options, 0, memoryBytes());
    }

    /**
     * Prepares for the data of a cluster, before the first archive.
     *
     * @param clusterBytes about how large it is
     */
    void prepare(long clusterBytes) {
        prepare(ArchivePlan.of(options, clusterBytes, memoryBytes()));
    }

    void prepare(ArchivePlan archivePlan) {
        if (pool != null) {
            throw new IllegalStateException("there is an archive already");
        }
        plan = archivePlan;
    }

    /** Further objects at the same time are not worth more than half of the memory. */
    private static long memoryBytes() {
        return Runtime.getRuntime().maxMemory() / 2;
    }

    private static ExecutorService threads(String name, int count) {
        return Executors.newFixedThreadPool(count, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Begins an archive. The one before must be finished. */
    BackupArchiveWriter archive(String name) {
        // So many parts are filled while others are sent.
        PartPool parts = pool == null
                ? new PartPool("backup", options.jobs(), options.jobs() + plan.writers(), options.partBytes())
                : pool;
        pool = parts;
        ExecutorService writers = threads == null ? threads("backup-archive", plan.writers()) : threads;
        threads = writers;
        CopyTimes measured = new CopyTimes(all);
        times.put(name, measured);
        BackupArchiveWriter.Uploads uploads = new BackupArchiveWriter.Uploads() {
            @Override
            public ObjectUpload start(ObjectKey key, PutOptions putOptions) throws StorageException {
                return new MeteredUpload(store.startUpload(key, putOptions), key, options, bandwidth, measured);
            }

            @Override
            public PartStream open(ObjectUpload upload) {
                return parts.open(upload, options.partBytes());
            }
        };
        BackupArchiveWriter archive = new BackupArchiveWriter(
                name,
                fileName -> keys.object(id, fileName),
                uploads,
                options,
                new PutOptions(!replace, options.tags()),
                codec,
                archives.isEmpty() ? plan.withFirst(options.partBytes()) : plan,
                writers);
        archives.add(archive);
        return archive;
    }

    /**
     * Waits until everything has been sent, then makes it visible, several objects at a time: a store may have to put together the parts of each.
     *
     * @throws BackupArchiveWriter.TakenException when there is an object of one of the names already, and it was not to be replaced
     */
    void complete() throws IOException {
        for (BackupArchiveWriter archive : archives) {
            archive.await();
        }
        List<ArchiveObject> objects = objects();
        if (!objects.isEmpty()) {
            // Alone, so that of two backups with one id one gets it, and all the others with it; small, so that nobody
            // waits long.
            objects.get(0).complete();
        }
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        atATime("backup-complete", objects, object -> {
            if (failure.get() == null && !object.isVisible()) {
                try {
                    object.complete();
                } catch (IOException | RuntimeException | Error e) {
                    // Whose object it is that is there already says more than any other failure.
                    failure.accumulateAndGet(e, (old, now) -> old == null || isTaken(now) ? now : old);
                }
            }
        });
        Throwable first = failure.get();
        if (first != null) {
            Throwables.throwIfInstanceOf(first, IOException.class);
            Throwables.throwIfUnchecked(first);
        }
        for (ArchiveObject object : objects) {
            if (!object.isVisible()) {
                throw new IllegalStateException("not stored: " + object.key(), first);
            }
        }
        complete = true;
    }

    private static boolean isTaken(@Nullable Throwable failure) {
        return failure instanceof BackupArchiveWriter.TakenException;
    }

    /** Makes a request or two for each object, as many at a time as there are jobs. Every request has its time-out. */
    private void atATime(String name, List<ArchiveObject> objects, Consumer<ArchiveObject> requests) {
        if (objects.isEmpty()) {
            return;
        }
        ExecutorService workers = threads(name, Math.min(objects.size(), options.jobs()));
        try {
            for (ArchiveObject object : objects) {
                workers.execute(() -> requests.accept(object));
            }
        } finally {
            workers.shutdown();
            Uninterruptibles.awaitTerminationUninterruptibly(workers);
        }
    }

    /** The objects begun so far, the first one of an archive before its others. */
    private List<ArchiveObject> objects() {
        List<ArchiveObject> objects = new ArrayList<>();
        archives.forEach(archive -> objects.addAll(archive.objects()));
        return objects;
    }

    /** What {@code backup.info} says of the copy. */
    PythonLiteral statistics(double totalSeconds) {
        Map<String, PythonLiteral> analysis = new LinkedHashMap<>();
        Map<String, PythonLiteral> copy = new LinkedHashMap<>();
        Map<String, PythonLiteral> serialized = new LinkedHashMap<>();
        for (Map.Entry<String, CopyTimes> item : times.entrySet()) {
            analysis.put(item.getKey(), PythonLiteral.Number.of(0));
            copy.put(item.getKey(), PythonLiteral.Number.seconds(item.getValue().copySeconds()));
            serialized.put(
                    item.getKey(), PythonLiteral.Number.seconds(item.getValue().serializedSeconds()));
        }
        Map<String, PythonLiteral> statistics = new LinkedHashMap<>();
        statistics.put("total_time", PythonLiteral.Number.seconds(totalSeconds));
        statistics.put("number_of_workers", PythonLiteral.Number.of(options.jobs()));
        statistics.put("analysis_time", PythonLiteral.Number.of(0));
        statistics.put("analysis_time_per_item", PythonLiteral.Dict.of(analysis));
        statistics.put("copy_time_per_item", PythonLiteral.Dict.of(copy));
        statistics.put("serialized_copy_time_per_item", PythonLiteral.Dict.of(serialized));
        statistics.put("copy_time", PythonLiteral.Number.seconds(all.copySeconds()));
        statistics.put("serialized_copy_time", PythonLiteral.Number.seconds(all.serializedSeconds()));
        return PythonLiteral.Dict.of(statistics);
    }

    /**
     * Gives up what is not complete. Objects that have become visible meanwhile are removed, unless there may have been others in their place.
     *
     * @return the objects that could not be removed, or may still be there because the store did not tell
     */
    List<ObjectKey> discard() {
        if (discarded) {
            return List.of();
        }
        discarded = true;
        archives.forEach(BackupArchiveWriter::giveUp);
        archives.forEach(BackupArchiveWriter::awaitStop);
        Queue<ObjectKey> unknown = new ConcurrentLinkedQueue<>();
        atATime("backup-give-up", objects(), object -> {
            object.close();
            if (!replace && !object.settle()) {
                unknown.add(object.key());
            }
        });
        List<ObjectKey> left = new ArrayList<>(unknown);
        left.sort(Comparator.comparing(ObjectKey::value));
        if (!complete && !replace) {
            left.addAll(remove());
        }
        return left;
    }

    /** Whether all archives are visible. */
    boolean isComplete() {
        return complete;
    }

    /** What is visible of the archives. */
    List<ObjectKey> visible() {
        List<ObjectKey> visible = new ArrayList<>();
        for (ArchiveObject object : objects()) {
            if (object.isVisible()) {
                visible.add(object.key());
            }
        }
        return visible;
    }

    /**
     * Removes what is visible of the archives.
     *
     * @return the objects that could not be removed
     */
    List<ObjectKey> remove() {
        List<ObjectKey> visible = visible();
        if (visible.isEmpty()) {
            return List.of();
        }
        try {
            return List.copyOf(store.delete(visible).keySet());
        } catch (StorageException e) {
            return visible;
        }
    }

    /** Ends the threads, and gives up what is not complete. */
    @Override
    public void close() {
        try {
            discard();
        } finally {
            if (pool != null) {
                pool.close();
            }
            if (threads != null) {
                threads.shutdown();
            }
            if (codec != null) {
                codec.close();
            }
        }
    }
}
