// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The content of one object, fetched ahead in pieces by several threads. A piece whose transfer breaks off is fetched again, so that a lost
 * connection does not cost what was read before. Not thread-safe.
 */
final class ObjectDownload extends PiecesAhead {
    /** How often one piece is asked for; each time the store's own retries come on top while there is no answer at all. */
    private static final int ATTEMPTS = 5;

    private final ObjectStore store;
    private final ObjectInfo object;
    private final ExecutorService fetchers;
    private final int pieceBytes;

    private long asked;

    /**
     * @param object what to read, with the length it is known to have
     * @param fetchers the threads, which belong to the caller
     * @param pieceBytes how large a piece is
     * @param ahead how many pieces are fetched ahead, at least 1
     */
    ObjectDownload(ObjectStore store, ObjectInfo object, ExecutorService fetchers, int pieceBytes, int ahead) {
        super(object.key().value(), ahead);
        this.store = store;
        this.object = object;
        this.fetchers = fetchers;
        this.pieceBytes = pieceBytes;
    }

    @Override
    @Nullable
    Future<Piece> next(byte @Nullable [] recycled) {
        if (asked == object.sizeBytes()) {
            return null;
        }
        long offset = asked;
        int length = (int) Math.min(pieceBytes, object.sizeBytes() - offset);
        byte[] buffer = recycled == null || recycled.length < length ? new byte[length] : recycled;
        asked += length;
        return fetchers.submit(() -> fetch(offset, length, buffer));
    }

    /** What has not been asked for yet is not fetched either. */
    @Override
    public long skip(long count) throws IOException {
        long left = Math.max(0, count);
        while (left > 0 && hasPieces()) {
            left -= passOver(left);
        }
        long jump = Math.min(left, object.sizeBytes() - asked);
        asked += jump;
        return Math.max(0, count) - left + jump;
    }

    private Piece fetch(long offset, int length, byte[] buffer) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try (InputStream in = store.open(object.key(), offset, length)) {
                int read = in.readNBytes(buffer, 0, length);
                if (read == length) {
                    return new Piece(buffer, length);
                }
                throw new EOFException(
                        "object " + object.key() + " ends at " + (offset + read) + ", not at " + object.sizeBytes());
            } catch (StorageException e) {
                // The store has tried again already.
                throw e;
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    throw new StorageException(
                            "Cannot read " + object.key() + ": " + e.getMessage(),
                            StorageException.Reason.UNREACHABLE,
                            false,
                            e);
                }
            }
        }
    }

    @Override
    public void close() {
        discardPieces();
        asked = object.sizeBytes();
    }
}
