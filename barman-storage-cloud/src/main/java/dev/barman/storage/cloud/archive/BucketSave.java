// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.file.IoReason;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectNotFoundException;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.archive.FileStamp;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.catalog.XlogDbFormatException;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.ContentComparator;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.storage.SavePipeline;
import dev.barman.wal.storage.StoreOutcome;
import dev.barman.wal.storage.StoredFile;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One save into a bucket: uploads in any order, index lines in the order of the call.
 *
 * <p>An object is made only where none is, and only when the file is in the bucket in no other form; what is there is compared by
 * uncompressed content. A file that is in the bucket without its line gets the line when it comes again, so that the uploads of a save
 * that ended early are not lost. Memory: buffers; what is compressed here lies in a temporary file without a name meanwhile.
 */
final class BucketSave implements SavePipeline.Work<BucketSave.Prepared> {
    private final ObjectStore store;
    private final WalKeys keys;
    private final BucketWals wals;
    private final LockedXlogDb index;
    private final @Nullable CompressionAlgorithm algorithm;
    private final @Nullable WalCodec codec;
    private final ContentComparator comparator;
    private final String location;
    private final SaveStep.Observer observer;
    /** What the index was like when this save had last to do with it: whoever else changes it, its stamp changes. */
    private @Nullable FileStamp indexStamp;

    /** A WAL that only needs its index line. */
    record Prepared(WalToStore wal, WalEntry entry, ObjectKey key, Kind kind) {}

    private enum Kind {
        STORED,
        IDENTICAL,
        DIFFERENT
    }

    BucketSave(
            ObjectStore store,
            WalKeys keys,
            BucketWals wals,
            LockedXlogDb index,
            @Nullable CompressionSettings compression,
            @Nullable WalCodec codec,
            String location,
            SaveStep.Observer observer) {
        this.store = store;
        this.keys = keys;
        this.wals = wals;
        this.index = index;
        this.algorithm = compression == null ? null : compression.algorithm();
        this.codec = codec;
        this.comparator = ContentComparator.of(compression);
        this.location = location;
        this.observer = observer;
    }

    /** To be called once, before anything is prepared. */
    void begin() throws IOException {
        index.prepare();
        index.read(lines -> {
            indexStamp = stampOfIndex();
            return true;
        });
    }

    private @Nullable FileStamp stampOfIndex() throws IOException {
        try {
            return FileStamp.of(index.file());
        } catch (NoSuchFileException none) {
            return null;
        }
    }

    @Override
    public Prepared prepare(WalToStore wal) throws IOException {
        CompressionAlgorithm form = wal.compression().orElse(algorithm);
        FileStamp stamp = FileStamp.of(wal.file());
        // The other forms must be asked for before: what is made beside one with other content could be restored.
        StoredForms others = wals.askExcept(wal.name(), form);
        if (codec == null || wal.compression().isPresent()) {
            return upload(wal, form, others, ObjectContent.of(wal.file()), stamp);
        }
        try (UnlinkedFile compressed = UnlinkedFile.create(target -> codec.compress(wal.file(), target))) {
            return upload(wal, form, others, compressed, stamp);
        }
    }

    private Prepared upload(
            WalToStore wal,
            @Nullable CompressionAlgorithm form,
            StoredForms others,
            ObjectContent content,
            FileStamp stamp)
            throws IOException {
        ObjectKey key = keys.key(wal.name(), form);
        // Asked while the others are, and not left to the condition of the request: there are stores that ignore it.
        Optional<ObjectInfo> own = store.stat(key);
        List<StoredForms.Found> present = new ArrayList<>(others.found());
        if (present.isEmpty() && own.isEmpty() && store.put(key, content, PutOptions.CREATE_ONLY)) {
            if (!FileStamp.of(wal.file()).equals(stamp)) {
                throw changed(wal, key, takenBack(key));
            }
            observer.reached(SaveStep.UPLOADED, wal.name().text());
            return new Prepared(wal, entry(wal, form, content.sizeBytes()), key, Kind.STORED);
        }
        // Stored before, or our own first attempt succeeded without our hearing of it.
        if (own.isEmpty()) {
            own = store.stat(key);
        }
        own.ifPresent(object -> present.add(new StoredForms.Found(form, object)));
        if (present.isEmpty()) {
            throw new ObjectNotFoundException(key, null);
        }
        StoredForms.Found first = present.get(0);
        Kind kind = Kind.IDENTICAL;
        for (StoredForms.Found found : present) {
            try (StoredFile stored = wals.fetch(found.object().key())) {
                if (!comparator.sameContent(wal.file(), stored.file())) {
                    kind = Kind.DIFFERENT;
                }
            }
        }
        if (kind == Kind.DIFFERENT && !FileStamp.of(wal.file()).equals(stamp)) {
            // What is there may be an earlier state of this very file.
            throw changed(wal, key, "");
        }
        return new Prepared(
                wal,
                entry(wal, first.compression(), first.object().sizeBytes()),
                first.object().key(),
                kind);
    }

