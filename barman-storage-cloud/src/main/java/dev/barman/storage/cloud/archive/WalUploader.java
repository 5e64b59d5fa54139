// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectNotFoundException;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.HistoryFileName;
import dev.barman.wal.WalFileName;
import dev.barman.wal.archive.FileStamp;
import dev.barman.wal.archive.UnfitSegmentException;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.storage.StoreOutcome;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stores WAL files in a bucket, each with two round trips to the store, and never in the place of another one.
 *
 * <p>An object of the WAL's name, under whatever compression suffix, that has the same uncompressed content is as good as a new
 * one: the call may be repeated, and the compression setting may change between two calls. One with other content stays as it
 * is: two clusters write into one archive, or two servers were promoted to the same timeline. The file itself
 * is only read, and the key of the new object tells nothing about it that could be wrong: a file that changed while it was read is not
 * stored. Thread-safe if the store is; a running call holds a copy of the file, in memory up to 64 MiB, else in a temporary file.
 */
public final class WalUploader implements AutoCloseable {
    private static final int BUFFER_BYTES = 128 * 1024;
    private static final int QUESTION_THREADS = 6;

    private final ObjectStore store;
    private final WalKeys keys;
    private final @Nullable CompressionSettings compression;
    private final Map<String, String> tags;
    private final Map<String, String> historyTags;
    private final ThreadPoolExecutor questions;

