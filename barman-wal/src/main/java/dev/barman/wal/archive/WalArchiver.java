// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.wal.archive.SegmentInspector.Verdict;
import dev.barman.wal.storage.StoreOutcome;
import dev.barman.wal.storage.StoreOutcome.DifferentDuplicate;
import dev.barman.wal.storage.StoreOutcome.IdenticalDuplicate;
import dev.barman.wal.storage.StoreOutcome.Stored;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalStoreException;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings batches of a {@link WalSource} into a {@link WalStorage}.
 *
 * <p>A source file goes last: it is removed when the archive and its index hold the WAL durably, or it is moved to the quarantine.
 * So a pass can be interrupted at any point, by an exception or by the end of the machine, and the next one finishes the work.
 *
 * <p>The caller holds the lock that makes it the only archiver of this server. Not thread-safe.
 */
public final class WalArchiver {
    private static final Logger logger = LoggerFactory.getLogger(WalArchiver.class);

    private final WalSource source;
    private final WalStorage storage;
    private final Quarantine quarantine;
    private final ArchiveProgress progress;
    private final @Nullable ArchiveListener listener;
    private final SegmentInspector inspector;

    private int archived;
    private int duplicates;
    private int setAside;
    private int left;
    private boolean stopped;

    /**
     * Creates an archiver of one source.
     *
     * @param quarantine takes what cannot be archived
     * @param progress is told what happens
     * @param listener brackets every single WAL; without one the storage may work on several at once
     * @param expectedSystemId gives the identifier of the cluster whose WAL belongs here; empty when it is not known. Asked for each
     *     complete segment that tells its cluster, and not at all without one; every answer is the same
     */
    public WalArchiver(
            WalSource source,
            WalStorage storage,
            Quarantine quarantine,
            ArchiveProgress progress,
            Optional<ArchiveListener> listener,
            Supplier<Optional<String>> expectedSystemId) {
        this.source = source;
        this.storage = storage;
        this.quarantine = quarantine;
        this.progress = progress;
        this.listener = listener.orElse(null);
        this.inspector = new SegmentInspector(expectedSystemId);
    }

    /**
     * Archives one batch, and then moves its unknown entries aside.
     *
     * @throws WalStoreException when a WAL could not be stored; those before it are archived, it and the rest are where they were
     * @throws IOException when a file could not be read, removed or moved aside; nothing is lost
     */
    public ArchiveSummary archive(WalBatch batch) throws IOException {
        archived = 0;
        duplicates = 0;
        setAside = 0;
        left = 0;
        stopped = false;
        if (listener == null) {
            archiveTogether(batch);
        } else {
            archiveOneByOne(batch, listener);
        }
        if (!stopped && !batch.unknown().isEmpty()) {
            setUnknownAside(batch.unknown());
        }
        return new ArchiveSummary(archived, duplicates, setAside, left, stopped);
    }

    private void archiveOneByOne(WalBatch batch, ArchiveListener bracket) throws IOException {
        for (WalBatch.Item item : batch.items()) {
            Optional<WalToStore> described = describe(item);
            if (described.isEmpty()) {
                continue;
            }
            WalToStore wal = described.get();
            Verdict verdict = inspector.inspect(wal);
            if (!(verdict instanceof Verdict.Acceptable)) {
                refuse(wal, verdict);
                continue;
            }
            progress.processing(wal);
            ArchiveResult result;
            try {
                bracket.before(wal);
                result = settle(List.of(storage.save(wal))).get(0);
            } catch (ArchiveVetoException veto) {
                progress.vetoed(wal, veto);
                bracket.after(wal, new ArchiveResult.Vetoed(veto));
                stopped = true;
                return;
            } catch (IOException | RuntimeException failure) {
                bracket.after(wal, new ArchiveResult.Failed(failure));
                throw failure;
            }
            bracket.after(wal, result);
        }
    }

    private void archiveTogether(WalBatch batch) throws IOException {
        Ahead ahead = new Ahead(batch.items().iterator());
        try {
            storage.save(ahead, outcomes -> {
                for (StoreOutcome outcome : outcomes) {
                    ahead.reportUpTo(outcome.wal());
                    progress.processing(outcome.wal());
                }
                settle(outcomes);
            });
        } catch (WalStoreException failure) {
            ahead.reportUpTo(failure.wal());
            progress.processing(failure.wal());
            throw failure;
        } catch (UncheckedIOException failure) {
            throw failure.getCause();
        }
        ahead.reportRest();
    }

