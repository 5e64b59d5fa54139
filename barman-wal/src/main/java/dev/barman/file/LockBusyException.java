// SPDX-License-Identifier: Apache-2.0
package dev.barman.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Somebody else holds a lock that is not to be waited for. */
public final class LockBusyException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Path lockFile;
    private final long holderPid;

    /**
     * @param lockFile the lock
     * @param holderPid what its holder wrote into it, empty when unreadable
     */
    public LockBusyException(Path lockFile, OptionalLong holderPid) {
        super("the lock " + lockFile + " is held by "
                + (holderPid.isPresent() ? "process " + holderPid.getAsLong() : "another process"));
        this.lockFile = lockFile;
        this.holderPid = holderPid.orElse(0);
    }

    /** The lock that is busy. */
    public Path lockFile() {
        return lockFile;
    }

    /** The process that holds it (possibly this one), empty when the lock file does not tell. */
    public OptionalLong holderPid() {
        return holderPid == 0 ? OptionalLong.empty() : OptionalLong.of(holderPid);
    }
}
