// SPDX-License-Identifier: Apache-2.0
package dev.barman.file;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The lock files that this process has open. POSIX locks belong to the process and go when any descriptor of the file is closed,
 * so there is one table for the process, and nobody opens a lock file without a claim on it.
 */
final class LockTable {
    /** Why a file is open: held or being acquired, or looked at for an instant. */
    enum Claim {
        HOLD,
        PROBE
    }

    private static final Map<Path, Claim> CLAIMED = new HashMap<>();

    private LockTable() {}

    /** The name by which a file is known here whatever links lead to its directory. */
    static Path key(Path file) throws IOException {
        Path absolute = file.toAbsolutePath();
        Path directory = absolute.getParent();
        Path name = absolute.getFileName();
        if (directory == null || name == null) {
            throw new IOException("not a lock file: " + file);
        }
        return directory.toRealPath().resolve(name);
    }

    /** Claims the file unless it is held in this process; waits for a probe to end. */
    static boolean tryClaim(Path key, Claim claim) throws IOException {
        synchronized (CLAIMED) {
            while (CLAIMED.get(key) == Claim.PROBE) {
                awaitChange(key);
            }
            return CLAIMED.putIfAbsent(key, claim) == null;
        }
    }

    /** Claims the file, waiting until nobody in this process holds it. */
    static void claim(Path key) throws IOException {
        synchronized (CLAIMED) {
            while (CLAIMED.putIfAbsent(key, Claim.HOLD) != null) {
                awaitChange(key);
            }
        }
    }

    static void release(Path key) {
        synchronized (CLAIMED) {
            CLAIMED.remove(key);
            CLAIMED.notifyAll();
        }
    }

    private static void awaitChange(Path key) throws IOException {
        try {
            CLAIMED.wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the lock " + key);
        }
    }
}
