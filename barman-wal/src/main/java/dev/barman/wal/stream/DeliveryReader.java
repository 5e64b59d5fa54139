// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.stream;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of {@code barman put-wal --stream}: the deliveries of a session, each answered before the next is looked at. Not
 * thread-safe.
 */
public final class DeliveryReader {
    private static final int LENGTH_BYTES = 4;

    private final InputStream in;
    private final OutputStream out;
    private final byte[] length = new byte[LENGTH_BYTES];
    private @Nullable Delivery current;

    /**
     * @param in what the client writes
     * @param out where the answers go
     */
    public DeliveryReader(InputStream in, OutputStream out) {
        this.in = in;
        this.out = out;
    }

    /** Says what this session is; to be called once, before anything else. */
    public void greet() throws IOException {
        line(StreamFormat.DELIVERY_GREETING);
    }

    /**
     * The next delivery. Signs of life are passed over.
     *
     * @return null when the client has ended the session, in a delivery or between two
     * @throws WalStreamException if what comes are no chunks
     * @throws IOException if reading fails
     */
    public @Nullable Delivery next() throws IOException {
        if (current != null && !current.skipRest()) {
            return null;
        }
        int first = readLength(true);
        while (first == StreamFormat.ALIVE) {
            first = readLength(true);
        }
        if (first < 0) {
            return null;
        }
        Delivery delivery = new Delivery(first);
        current = delivery;
        return delivery;
    }

    /** Answers that the files of the delivery are durable. */
    public void stored() throws IOException {
        line(StreamFormat.STORED);
    }

    /**
     * Answers that they are not.
     *
     * @param message why, for the client's user; it is made one line
     */
    public void refused(String message) throws IOException {
        line(StreamFormat.REFUSED + " " + StreamFormat.message(message));
    }

    private void line(String text) throws IOException {
        out.write(StreamFormat.bytes(text + "\n"));
        out.flush();
    }

    /** The length of the next chunk; -1 at the end of the stream. Between deliveries it may be a sign of life. */
    private int readLength(boolean between) throws IOException {
        // Not readNBytes(int), which asks a file stream for its position.
        if (in.readNBytes(length, 0, LENGTH_BYTES) < LENGTH_BYTES) {
            return -1;
        }
        int value = StreamFormat.getInt(length, 0);
        if (between && value == StreamFormat.ALIVE) {
            return value;
        }
        if (value < 0 || value > StreamFormat.MAX_CHUNK_BYTES) {
            throw new WalStreamException("a chunk of " + value + " bytes", false);
        }
        return value;
    }

    /** What was delivered, up to its end or to where the client broke off. */
    public final class Delivery extends InputStream {
        private int left;
        private boolean ended;
        private boolean whole;

        private Delivery(int first) {
            left = first;
            ended = first == StreamFormat.END;
            whole = ended;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) throws IOException {
            if (ended) {
                return -1;
            }
            if (count == 0) {
                return 0;
            }
            int n = in.read(bytes, offset, Math.min(count, left));
            if (n < 0) {
                ended = true;
                return -1;
            }
            left -= n;
            if (left == 0) {
                left = readLength(false);
                ended = left <= 0;
                whole = left == StreamFormat.END;
            }
            return n;
        }

        /**
         * Reads and forgets what has not been read.
         *
         * @return whether the delivery came to its end
         */
        public boolean skipRest() throws IOException {
            byte[] unwanted = new byte[8 << 10];
            while (read(unwanted, 0, unwanted.length) >= 0) {
                // until the end
            }
            return whole;
        }
    }
}
