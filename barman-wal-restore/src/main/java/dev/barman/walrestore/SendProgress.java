// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * How long ago the background process last moved, seen from the thread that watches it. Reading and compressing WAL on this machine may take
 * its time; waiting for the server may not. Thread-safe.
 */
final class SendProgress {
    private long moved = System.nanoTime();
    private boolean remote;
    private @Nullable String end;

    /** It does something that depends on this machine alone. */
    synchronized void local() {
        remote = false;
        moved = System.nanoTime();
    }

    /** It begins to wait for the server, or the server has moved. */
    synchronized void remote() {
        remote = true;
        moved = System.nanoTime();
    }

    /** How long it has waited for the server; 0 while it does not. */
    synchronized long waitedNanos() {
        return remote ? System.nanoTime() - moved : 0;
    }

    /** Asks it to end. */
    synchronized void end(String reason) {
        end = reason;
    }

    /** Why it is to end; null as long as it is not. */
    synchronized @Nullable String reasonToEnd() {
        return end;
    }

    /** A stream to the server each write to which is a move. */
    OutputStream observed(OutputStream out) {
        return new FilterOutputStream(out) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                remote();
                out.write(bytes, offset, length);
                remote();
            }
        };
    }
}