    /** The sources of archived WALs go, those of conflicting ones are moved aside. */
    private List<ArchiveResult> settle(List<StoreOutcome> outcomes) throws IOException {
        List<WalToStore> done = new ArrayList<>(outcomes.size());
        for (StoreOutcome outcome : outcomes) {
            if (!(outcome instanceof DifferentDuplicate)) {
                done.add(outcome.wal());
            }
        }
        if (!done.isEmpty()) {
            source.discard(done);
        }
        List<ArchiveResult> results = new ArrayList<>(outcomes.size());
        for (StoreOutcome outcome : outcomes) {
            // Java 17: no switch over a sealed type yet.
            if (outcome instanceof Stored stored) {
                archived++;
                results.add(new ArchiveResult.Archived(stored));
            } else if (outcome instanceof IdenticalDuplicate identical) {
                duplicates++;
                results.add(new ArchiveResult.AlreadyArchived(identical));
            } else if (outcome instanceof DifferentDuplicate different) {
                WalToStore wal = outcome.wal();
                Path keptAs = quarantine.keep(wal.file(), wal.name().text(), Quarantine.Reason.DUPLICATE);
                setAside++;
                progress.conflict(wal, keptAs);
                results.add(new ArchiveResult.Conflict(different, keptAs));
            }
        }
        return results;
    }

    private void refuse(WalToStore wal, Verdict verdict) throws IOException {
        if (verdict instanceof Verdict.Incomplete incomplete) {
            left++;
            progress.incomplete(wal, incomplete.expectedBytes());
        } else if (verdict instanceof Verdict.Foreign foreign) {
            Path keptAs = quarantine.keep(wal.file(), wal.name().text(), Quarantine.Reason.UNKNOWN);
            setAside++;
            progress.foreign(wal, foreign.systemId(), foreign.expectedSystemId(), keptAs);
        }
    }

    private void setUnknownAside(List<Path> entries) throws IOException {
        progress.unknown(entries);
        for (Path entry : entries) {
            try {
                quarantine.keep(entry, String.valueOf(entry.getFileName()), Quarantine.Reason.UNKNOWN);
                setAside++;
            } catch (NoSuchFileException gone) {
                logger.debug("{} is gone", entry);
            }
        }
    }

    /** Empty when the file is gone: somebody else took it, or it was renamed meanwhile. */
    private Optional<WalToStore> describe(WalBatch.Item item) throws IOException {
        try {
            return Optional.of(source.describe(item));
        } catch (NoSuchFileException gone) {
            logger.debug("{} is gone", item.file());
            return Optional.empty();
        }
    }

    /**
     * Gives the acceptable WALs of a batch to a storage that pulls them ahead of the outcomes, and deals with the others when
     * their turn comes, so that a person reads about all of them in order.
     */
    private final class Ahead implements Iterator<WalToStore> {
        private final Iterator<WalBatch.Item> items;
        private final ArrayDeque<Looked> pending = new ArrayDeque<>();
        private @Nullable WalToStore next;

        Ahead(Iterator<WalBatch.Item> items) {
            this.items = items;
        }

        private record Looked(WalToStore wal, Verdict verdict) {}

        @Override
        public boolean hasNext() {
            while (next == null && items.hasNext()) {
                try {
                    Optional<WalToStore> wal = describe(items.next());
                    if (wal.isPresent()) {
                        Verdict verdict = inspector.inspect(wal.get());
                        pending.add(new Looked(wal.get(), verdict));
                        if (verdict instanceof Verdict.Acceptable) {
                            next = wal.get();
                        }
                    }
                } catch (NoSuchFileException gone) {
                    logger.debug("{} is gone", gone.getFile());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return next != null;
        }

        @Override
        public WalToStore next() {
            if (!hasNext() || next == null) {
                throw new NoSuchElementException();
            }
            WalToStore wal = next;
            next = null;
            return wal;
        }

        void reportUpTo(WalToStore wal) throws IOException {
            Looked looked = pending.poll();
            while (looked != null && !looked.wal().equals(wal)) {
                refuse(looked.wal(), looked.verdict());
                looked = pending.poll();
            }
        }

        void reportRest() throws IOException {
            for (Looked looked = pending.poll(); looked != null; looked = pending.poll()) {
                refuse(looked.wal(), looked.verdict());
            }
        }
    }
}
