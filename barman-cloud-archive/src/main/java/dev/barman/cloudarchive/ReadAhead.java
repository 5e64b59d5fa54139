// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Reads another stream ahead with a thread of its own, so that what comes out of a decompressor is written while the decompressor goes on. Every
 * failure of the other stream reaches the reader, an early end among them. Not thread-safe.
 */
final class ReadAhead extends PiecesAhead {
    private static final int AHEAD = 2;

    private final InputStream in;
    private final int pieceBytes;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "restore-read-ahead"));
    private volatile boolean ended;

    /**
     * @param in what to read; belongs to this stream from now on
     * @param what for messages
     * @param pieceBytes how much to read at once; at most three times as much is in memory
     */
    ReadAhead(InputStream in, String what, int pieceBytes) {
        super(what, AHEAD);
        this.in = in;
        this.pieceBytes = pieceBytes;
    }

    @Override
    @Nullable
    Future<Piece> next(byte @Nullable [] recycled) {
        if (ended) {
            return null;
        }
        byte[] buffer = recycled == null ? new byte[pieceBytes] : recycled;
        return thread.submit(() -> {
            if (ended) {
                return Piece.NONE;
            }
            boolean whole = false;
            try {
                int count = in.readNBytes(buffer, 0, pieceBytes);
                whole = count == pieceBytes;
                return new Piece(buffer, count);
            } finally {
                ended = !whole;
            }
        });
    }

    /** Ends the thread, and when it has ended closes the other stream. */
    @Override
    public void close() throws IOException {
        discardPieces();
        thread.shutdownNow();
        Uninterruptibles.awaitTerminationUninterruptibly(thread);
        in.close();
    }
}
