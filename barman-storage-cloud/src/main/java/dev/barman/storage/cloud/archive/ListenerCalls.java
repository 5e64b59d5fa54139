// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.wal.archive.ArchiveListener;
import dev.barman.wal.archive.ArchiveResult;
import dev.barman.wal.archive.ArchiveVetoException;
import dev.barman.wal.storage.StoreOutcome;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one run to a listener: every {@code before} is followed by its {@code after}, in the same order, when nothing can change any
 * more. Not thread-safe.
 */
final class ListenerCalls {
    private final @Nullable ArchiveListener listener;
    /** For whom {@code after} is owed, by path, with what is known of the outcome. */
    private final Map<Path, Owed> owed = new LinkedHashMap<>();

    private record Owed(WalToStore wal, ArchiveResult result) {}

    ListenerCalls(@Nullable ArchiveListener listener) {
        this.listener = listener;
    }

    void before(WalToStore wal) throws ArchiveVetoException, IOException {
        if (listener == null) {
            return;
        }
        expect(wal, new ArchiveResult.Failed(new IOException(wal.file() + " was not archived")));
        try {
            listener.before(wal);
        } catch (ArchiveVetoException e) {
            expect(wal, new ArchiveResult.Vetoed(e));
            throw e;
        } catch (IOException e) {
            expect(wal, new ArchiveResult.Failed(e));
            throw e;
        }
    }

    /** Notes how a file fared. */
    void expect(WalToStore wal, ArchiveResult result) {
        if (listener != null) {
            owed.put(wal.file(), new Owed(wal, result));
        }
    }

    /** Notes that a file is archived. */
    void archived(StoreOutcome outcome) {
        if (outcome instanceof StoreOutcome.Stored stored) {
            expect(stored.wal(), new ArchiveResult.Archived(stored));
        } else if (outcome instanceof StoreOutcome.IdenticalDuplicate identical) {
            expect(identical.wal(), new ArchiveResult.AlreadyArchived(identical));
        }
    }

    void after() {
        if (listener != null) {
            for (Owed call : owed.values()) {
                listener.after(call.wal, call.result);
            }
            owed.clear();
        }
    }
}
