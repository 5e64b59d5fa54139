// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * The content of one object, fetched ahead in pieces by several threads. A piece whose transfer breaks off is fetched again, so that a lost
 * connection does not cost what was read before. Never more than {@code ahead + 1} pieces are in memory. Not thread-safe.
 */
final class ObjectDownload extends InputStream {
    /** How often one piece is asked for; each time the store's own retries come on top while there is no answer at all. */
    private static final int ATTEMPTS = 5;

    private final ObjectStore store;
    private final ObjectInfo object;
    private final ExecutorService fetchers;
    private final int pieceBytes;
    private final int ahead;
    private final Queue<Future<Piece>> pieces = new ArrayDeque<>();
    /** Buffers that were read; garbage of this size is expensive. */
    private final Queue<byte[]> free = new ArrayDeque<>();

    private Piece current = Piece.NONE;
    private int position;
    private long asked;

    /** A part of the object. */
    private record Piece(byte[] bytes, int length) {
        static final Piece NONE = new Piece(new byte[0], 0);
    }

    /**
     * @param object what to read, with the length it is known to have
     * @param fetchers the threads, which belong to the caller
     * @param pieceBytes how large a piece is
     * @param ahead how many pieces are fetched ahead, at least 1
     */
    ObjectDownload(ObjectStore store, ObjectInfo object, ExecutorService fetchers, int pieceBytes, int ahead) {
        this.store = store;
        this.object = object;
        this.fetchers = fetchers;
        this.pieceBytes = pieceBytes;
        this.ahead = ahead;
    }

    @Override
    public int read() throws IOException {
        if (!fill()) {
            return -1;
        }
        return current.bytes()[position++] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, current.length() - position);
        System.arraycopy(current.bytes(), position, target, offset, count);
        position += count;
        return count;
    }

    /** What has not been asked for yet is not fetched either. */
    @Override
    public long skip(long count) throws IOException {
        long left = count;
        while (left > 0) {
            if (position == current.length() && pieces.isEmpty()) {
                long jump = Math.min(left, object.sizeBytes() - asked);
                asked += jump;
                return count - left + jump;
            }
            take();
            int step = (int) Math.min(left, current.length() - position);
            position += step;
            left -= step;
        }
        return count;
    }

    private boolean fill() throws IOException {
        if (position < current.length()) {
            return true;
        }
        recycle();
        while (pieces.size() < ahead && asked < object.sizeBytes()) {
            long offset = asked;
            int length = (int) Math.min(pieceBytes, object.sizeBytes() - offset);
            byte[] recycled = free.poll();
            byte[] buffer = recycled == null || recycled.length < length ? new byte[length] : recycled;
            pieces.add(fetchers.submit(() -> fetch(offset, length, buffer)));
            asked += length;
        }
        return take();
    }

    private void recycle() {
        if (current.length() > 0) {
            free.add(current.bytes());
        }
        current = Piece.NONE;
        position = 0;
    }

    /** Makes the next piece that was asked for the current one, where that one is read; false when there is none. */
    private boolean take() throws IOException {
        if (position < current.length()) {
            return true;
        }
        recycle();
        Future<Piece> next = pieces.poll();
        if (next == null) {
            return false;
        }
        try {
            current = next.get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IOException("Cannot read " + object.key() + ": " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while reading " + object.key());
        }
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
        for (Future<Piece> piece : pieces) {
            // Not interrupted: those at work end by themselves, and their connections stay usable.
            piece.cancel(false);
        }
        pieces.clear();
        free.clear();
        current = Piece.NONE;
        position = 0;
        asked = object.sizeBytes();
    }
}
