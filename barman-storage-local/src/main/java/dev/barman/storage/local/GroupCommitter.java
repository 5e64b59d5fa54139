// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.file.Fsync;
import dev.barman.file.IoReason;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.catalog.XlogDbFormatException;
import dev.barman.wal.storage.SavePipeline.Committed;
import dev.barman.wal.storage.StoreOutcome;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives prepared WALs their final names and their index lines: rename or link, one fsync per directory, one append with one fsync.
 *
 * <p>All of it happens under the index lock, so that a rebuild or a purge never sees a stored file whose line is still to come.
 */
final class GroupCommitter {
    private static final Logger logger = LoggerFactory.getLogger(GroupCommitter.class);

    private final LockedXlogDb index;
    private final WalPreparer preparer;
    private final CommitStep.Observer observer;

    GroupCommitter(LockedXlogDb index, WalPreparer preparer, CommitStep.Observer observer) {
        this.index = index;
        this.preparer = preparer;
        this.observer = observer;
    }

    /**
     * Commits a group in its order.
     *
     * @throws IOException when nothing of it can be said to be durable
     */
    Committed commit(List<PreparedWal> group) throws IOException {
        List<PreparedWal> ready = new ArrayList<>(group);
        replaceUnlinkable(ready);
        return index.write(lines -> commitLocked(lines, ready));
    }

    /**
     * A source that cannot be linked is copied instead, before the lock is taken. What decides is the attempt with the first one:
     * links between two directories work for all files of a user or for none.
     */
    private void replaceUnlinkable(List<PreparedWal> group) throws IOException {
        boolean linksWork = true;
        for (int i = 0; i < group.size(); i++) {
            if (group.get(i) instanceof PreparedWal.Linkable linkable) {
                if (linksWork && canLink(linkable)) {
                    return;
                }
                linksWork = false;
                group.set(i, preparer.prepareWithoutLink(linkable));
            }
        }
    }

    private static boolean canLink(PreparedWal.Linkable linkable) throws IOException {
        Path probe = WalPreparer.temporaryOf(linkable.target());
        try {
            Files.createLink(probe, linkable.wal().file());
            return true;
        } catch (NoSuchFileException | FileAlreadyExistsException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException e) {
            logger.debug("Cannot link {}, copying instead: {}", linkable.wal().file(), e.getMessage());
            return false;
        } finally {
            Files.deleteIfExists(probe);
        }
    }

    private Committed commitLocked(XlogDb lines, List<PreparedWal> group) throws IOException {
        List<PreparedWal> placed = new ArrayList<>(group.size());
        Set<Path> directories = new LinkedHashSet<>();
        boolean someExisted = false;
        WalToStore failed = null;
        IOException failure = null;
        for (PreparedWal prepared : group) {
            try {
                place(prepared);
            } catch (IOException e) {
                failed = prepared.wal();
                failure = e;
                break;
            }
            placed.add(prepared);
            directories.add(LocalDirectories.parentOf(prepared.target()));
            someExisted |= prepared instanceof PreparedWal.Existing;
        }
        for (Path directory : directories) {
            Fsync.directory(directory);
        }
        reached(CommitStep.NAME_DURABLE, placed);
        Set<String> added = new HashSet<>();
        List<WalEntry> entries = new ArrayList<>(placed.size());
        for (PreparedWal prepared : placed) {
            entries.add(prepared.entry());
        }
        try {
            if (someExisted) {
                lines.appendMissing(entries).forEach(entry -> added.add(entry.name()));
            } else {
                lines.append(entries);
            }
        } catch (XlogDbFormatException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(
                    "cannot write the WAL index " + index.file() + ": " + IoReason.of(e, index.file()), e);
        }
        reached(CommitStep.INDEXED, placed);
        List<StoreOutcome> outcomes = new ArrayList<>(placed.size());
        for (PreparedWal prepared : placed) {
            outcomes.add(outcome(prepared, lines, added));
        }
        return new Committed(List.copyOf(outcomes), failed, failure);
    }

    private void place(PreparedWal prepared) throws IOException {
        if (prepared instanceof PreparedWal.Linkable linkable) {
            Files.createLink(linkable.target(), linkable.wal().file());
        } else if (prepared instanceof PreparedWal.Encoded encoded) {
            if (Files.exists(encoded.target())) {
                throw new FileAlreadyExistsException(encoded.target().toString());
            }
            Files.move(encoded.temporary(), encoded.target(), StandardCopyOption.ATOMIC_MOVE);
        } else {
            return;
        }
        observer.reached(CommitStep.IN_PLACE, prepared.wal().name().text());
    }

    private static StoreOutcome outcome(PreparedWal prepared, XlogDb lines, Set<String> added) throws IOException {
        WalToStore wal = prepared.wal();
        String location = prepared.target().toString();
        if (prepared instanceof PreparedWal.Existing existing) {
            WalEntry entry = existing.entry();
            if (!added.contains(entry.name())) {
                entry = lines.find(entry.name()).orElse(entry);
            }
            return existing.identical()
                    ? new StoreOutcome.IdenticalDuplicate(wal, entry, location)
                    : new StoreOutcome.DifferentDuplicate(wal, entry, location);
        }
        return new StoreOutcome.Stored(wal, prepared.entry(), location);
    }

    private void reached(CommitStep step, List<PreparedWal> group) {
        for (PreparedWal prepared : group) {
            observer.reached(step, prepared.wal().name().text());
        }
    }
}
