// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import dev.barman.file.LockFile;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The WAL index behind its lock, {@code .<server>-xlogdb.lock}, which readers and writers hold alone and wait for. A missing
 * index is built first from the files in the archive, as any access in Barman does.
 *
 * <p>Not reentrant: a function given to {@link #read} or {@link #write} must not call either of the same index. Immutable; may be
 * used by several threads.
 */
public final class LockedXlogDb {
    private final XlogDb index;
    private final Path lockFile;
    private final @Nullable Rebuild rebuild;

    /** Something done with the index while it is locked. */
    @FunctionalInterface
    public interface Action<T> {
        /** Does it. */
        T apply(XlogDb index) throws IOException;
    }

    /** Makes the index from the files in the archive. */
    @FunctionalInterface
    public interface Rebuild {
        /** Builds it anew; called under the lock. */
        XlogDbRebuilder.Result run() throws IOException;
    }

    /** An index that simply is empty while its file is missing. */
    public LockedXlogDb(XlogDb index, Path lockFile) {
        this(index, lockFile, null);
    }

    /**
     * An index that is built when its file is missing.
     *
     * @param rebuild null for none
     */
    public LockedXlogDb(XlogDb index, Path lockFile, @Nullable Rebuild rebuild) {
        this.index = index;
        this.lockFile = lockFile;
        this.rebuild = rebuild;
    }

    /** The file of the index. */
    public Path file() {
        return index.file();
    }

    /**
     * Builds the index if its file is missing. To be called before files are put into the archive: otherwise the first append
     * would find them indexed by the rebuild already, and index them twice.
     *
     * @throws IOException when locking or building fails
     */
    public void prepare() throws IOException {
        if (!index.exists()) {
            write(XlogDb::exists);
        }
    }

    /**
     * Reads under the lock.
     *
     * @throws IOException when locking or building fails, or the function throws it
     */
    public <T> T read(Action<T> action) throws IOException {
        return locked(action);
    }

    /**
     * Writes under the lock.
     *
     * @throws IOException when locking or building fails, or the function throws it
     */
    public <T> T write(Action<T> action) throws IOException {
        return locked(action);
    }

    /**
     * Builds the index anew whether it exists or not.
     *
     * @throws IllegalStateException when no way to build it was given
     * @throws IOException when locking or building fails; an index that existed is then unchanged
     */
    public XlogDbRebuilder.Result rebuild() throws IOException {
        if (rebuild == null) {
            throw new IllegalStateException("no way to rebuild " + index.file());
        }
        try (LockFile lock = LockFile.acquire(lockFile)) {
            return rebuild.run();
        }
    }

    private <T> T locked(Action<T> action) throws IOException {
        try (LockFile lock = LockFile.acquire(lockFile)) {
            if (rebuild != null && !index.exists()) {
                rebuild.run();
            }
            return action.apply(index);
        }
    }
}
