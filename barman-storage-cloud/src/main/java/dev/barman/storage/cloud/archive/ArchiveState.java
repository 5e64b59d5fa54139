// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.file.IoReason;
import dev.barman.file.LockFile;
import dev.barman.wal.archive.LastArchivedCache;
import dev.barman.wal.archive.Quarantine;
import dev.barman.wal.archive.QuarantineCopies;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.storage.StoreOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What the archiver keeps on the PostgreSQL host, in one {@link StateDirectory}: the record of archived segments, the WAL index
 * {@code SERVER-xlog.db} with its lock, and copies of files that could not be archived in {@code errors}. Not thread-safe.
 */
final class ArchiveState {
    private static final String ERRORS = "errors";

    private final StateDirectory directory;
    private final String server;
    private final Duration patience;
    private final LastArchivedCache record;
    private final QuarantineCopies errors;

    ArchiveState(
            StateDirectory directory,
            String server,
            String destination,
            Duration patience,
            Consumer<String> warnings,
            Clock clock) {
        this.directory = directory;
        this.server = server;
        this.patience = patience;
        this.record = new LastArchivedCache(directory, destination, patience, warnings);
        this.errors = new QuarantineCopies(directory.path().resolve(ERRORS), clock);
    }

    /** What was archived; also knows, and warns, whether the directory can be written to. */
    LastArchivedCache record() {
        return record;
    }

    /**
     * Adds the lines of files that are durable in the store, in this order, durably, unless they are there.
     *
     * @throws NotRecordedException when that cannot be done
     */
    void index(List<StoreOutcome> outcomes) throws NotRecordedException {
        List<WalEntry> entries = new ArrayList<>();
        Set<String> fresh = new HashSet<>();
        for (StoreOutcome outcome : outcomes) {
            entries.add(outcome.entry());
            // One that was there before may have its line, or lack it: a crash came between the two. A new object has
            // none, unless the call for it found it and was faster than this one, which stored others behind it.
            if (outcome instanceof StoreOutcome.Stored) {
                fresh.add(outcome.entry().name());
            }
        }
        Path lockFile = directory.path().resolve("." + server + "-xlogdb.lock");
        XlogDb index = new XlogDb(directory.path().resolve(server + "-xlog.db"));
        try (LockFile lock = LockFile.acquire(lockFile, patience)) {
            index.appendMissing(entries, fresh);
        } catch (IOException e) {
            throw new NotRecordedException(
                    outcomes.get(0).location() + " is stored, but the WAL index " + index.file()
                            + " could not be written: " + IoReason.of(e),
                    e);
        }
    }

    /**
     * Keeps a copy of a file that could not be archived.
     *
     * @throws NotRecordedException when that cannot be done
     */
    Path keep(Path file, String name, Quarantine.Reason reason) throws NotRecordedException {
        try {
            return errors.keep(file, name, reason);
        } catch (IOException e) {
            throw new NotRecordedException(
                    "'" + file + "' cannot be archived, and no copy of it could be kept in "
                            + directory.path().resolve(ERRORS) + ": " + IoReason.of(e),
                    e);
        }
    }
}
