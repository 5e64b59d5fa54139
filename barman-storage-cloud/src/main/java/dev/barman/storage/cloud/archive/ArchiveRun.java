// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.file.IoReason;
import dev.barman.wal.BackupLabelFileName;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.archive.ArchiveResult;
import dev.barman.wal.archive.ArchiveVetoException;
import dev.barman.wal.archive.FileStamp;
import dev.barman.wal.archive.ParallelWalArchiver;
import dev.barman.wal.archive.Quarantine;
import dev.barman.wal.archive.ReadySegment;
import dev.barman.wal.archive.ReadySegments;
import dev.barman.wal.archive.RequestedSegment;
import dev.barman.wal.archive.UnfitSegmentException;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.storage.StoreOutcome;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One call of {@link CloudWalArchiver#archive}. Not thread-safe. */
final class ArchiveRun {
    private final WalFileName name;
    private final Path file;
    private final Uploaders uploaders;
    private final @Nullable ArchiveState state;
    private final Consumer<String> warnings;
    private final Ahead ahead;
    private final UploadsAhead.Abandoned abandoned;
    private final ListenerCalls listener;
    private @Nullable CloudArchiveResult result;

    /** Gives the uploader, which opens the store. */
    @FunctionalInterface
    interface Uploaders {
        WalUploader get() throws IOException;
    }

    /**
     * The bounds of archiving ahead.
     *
     * @param parallel how many segments a call archives at most
     * @param nanos for how long segments are added, and then again waited for
     * @param memoryBytes how much of them may be in memory
     * @param compression how they are compressed, null for not at all
     */
    record Ahead(
            int parallel,
            long nanos,
            long memoryBytes,
            @Nullable CompressionSettings compression) {
        int concurrent(WalSegmentSize size, long maxHeapBytes) {
            // Larger ones lie in temporary files.
            long inMemory = Math.min(size.bytes(), WalCopy.MAX_IN_MEMORY);
            long most = Math.min(parallel - 1, memoryBytes / inMemory);
            if (compression != null) {
                // Some compressors need more than a segment.
                try (WalCodec codec = WalCodec.of(compression)) {
                    most = atMost(most, maxHeapBytes / 2, codec.heapBytesPerCall());
                    most = atMost(most, memoryBytes, codec.nativeBytesPerCall(size.bytes()));
                }
            }
            return (int) Math.max(1, most);
        }

        private static long atMost(long most, long bytes, long bytesEach) {
            return bytesEach == 0 ? most : Math.min(most, bytes / bytesEach);
        }
    }

    /** Ends a run whose outcome is known. */
    private static final class StoppedException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    ArchiveRun(
            WalFileName name,
            Path file,
            Uploaders uploaders,
            @Nullable ArchiveState state,
            Consumer<String> warnings,
            Ahead ahead,
            UploadsAhead.Abandoned abandoned,
            ListenerCalls listener) {
        this.name = name;
        this.file = file;
        this.uploaders = uploaders;
        this.state = state;
        this.warnings = warnings;
        this.ahead = ahead;
        this.abandoned = abandoned;
        this.listener = listener;
    }

    CloudArchiveResult archive() throws IOException {
        try {
            ReadySegment segment = state != null && name instanceof WalSegmentName segmentName
                    ? RequestedSegment.look(file, segmentName, warnings)
                    : null;
            if (state == null || segment == null) {
                alone();
            } else {
                withFollowing(state, segment);
            }
        } catch (UnfitSegmentException e) {
            result = unfit(e);
        } catch (StoppedException e) {
            // The result says why.
            if (result == null) {
                throw e;
            }
        } finally {
            listener.after();
        }
        return result == null ? new CloudArchiveResult.Recorded() : result;
    }

    private void alone() throws IOException, UnfitSegmentException {
        StoreOutcome outcome = requested(FileStamp.of(file));
        if (state != null && state.record().prepare()) {
            state.index(List.of(outcome));
        }
        succeed(outcome);
    }

    private void withFollowing(ArchiveState current, ReadySegment segment) throws IOException {
        List<StoreOutcome> outcomes = new ArrayList<>();
        ParallelWalArchiver.Transport<IOException> transport = new ParallelWalArchiver.Transport<>() {
            @Override
            public List<ReadySegment> archive(ReadySegment first, ReadySegments following) throws IOException {
                return upload(current, first, following, outcomes);
            }
        };
        new ParallelWalArchiver<>(current.record(), transport, Math.max(1, ahead.parallel)).archive(segment);
        if (!outcomes.isEmpty()) {
            succeed(outcomes.get(0));
            outcomes.forEach(listener::archived);
        }
    }

    /** In the store, then in the index; what returns from here goes into the record. */
    private List<ReadySegment> upload(
            ArchiveState current, ReadySegment first, ReadySegments following, List<StoreOutcome> outcomes)
            throws IOException {
        List<ReadySegment> archived = new ArrayList<>();
        try {
            outcomes.add(requested(first.stamp()));
        } catch (UnfitSegmentException e) {
            result = unfit(e);
            throw new StoppedException();
        }
        archived.add(first);
        long now = System.nanoTime();
        UploadsAhead uploads = new UploadsAhead(uploaders.get(), warnings, this::admits, abandoned);
        int concurrent = ahead.concurrent(first.size(), Runtime.getRuntime().maxMemory());
        for (UploadsAhead.Done done : uploads.run(following, concurrent, now + ahead.nanos, now + 2 * ahead.nanos)) {
            outcomes.add(done.outcome());
            archived.add(done.segment());
        }
        if (current.record().prepare()) {
            try {
                current.index(outcomes);
            } catch (NotRecordedException e) {
                listener.expect(outcomes.get(0).wal(), new ArchiveResult.Failed(e));
                throw e;
            }
        }
        return archived;
    }

    private void succeed(StoreOutcome outcome) {
        listener.archived(outcome);
        result = outcome instanceof StoreOutcome.Stored stored
                ? new CloudArchiveResult.Archived(stored)
                : new CloudArchiveResult.AlreadyArchived((StoreOutcome.IdenticalDuplicate) outcome);
    }

    /** Stores the requested file; returns only if it is stored, now or before. */
    private StoreOutcome requested(FileStamp stamp) throws IOException, UnfitSegmentException {
        WalToStore wal = WalUploader.describe(name, file, stamp);
        try {
            listener.before(wal);
        } catch (ArchiveVetoException e) {
            result = new CloudArchiveResult.Vetoed(e);
            throw new StoppedException();
        }
        StoreOutcome outcome;
        try {
            outcome = uploaders.get().store(name, file, stamp);
        } catch (IOException | UnfitSegmentException e) {
            listener.expect(wal, new ArchiveResult.Failed(e));
            throw e;
        }
        if (outcome instanceof StoreOutcome.DifferentDuplicate different) {
            conflict(different);
            throw new StoppedException();
        }
        return outcome;
    }

    private void conflict(StoreOutcome.DifferentDuplicate different) throws NotRecordedException {
        Path kept = keep(Quarantine.Reason.DUPLICATE);
        // A label is for people; no recovery needs it.
        result = new CloudArchiveResult.Conflict(different, kept, kept != null && name instanceof BackupLabelFileName);
        listener.expect(
                different.wal(),
                kept == null
                        ? new ArchiveResult.Failed(new IOException(different.location() + " has a different content"))
                        : new ArchiveResult.Conflict(different, kept));
    }

    private CloudArchiveResult unfit(UnfitSegmentException e) throws NotRecordedException {
        return new CloudArchiveResult.Unfit(String.valueOf(e.getMessage()), keep(Quarantine.Reason.UNKNOWN));
    }

    private @Nullable Path keep(Quarantine.Reason reason) throws NotRecordedException {
        return state != null && state.record().prepare() ? state.keep(file, name.text(), reason) : null;
    }

    private boolean admits(ReadySegment segment) {
        try {
            listener.before(WalUploader.describe(segment.name(), segment.file(), segment.stamp()));
            return true;
        } catch (ArchiveVetoException e) {
            return false;
        } catch (IOException e) {
            warnings.accept(segment.name() + " is not archived ahead: " + IoReason.alone(e));
            return false;
        }
    }
}
