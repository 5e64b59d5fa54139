// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.stream;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/**
 * The client's side of {@code barman put-wal --stream}, as far as it writes: one delivery after the other, each ended by
 * {@link #endDelivery}. Closing in the middle of a delivery tells the server that it is not complete. Not thread-safe.
 */
public final class DeliveryWriter extends OutputStream {
    /** So long a client may be silent between two deliveries before it has to say that it is still there. */
    public static final Duration MAX_SILENCE = Duration.ofSeconds(30);

    private static final int CHUNK_BYTES = 256 << 10;
    private static final int LENGTH_BYTES = 4;

    private final OutputStream out;
    private final byte[] chunk = new byte[LENGTH_BYTES + CHUNK_BYTES + LENGTH_BYTES];
    private int filled = LENGTH_BYTES;

    /** @param out where to; best unbuffered, since what is written to it comes in large pieces */
    public DeliveryWriter(OutputStream out) {
        this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int from = offset;
        int left = length;
        while (left > 0) {
            int part = Math.min(left, LENGTH_BYTES + CHUNK_BYTES - filled);
            System.arraycopy(bytes, from, chunk, filled, part);
            filled += part;
            from += part;
            left -= part;
            if (filled == LENGTH_BYTES + CHUNK_BYTES) {
                send();
            }
        }
    }

    /** Ends the delivery, even one without content, and flushes: the server answers now. */
    public void endDelivery() throws IOException {
        if (filled > LENGTH_BYTES) {
            StreamFormat.putInt(chunk, 0, filled - LENGTH_BYTES);
            StreamFormat.putInt(chunk, filled, StreamFormat.END);
            out.write(chunk, 0, filled + LENGTH_BYTES);
        } else {
            StreamFormat.putInt(chunk, 0, StreamFormat.END);
            out.write(chunk, 0, LENGTH_BYTES);
        }
        filled = LENGTH_BYTES;
        out.flush();
    }

    /**
     * Says that the client is still there; between two deliveries only.
     *
     * @throws IllegalStateException within a delivery
     */
    public void signOfLife() throws IOException {
        if (filled > LENGTH_BYTES) {
            throw new IllegalStateException("within a delivery");
        }
        StreamFormat.putInt(chunk, 0, StreamFormat.ALIVE);
        out.write(chunk, 0, LENGTH_BYTES);
        out.flush();
    }

    private void send() throws IOException {
        StreamFormat.putInt(chunk, 0, filled - LENGTH_BYTES);
        out.write(chunk, 0, filled);
        filled = LENGTH_BYTES;
    }

    /** Ends the session. */
    @Override
    public void close() throws IOException {
        out.close();
    }
}
