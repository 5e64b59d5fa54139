// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.stream;

import java.io.IOException;

/** A file of a stream did not come to its end, or what came is no stream of WAL files. */
public final class WalStreamException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean streamUsable;

    WalStreamException(String message, boolean streamUsable) {
        super(message);
        this.streamUsable = streamUsable;
    }

    /** Whether only this one file is lost: the server gave it up and goes on with the next answer. */
    public boolean isStreamUsable() {
        return streamUsable;
    }
}
