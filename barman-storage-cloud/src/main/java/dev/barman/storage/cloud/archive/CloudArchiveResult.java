// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.wal.archive.ArchiveVetoException;
import dev.barman.wal.storage.StoreOutcome;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What became of the WAL file that was asked for. What was archived ahead has no part in it. */
public sealed interface CloudArchiveResult {
    /** {@return whether PostgreSQL may remove or recycle the file} */
    boolean success();

    /** An earlier run archived this very file, by the record; the store was not asked. */
    record Recorded() implements CloudArchiveResult {
        @Override
        public boolean success() {
            return true;
        }
    }

    /** It is stored now. */
    record Archived(StoreOutcome.Stored outcome) implements CloudArchiveResult {
        @Override
        public boolean success() {
            return true;
        }
    }

    /** It was stored before, with the same content. */
    record AlreadyArchived(StoreOutcome.IdenticalDuplicate outcome) implements CloudArchiveResult {
        @Override
        public boolean success() {
            return true;
        }
    }

    /**
     * Another content has its name in the store, and stays.
     *
     * @param keptAs the copy of the file in the errors directory, null where there is none
     * @param success whether it does not matter: of a backup label, which no recovery needs, there is a copy
     */
    record Conflict(
            StoreOutcome.DifferentDuplicate outcome,
            @Nullable Path keptAs,
            boolean success) implements CloudArchiveResult {}

    /**
     * It is not what its name says, or belongs to another cluster; nothing was stored.
     *
     * @param keptAs the copy of the file in the errors directory, null where there is none
     */
    record Unfit(String why, @Nullable Path keptAs) implements CloudArchiveResult {
        @Override
        public boolean success() {
            return false;
        }
    }

    /** The listener said no; nothing was stored. */
    record Vetoed(ArchiveVetoException veto) implements CloudArchiveResult {
        @Override
        public boolean success() {
            return false;
        }
    }
}