    /** Removes an object that nobody was told of; returns what is to be said when it stays. */
    private String takenBack(ObjectKey key) {
        String left = ". Remove the object, which may hold anything, before the file comes again: ";
        try {
            Map<ObjectKey, StorageException> failures = store.delete(List.of(key));
            return failures.isEmpty()
                    ? ""
                    : left + IoReason.of(failures.values().iterator().next());
        } catch (StorageException e) {
            return left + IoReason.of(e);
        }
    }

    private IOException changed(WalToStore wal, ObjectKey key, String left) {
        return new IOException("'" + wal.file() + "' was changed while it was sent to " + keys.url(key)
                + ": whoever puts files there must give them their names when they are complete" + left);
    }

    private static WalEntry entry(WalToStore wal, @Nullable CompressionAlgorithm form, long sizeBytes) {
        return new WalEntry(
                wal.name().text(),
                sizeBytes,
                WalEntry.epochSeconds(wal.modified()),
                form == null ? null : form.id(),
                null);
    }

    @Override
    public WalToStore wal(Prepared prepared) {
        return prepared.wal();
    }

    /** What is in the bucket stays: it is found identical when it comes again. */
    @Override
    public void discard(Prepared prepared) {}

    /** Nothing done ahead takes anything away from the others here, and each attempt waits for the store. */
    @Override
    public boolean triesRestAfterFailure() {
        return false;
    }

    @Override
    public SavePipeline.Committed commit(List<Prepared> group) throws IOException {
        return index.write(lines -> commitLocked(lines, group));
    }

    private SavePipeline.Committed commitLocked(XlogDb lines, List<Prepared> group) throws IOException {
        FileStamp now = stampOfIndex();
        boolean changed = now == null || !now.equals(indexStamp);
        List<Prepared> ready = new ArrayList<>(group.size());
        boolean someExisted = false;
        WalToStore failed = null;
        IOException failure = null;
        for (Prepared prepared : group) {
            // A rebuild may have indexed the object already, or a removal taken it away, one that goes on after it was
            // killed without a trace in the index.
            if ((changed || prepared.kind() != Kind.STORED)
                    && store.stat(prepared.key()).isEmpty()) {
                failed = prepared.wal();
                failure = new StorageException(
                        keys.url(prepared.key()) + " was removed before it was indexed",
                        StorageException.Reason.NOT_FOUND,
                        false,
                        null);
                break;
            }
            ready.add(prepared);
            someExisted |= prepared.kind() != Kind.STORED;
        }
        Set<String> added = write(lines, ready, changed || someExisted);
        indexStamp = stampOfIndex();
        List<StoreOutcome> outcomes = new ArrayList<>(ready.size());
        for (Prepared prepared : ready) {
            observer.reached(SaveStep.INDEXED, prepared.wal().name().text());
            outcomes.add(outcome(prepared, lines, added));
        }
        return new SavePipeline.Committed(List.copyOf(outcomes), failed, failure);
    }

    /** Returns the names that got a line. */
    private Set<String> write(XlogDb lines, List<Prepared> ready, boolean someMayBeThere) throws IOException {
        List<WalEntry> entries = ready.stream().map(Prepared::entry).toList();
        Set<String> added = new HashSet<>();
        try {
            if (someMayBeThere) {
                lines.appendMissing(entries).forEach(entry -> added.add(entry.name()));
            } else {
                lines.append(entries);
                entries.forEach(entry -> added.add(entry.name()));
            }
        } catch (XlogDbFormatException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(
                    "cannot write the WAL index " + index.file() + ": " + IoReason.of(e, index.file()), e);
        }
        return added;
    }

    private StoreOutcome outcome(Prepared prepared, XlogDb lines, Set<String> added) throws IOException {
        WalEntry entry = prepared.entry();
        if (!added.contains(entry.name())) {
            entry = lines.find(entry.name()).orElse(entry);
        }
        String url = keys.url(prepared.key());
        return switch (prepared.kind()) {
            case STORED -> new StoreOutcome.Stored(prepared.wal(), entry, url);
            case IDENTICAL -> new StoreOutcome.IdenticalDuplicate(prepared.wal(), entry, url);
            case DIFFERENT -> new StoreOutcome.DifferentDuplicate(prepared.wal(), entry, url);
        };
    }

    @Override
    public String explain(WalToStore wal, IOException failure) {
        return "Cannot archive " + wal.file() + " in " + location + ": " + IoReason.of(failure)
                + ". Nothing was lost, and the next run goes on from here.";
    }
}
