// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.file.IoReason;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.storage.SavePipeline;
import dev.barman.wal.storage.StoreListener;
import dev.barman.wal.storage.StoredFile;
import dev.barman.wal.storage.StoredWal;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The WAL archive of a server in a bucket, laid out as the cloud commands do it: {@link WalKeys}. The index is a local file.
 *
 * <p>Durable order of one save: the object, proven by the store's answer, then the index line, synchronised; only then the outcome is
 * reported. Several WALs are on their way at the same time; lines are written in the order of the call, and behind a WAL that could not
 * be stored none is. No object is ever replaced. Looking a WAL up asks for its keys; only removals and {@link #list} list.
 *
 * <p>The store is opened when it is needed first. Thread-safe for readers; one {@link #save} or {@link #delete} at a time.
 */
public final class CloudWalStorage implements WalStorage, AutoCloseable {
    /** How many uploads make up for the time that an answer takes. */
    private static final int UPLOADS = 8;

    private static final int QUESTION_THREADS = 2 * UPLOADS;

    /** From so many files of one directory on, one listing of it takes the place of one for each. */
    private static final int LIST_DIRECTORY_FROM = 4;

    private final Opener opener;
    private final WalKeys keys;
    private final LockedXlogDb index;
    private final @Nullable CompressionSettings compression;
    private final String location;
    private final SaveStep.Observer observer;
    private final ThreadPoolExecutor questions;
    private @Nullable ObjectStore store;
    private volatile boolean bucketSeen;

    /** Opens the bucket. */
    @FunctionalInterface
    public interface Opener {
        /**
         * Opens it.
         *
         * @throws StorageException when the settings or the environment cannot be used
         */
        ObjectStore open() throws StorageException;
    }

    /**
     * An archive.
     *
     * @param opener gives the bucket, which is closed with this archive; asked once
     * @param keys where the files of the server are in it
     * @param index the archive's index; given a way to rebuild itself, a missing file is rebuilt before WALs are added
     * @param compression compresses what is stored, unless it comes compressed; null does not
     * @throws IllegalArgumentException when the layout has no place for files of this compression
     */
    public CloudWalStorage(Opener opener, WalKeys keys, LockedXlogDb index, @Nullable CompressionSettings compression) {
        this(opener, keys, index, compression, (step, name) -> {});
    }

    CloudWalStorage(
            Opener opener,
            WalKeys keys,
            LockedXlogDb index,
            @Nullable CompressionSettings compression,
            SaveStep.Observer observer) {
        if (compression != null && !WalKeys.knows(compression.algorithm())) {
            throw new IllegalArgumentException("WAL files in a bucket cannot be compressed with "
                    + compression.algorithm().id() + "; use gzip, bzip2, xz, zstd, lz4 or snappy");
        }
        this.opener = opener;
        this.keys = keys;
        this.index = index;
        this.compression = compression;
        this.location = keys.url();
        this.observer = observer;
        this.questions = new ThreadPoolExecutor(
                QUESTION_THREADS, QUESTION_THREADS, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    Thread thread = new Thread(work, "barman-cloud-question");
                    thread.setDaemon(true);
                    return thread;
                });
        this.questions.allowCoreThreadTimeOut(true);
    }

    private synchronized ObjectStore store() throws StorageException {
        if (store == null) {
            store = opener.open();
        }
        return store;
    }

    private @Nullable CompressionAlgorithm algorithm() {
        return compression == null ? null : compression.algorithm();
    }

    private BucketWals wals() throws StorageException {
        return new BucketWals(store(), keys, algorithm(), questions);
    }

    @Override
    public void save(Iterator<WalToStore> wals, StoreListener listener) throws IOException {
        if (!wals.hasNext()) {
            return;
        }
        try (WalCodec codec = compression == null ? null : WalCodec.of(compression)) {
            BucketSave save = new BucketSave(store(), keys, wals(), index, compression, codec, location, observer);
            save.begin();
            new SavePipeline<>(save, listener, uploadsAtOnce(codec)).run(wals);
        }
    }

    /** Fewer where compressing so many would take more than half of the heap. */
    private static int uploadsAtOnce(@Nullable WalCodec codec) {
        long bytes = codec == null ? 0 : codec.heapBytesPerCall();
        long fitting = bytes == 0 ? UPLOADS : Runtime.getRuntime().maxMemory() / 2 / bytes;
        return (int) Math.max(1, Math.min(UPLOADS, fitting));
    }

    @Override
    public Optional<StoredWal> stat(WalFileName name) throws IOException {
        Optional<StoredWal> found =
                wals().find(name).map(form -> BucketListing.stored(keys, name, form.object(), form.compression()));
        if (found.isEmpty()) {
            // To a question for an object's metadata, a bucket that is not there answers like one without the object.
            requireBucket();
        }
        return found;
    }

    @Override
    public InputStream open(WalFileName name) throws IOException {
        return wals().open(name)
                .orElseThrow(() -> new NoSuchFileException(destinationOf(name)))
                .stored();
    }

    /** {@inheritDoc} A download that breaks off is repeated. */
    @Override
    public Optional<StoredFile> fetch(WalFileName name) throws IOException {
        return wals().fetch(name);
    }

    @Override
    public String locationOf(WalFileName name, @Nullable String ofIndex) {
        CompressionAlgorithm form = ofIndex == null
                ? null
                : CompressionAlgorithm.fromId(ofIndex).filter(WalKeys::knows).orElse(null);
        return keys.url(keys.key(name, form));
    }

    @Override
    public String destinationOf(WalFileName name) {
        return keys.url(keys.key(name, algorithm()));
    }

    private void requireBucket() throws IOException {
        if (!bucketSeen) {
            probe();
            bucketSeen = true;
        }
    }

    @Override
    public void probe() throws IOException {
        if (!store().containerExists()) {
            throw new StorageException(
                    "The bucket or container of " + location + " does not exist",
                    StorageException.Reason.NOT_FOUND,
                    false,
                    null);
        }
    }

    /** {@inheritDoc} These are base backups of {@code barman-cloud-backup} for a server of the same name below the same path. */
    @Override
    public Optional<String> sharedWith() throws IOException {
        return BucketListing.ofBackups(store(), keys)
                .map(key -> "base backups of barman-cloud-backup are kept at the same place (" + keys.url(key) + ")");
    }

    /**
     * {@inheritDoc}
     *
     * <p>Listings tell which objects hold them: the compression may have changed, and a request to delete an object that is not there leaves
     * a mark in a bucket with versions.
     */
    @Override
    public List<DeleteFailure> delete(Collection<? extends WalFileName> names) throws IOException {
        Map<ObjectKey, WalFileName> objects = new LinkedHashMap<>();
        for (Map.Entry<String, Set<WalFileName>> group : byDirectory(names).entrySet()) {
            Set<WalFileName> wanted = group.getValue();
            if (!group.getKey().isEmpty() && wanted.size() >= LIST_DIRECTORY_FROM) {
                find(keys.prefix() + group.getKey() + '/', wanted, objects);
            } else {
                for (WalFileName name : wanted) {
                    find(keys.key(name, null).value(), Set.of(name), objects);
                }
            }
        }
        if (objects.isEmpty()) {
            return List.of();
        }
        Map<WalFileName, String> failures = new LinkedHashMap<>();
        store().delete(objects.keySet()).forEach((key, failure) -> {
            WalFileName name = objects.get(key);
            if (name != null) {
                failures.put(name, IoReason.of(failure));
            }
        });
        return failures.entrySet().stream()
                .map(failure -> new DeleteFailure(failure.getKey(), failure.getValue()))
                .toList();
    }

    private static Map<String, Set<WalFileName>> byDirectory(Collection<? extends WalFileName> names) {
        Map<String, Set<WalFileName>> groups = new TreeMap<>();
        for (WalFileName name : names) {
            groups.computeIfAbsent(name.hashDirectory(), directory -> new HashSet<>())
                    .add(name);
        }
        return groups;
    }

    private void find(String prefix, Set<WalFileName> wanted, Map<ObjectKey, WalFileName> objects)
            throws StorageException {
        store().forEach(prefix, object -> {
            keys.nameOf(object.key()).filter(wanted::contains).ifPresent(name -> objects.put(object.key(), name));
            return true;
        });
    }

    @Override
    public void list(StoredWalVisitor visitor) throws IOException {
        BucketListing.of(store(), keys, visitor);
    }

    @Override
    public String location() {
        return location;
    }

    /** Ends the threads that ask the store, and closes it if it was opened. */
    @Override
    public synchronized void close() {
        questions.shutdown();
        if (store != null) {
            store.close();
            store = null;
        }
    }
}
