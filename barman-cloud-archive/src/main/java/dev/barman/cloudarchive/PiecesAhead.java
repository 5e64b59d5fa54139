// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A stream in pieces that other threads get ready ahead of its reader. Never more than {@code ahead + 1} pieces are in memory. What ended the work on a
 * piece ends the reading where the piece would begin. Not thread-safe.
 */
abstract class PiecesAhead extends InputStream {
    private final String what;
    private final int ahead;
    private final Queue<Future<Piece>> pieces = new ArrayDeque<>();
    /** Buffers that were read; garbage of this size is expensive. */
    private final Queue<byte[]> free = new ArrayDeque<>();

    private Piece current = Piece.NONE;
    private int position;

    /** A part of the content, which may be empty. */
    record Piece(byte[] bytes, int length) {
        static final Piece NONE = new Piece(new byte[0], 0);
    }

    /**
     * @param what for messages
     * @param ahead how many pieces are got ready ahead, at least 1
     */
    PiecesAhead(String what, int ahead) {
        this.what = what;
        this.ahead = ahead;
    }

    /**
     * Begins to get the next piece ready.
     *
     * @param recycled a buffer of an earlier piece, or null
     * @return null when there is none
     */
    abstract @Nullable Future<Piece> next(byte @Nullable [] recycled);

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
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

    /** Whether there is a piece, read in part or asked for. */
    final boolean hasPieces() {
        return position < current.length() || !pieces.isEmpty();
    }

    /** Passes over what is left of the first of the {@linkplain #hasPieces pieces}, or so many bytes of it; returns how many these were. */
    final int passOver(long most) throws IOException {
        take();
        int step = (int) Math.min(most, current.length() - position);
        position += step;
        return step;
    }

    private boolean fill() throws IOException {
        while (position == current.length()) {
            recycle();
            while (pieces.size() < ahead) {
                Future<Piece> next = next(free.poll());
                if (next == null) {
                    break;
                }
                pieces.add(next);
            }
            if (!take()) {
                return false;
            }
        }
        return true;
    }

    private void recycle() {
        if (current.bytes().length > 0) {
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
            throw new IOException("Cannot read " + what + ": " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while reading " + what);
        }
    }

    /** Gives up the pieces that nobody has begun with. */
    final void discardPieces() {
        for (Future<Piece> piece : pieces) {
            // Not interrupted: those at work end by themselves, and their connections stay usable.
            piece.cancel(false);
        }
        pieces.clear();
        free.clear();
        current = Piece.NONE;
        position = 0;
    }
}
