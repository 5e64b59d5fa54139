// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.config.HookEvent;
import dev.barman.core.hook.HookAbortedException;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.hook.WalHookEnvironment;
import dev.barman.wal.archive.ArchiveListener;
import dev.barman.wal.archive.ArchiveResult;
import dev.barman.wal.archive.ArchiveVetoException;
import dev.barman.wal.catalog.PythonFloat;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Runs the archive hook scripts around the archiving of each WAL. */
final class HookArchiveListener implements ArchiveListener {
    private final HookRunner hooks;
    private final WalStorage storage;

    HookArchiveListener(HookRunner hooks, WalStorage storage) {
        this.hooks = hooks;
        this.storage = storage;
    }

    @Override
    public void before(WalToStore wal) throws ArchiveVetoException, IOException {
        try {
            hooks.before(HookEvent.ARCHIVE, ofSource(wal, wal.file().toString(), ""));
        } catch (HookAbortedException e) {
            throw new ArchiveVetoException(e.getMessage(), e);
        }
    }

    @Override
    public void after(WalToStore wal, ArchiveResult result) {
        hooks.after(HookEvent.ARCHIVE, environment(wal, result));
    }

    /** In all cases but success Barman tells scripts the place in the archive with the properties of the source. */
    private WalHookEnvironment environment(WalToStore wal, ArchiveResult result) {
        if (result instanceof ArchiveResult.Archived archived) {
            WalEntry entry = archived.outcome().entry();
            return new WalHookEnvironment(
                    entry.name(),
                    archived.outcome().location(),
                    entry.sizeBytes(),
                    entry.time(),
                    entry.compression(),
                    "");
        }
        String error;
        if (result instanceof ArchiveResult.AlreadyArchived) {
            error = "MatchingDuplicateWalFile:" + pythonText(wal);
        } else if (result instanceof ArchiveResult.Conflict) {
            error = "DuplicateWalFile:" + pythonText(wal);
        } else if (result instanceof ArchiveResult.Vetoed vetoed) {
            error = String.valueOf(vetoed.veto().getMessage());
        } else if (result instanceof ArchiveResult.Failed failed) {
            error = String.valueOf(failed.failure().getMessage());
        } else {
            throw new IllegalStateException("unknown result " + result);
        }
        return ofSource(wal, storage.destinationOf(wal.name()), error);
    }

    private static WalHookEnvironment ofSource(WalToStore wal, String file, String error) {
        return new WalHookEnvironment(
                wal.name().text(),
                file,
                wal.sizeBytes(),
                WalEntry.epochSeconds(wal.modified()),
                compression(wal),
                error);
    }

    private static String pythonText(WalToStore wal) {
        String compression = compression(wal);
        return "WalFileInfo(compression=" + (compression == null ? "None" : "'" + compression + "'")
                + ", encryption=None, name='" + wal.name().text() + "', size=" + wal.sizeBytes() + ", time="
                + PythonFloat.repr(WalEntry.epochSeconds(wal.modified())) + ")";
    }

    private static @Nullable String compression(WalToStore wal) {
        return wal.compression().map(CompressionAlgorithm::id).orElse(null);
    }
}
