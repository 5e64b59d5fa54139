// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.stream;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The client's side of {@code barman put-wal --stream}, as far as it reads: an answer per delivery. Not thread-safe. */
public final class DeliveryAnswers {
    private final InputStream in;
    private final byte[] line = new byte[StreamFormat.MAX_LINE_BYTES];

    /** @param in what the server writes; it is read ahead */
    public DeliveryAnswers(InputStream in) {
        this.in = new BufferedInputStream(in, StreamFormat.MAX_LINE_BYTES);
    }

    /**
     * Reads what a server says first; to be called once, before anything else.
     *
     * @return false if it ended without a word, as a server does that knows no streams, or said something else
     */
    public boolean readGreeting() throws IOException {
        String greeting = readLine();
        return greeting != null && greeting.equals(StreamFormat.DELIVERY_GREETING);
    }

    /**
     * Waits for the answer to a delivery.
     *
     * @return why it was refused; null when its files are durable at the server
     * @throws EOFException if the server has ended without an answer: nothing is known of the delivery then
     * @throws WalStreamException if what comes is no answer
     * @throws IOException if reading fails
     */
    public @Nullable String next() throws IOException {
        String answer = readLine();
        if (answer == null) {
            throw new EOFException("the server has ended without an answer");
        }
        if (answer.equals(StreamFormat.STORED)) {
            return null;
        }
        if (answer.startsWith(StreamFormat.REFUSED + " ")) {
            return StreamFormat.message(answer.substring(StreamFormat.REFUSED.length() + 1));
        }
        throw new WalStreamException("unknown answer: " + StreamFormat.message(answer), false);
    }

    /** A line without its end; null at the end of the stream, or where a line is cut off or too long. */
    private @Nullable String readLine() throws IOException {
        int length = 0;
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                return new String(line, 0, length, StandardCharsets.UTF_8);
            }
            if (length == line.length) {
                return null;
            }
            line[length++] = (byte) b;
        }
        return null;
    }
}