    /**
     * @param store the bucket; not closed here
     * @param keys where the files of the server are in it
     * @param compression how to compress new objects, null for not at all
     * @param tags tags of new objects
     * @param historyTags tags of new history files in the place of the others; empty for the same
     */
    public WalUploader(
            ObjectStore store,
            WalKeys keys,
            @Nullable CompressionSettings compression,
            Map<String, String> tags,
            Map<String, String> historyTags) {
        this.store = store;
        this.keys = keys;
        this.compression = compression;
        this.tags = Map.copyOf(tags);
        this.historyTags = Map.copyOf(historyTags);
        this.questions = new ThreadPoolExecutor(
                QUESTION_THREADS, QUESTION_THREADS, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), new Daemons());
        this.questions.allowCoreThreadTimeOut(true);
    }

    /** Threads that do not keep a program from ending. */
    private static final class Daemons implements ThreadFactory {
        @Override
        public Thread newThread(Runnable work) {
            Thread thread = new Thread(work, "barman-cloud-question");
            thread.setDaemon(true);
            return thread;
        }
    }

    /**
     * Stores a file, unless its name is taken.
     *
     * @param name the WAL file
     * @param file where it is
     * @return what became of it, with the line that a WAL index would have for what the store holds; durable in the store, in no index
     * @throws UnfitSegmentException when it is not the segment that its name says; nothing was stored
     * @throws IOException when the file cannot be read or the store fails
     */
    public StoreOutcome store(WalFileName name, Path file) throws UnfitSegmentException, IOException {
        return store(name, file, FileStamp.of(file));
    }

    StoreOutcome store(WalFileName name, Path file, FileStamp stamp) throws UnfitSegmentException, IOException {
        WalToStore wal = describe(name, file, stamp);
        StoredForms forms = StoredForms.ask(store, keys, name, algorithm(), questions);
        try (WalCopy copy = WalCopy.of(file, name, stamp, compression)) {
            ObjectKey key = keys.key(name, algorithm());
            List<StoredForms.Found> present = forms.found();
            if (!present.isEmpty()) {
                return compared(wal, stamp, withOwn(present, key));
            }
            PutOptions options = PutOptions.CREATE_ONLY.withTags(tags(name));
            if (store.put(key, copy.content(), options)) {
                return new StoreOutcome.Stored(
                        wal, entry(wal, algorithm(), copy.content().sizeBytes()), keys.url(key));
            }
            // Stored before, or another call was faster, or our own first attempt succeeded without our hearing of it.
            ObjectInfo object = store.stat(key).orElseThrow(() -> new ObjectNotFoundException(key, null));
            return compared(wal, stamp, new StoredForms.Found(algorithm(), object));
        }
    }

    /**
     * Stores a file in the place of whatever has its key, without a look at either, as the original does.
     *
     * @param name the WAL file
     * @param file where it is
     * @return what is stored now
     * @throws IOException when the file cannot be read or the store fails
     */
    public StoreOutcome.Stored overwrite(WalFileName name, Path file) throws IOException {
        FileStamp stamp = FileStamp.of(file);
        ObjectKey key = keys.key(name, algorithm());
        try (WalCopy copy = WalCopy.unchecked(file, stamp, compression)) {
            store.put(key, copy.content(), PutOptions.OVERWRITE.withTags(tags(name)));
            WalToStore wal = describe(name, file, stamp);
            return new StoreOutcome.Stored(
                    wal, entry(wal, algorithm(), copy.content().sizeBytes()), keys.url(key));
        }
    }

    static WalToStore describe(WalFileName name, Path file, FileStamp stamp) {
        Instant modified = Instant.EPOCH.plusNanos(stamp.modifiedNanos());
        return new WalToStore(name, file, stamp.sizeBytes(), modified, Optional.empty());
    }

    private @Nullable CompressionAlgorithm algorithm() {
        return compression == null ? null : compression.algorithm();
    }

    private Map<String, String> tags(WalFileName name) {
        return name instanceof HistoryFileName && !historyTags.isEmpty() ? historyTags : tags;
    }

    private static WalEntry entry(WalToStore wal, @Nullable CompressionAlgorithm algorithm, long sizeBytes) {
        return new WalEntry(
                wal.name().text(),
                sizeBytes,
                WalEntry.epochSeconds(wal.modified()),
                algorithm == null ? null : algorithm.id(),
                null);
    }

    /** In a bucket with one form of the WAL file there may be another one. */
    private List<StoredForms.Found> withOwn(List<StoredForms.Found> others, ObjectKey key) throws StorageException {
        List<StoredForms.Found> all = new ArrayList<>(others);
        Optional<ObjectInfo> own = store.stat(key);
        if (own.isPresent()) {
            all.add(new StoredForms.Found(algorithm(), own.get()));
        }
        return all;
    }

    /** They all have to have the content of the file. */
    private StoreOutcome compared(WalToStore wal, FileStamp stamp, List<StoredForms.Found> present) throws IOException {
        StoreOutcome outcome = compared(wal, stamp, present.get(0));
        for (int i = 1; i < present.size() && !(outcome instanceof StoreOutcome.DifferentDuplicate); i++) {
            outcome = compared(wal, stamp, present.get(i));
        }
        return outcome;
    }

    private StoreOutcome compared(WalToStore wal, FileStamp stamp, StoredForms.Found present) throws IOException {
        CompressionAlgorithm algorithm = present.compression();
        ObjectInfo object = present.object();
        boolean same = sameContent(wal.file(), object.key(), algorithm);
        if (!FileStamp.of(wal.file()).equals(stamp)) {
            throw new IOException("'" + wal.file() + "' was changed while it was compared");
        }
        WalEntry entry = entry(wal, algorithm, object.sizeBytes());
        String url = keys.url(object.key());
        return same
                ? new StoreOutcome.IdenticalDuplicate(wal, entry, url)
                : new StoreOutcome.DifferentDuplicate(wal, entry, url);
    }

    private boolean sameContent(Path file, ObjectKey key, @Nullable CompressionAlgorithm algorithm) throws IOException {
        try (InputStream mine = Files.newInputStream(file);
                InputStream stored = store.open(key);
                InputStream plain = algorithm == null
                        ? stored
                        : WalCodec.of(CompressionSettings.of(algorithm)).decompressing(stored)) {
            byte[] a = new byte[BUFFER_BYTES];
            byte[] b = new byte[BUFFER_BYTES];
            while (true) {
                int n = mine.readNBytes(a, 0, a.length);
                int m = plain.readNBytes(b, 0, b.length);
                if (!Arrays.equals(a, 0, n, b, 0, m)) {
                    return false;
                }
                if (n < a.length) {
                    return true;
                }
            }
        }
    }

    /** Ends the threads that ask the store. */
    @Override
    public void close() {
        questions.shutdown();
    }
}
