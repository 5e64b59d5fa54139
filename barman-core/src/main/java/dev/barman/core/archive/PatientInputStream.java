// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a client writes, read by a daemon thread, so that whoever waits for it can give up: neither a pipe nor a terminal knows a time limit. The
 * thread lives until the stream ends, or is blocked in it for good. Not thread-safe.
 */
final class PatientInputStream extends InputStream {
    private static final int PIECE_BYTES = 64 << 10;
    private static final int PIECES = 4;

    private final InputStream in;
    private final Duration patience;
    private final BlockingQueue<Piece> full = new ArrayBlockingQueue<>(PIECES);
    private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(PIECES);
    private @Nullable Piece current;
    private int taken;
    private boolean silent;

    private PatientInputStream(InputStream in, Duration patience) {
        this.in = in;
        this.patience = patience;
    }

    /** What was read at once; a length below 1 is the end of the stream, with the reason if it is not a good one. */
    private record Piece(byte[] bytes, int length, @Nullable IOException failure) {}

    /** Nothing came for too long. */
    static final class SilenceException extends IOException {
        private static final long serialVersionUID = 1L;

        SilenceException(Duration patience) {
            super("nothing came for " + patience.toSeconds() + " seconds");
        }
    }

    /**
     * Begins to read.
     *
     * @param patience how long a read waits for the next byte before it fails with a {@link SilenceException}, as does every read after it
     */
    static PatientInputStream reading(InputStream in, Duration patience) {
        PatientInputStream stream = new PatientInputStream(in, patience);
        for (int i = 0; i < PIECES; i++) {
            stream.free.add(new byte[PIECE_BYTES]);
        }
        Thread thread = new Thread(stream::readAll, "client input");
        thread.setDaemon(true);
        thread.start();
        return stream;
    }

    private void readAll() {
        try {
            int length;
            do {
                byte[] bytes = free.take();
                IOException failure = null;
                try {
                    length = in.read(bytes, 0, bytes.length);
                } catch (IOException e) {
                    length = -1;
                    failure = e;
                }
                full.put(new Piece(bytes, length, failure));
            } while (length >= 0);
        } catch (InterruptedException e) {
            // Nobody interrupts this thread; it ends with the program.
            throw new IllegalStateException(e);
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        Piece piece = current();
        if (piece.length() < 0) {
            if (piece.failure() != null) {
                throw piece.failure();
            }
            return -1;
        }
        int part = Math.min(count, piece.length() - taken);
        System.arraycopy(piece.bytes(), taken, bytes, offset, part);
        taken += part;
        return part;
    }

    /** The piece that is not used up; the last one stays. */
    private Piece current() throws IOException {
        try {
            Piece piece = current;
            if (piece != null && (piece.length() < 0 || taken < piece.length())) {
                return piece;
            }
            if (piece != null) {
                current = null;
                free.put(piece.bytes());
            }
            piece = silent ? null : full.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
            if (piece == null) {
                silent = true;
                throw new SilenceException(patience);
            }
            current = piece;
            taken = 0;
            return piece;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
