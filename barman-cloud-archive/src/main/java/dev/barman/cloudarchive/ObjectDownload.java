// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The content of one object. While connections are fast it is read from one of them, without a buffer; otherwise fetched ahead in pieces by several
 * threads. A piece whose transfer breaks off is fetched again, and a connection that breaks off in the middle gives way to pieces, so that a loss does
 * not cost what was read before. Not thread-safe.
 */
final class ObjectDownload extends PiecesAhead {
    /** How often one piece is asked for; each time the store's own retries come on top while there is no answer at all. */
    private static final int ATTEMPTS = 5;
    /** How many pieces one request asks for that is read directly: so many that the time until the first byte does not count. */
    private static final int RUN_PIECES = 16;

    private final ObjectStore store;
    private final ObjectInfo object;
    private final ExecutorService fetchers;
    private final int pieceBytes;

    private final ConnectionSpeed speed;

    private long asked;
    /** What is being read directly, and where it ends. */
    private @Nullable InputStream run;

    private long runEnd;
    /** What was read since the last measurement, and how long that took. */
    private long unmeasured;

    private long nanos;
    private long measuredFrom;
    private boolean broken;

    /**
     * @param object what to read, with the length it is known to have
     * @param speed decides between one connection and several; told how fast they are
     * @param fetchers the threads, which belong to the caller
     * @param pieceBytes how large a piece is
     * @param ahead how many pieces are fetched ahead, at least 1
     */
    ObjectDownload(
            ObjectStore store,
            ObjectInfo object,
            ConnectionSpeed speed,
            ExecutorService fetchers,
            int pieceBytes,
            int ahead) {
        super(object.key().value(), ahead);
        this.store = store;
        this.object = object;
        this.speed = speed;
        this.fetchers = fetchers;
        this.pieceBytes = pieceBytes;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        int count = length == 0 ? 0 : readRun(target, offset, length);
        return count == 0 ? super.read(target, offset, length) : count;
    }

    /** Reads from one connection; returns 0 when it is not to be used, or no more. */
    private int readRun(byte[] target, int offset, int size) throws IOException {
        if (run == null) {
            if (broken || hasPieces() || asked == object.sizeBytes() || !speed.isFast()) {
                return 0;
            }
            long bytes = speed.isKnownFast() ? (long) RUN_PIECES * pieceBytes : pieceBytes;
            long length = Math.min(bytes, object.sizeBytes() - asked);
            run = store.open(object.key(), asked, length);
            runEnd = asked + length;
            unmeasured = 0;
            nanos = 0;
        }
        long begin = System.nanoTime();
        if (unmeasured == 0) {
            measuredFrom = begin;
        }
        int count;
        try {
            count = run.read(target, offset, (int) Math.min(size, runEnd - asked));
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            // Whoever fetches the pieces tries several times, and tells.
            count = -1;
        }
        if (count <= 0) {
            broken = true;
            endRun();
            return 0;
        }
        asked += count;
        measure(count, begin, System.nanoTime());
        if (asked == runEnd || !speed.isFast()) {
            endRun();
        }
        return count;
    }

    /** What is shorter than a piece says nothing: it may have arrived already, or be the first thing ever that is read. */
    private void measure(int count, long begin, long end) {
        unmeasured += count;
        nanos += end - begin;
        if (unmeasured >= pieceBytes) {
            speed.measured(unmeasured, nanos, end - measuredFrom);
            unmeasured = 0;
            nanos = 0;
        }
    }

    private void endRun() {
        InputStream ended = run;
        run = null;
        if (ended != null) {
            try {
                ended.close();
            } catch (IOException e) {
                // What was read of it is what was asked for, and nothing else is of interest.
                broken = true;
            }
        }
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
        endRun();
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
        endRun();
        discardPieces();
        asked = object.sizeBytes();
    }
}
