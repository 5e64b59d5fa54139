// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.transfer;

import dev.barman.object.ObjectUpload;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Content that is sent in parts while it is being written, several parts at a time out of the buffers of a {@link PartPool}: who writes waits when
 * all are full. Ends with {@link #finish} and {@link #await}; {@link #close} without them gives up. Not thread-safe.
 */
public final class PartStream extends OutputStream {
    private final PartPool pool;
    private final ObjectUpload upload;
    private final int size;
    private final PartsUnderWay parts = new PartsUnderWay();
    private byte @Nullable [] buffer;
    private int filled;
    private int number;
    private volatile boolean ended;

    PartStream(PartPool pool, ObjectUpload upload, int size) {
        this.pool = pool;
        this.upload = upload;
        this.size = size;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    /**
     * @throws IOException also the first failure of a part sent before
     */
    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (ended) {
            throw new IOException("the end of the content was written already");
        }
        int from = offset;
        int left = length;
        while (left > 0) {
            byte[] target = buffer;
            if (target == null) {
                parts.rethrow();
                target = pool.take(size);
                buffer = target;
                filled = 0;
            }
            int count = Math.min(left, size - filled);
            System.arraycopy(bytes, from, target, filled, count);
            filled += count;
            from += count;
            left -= count;
            if (filled == size) {
                send();
            }
        }
    }

    private void send() throws IOException {
        byte[] full = buffer;
        if (full == null) {
            return;
        }
        buffer = null;
        number++;
        try {
            pool.submit(number, full, filled, upload, parts);
        } catch (IOException e) {
            pool.give(full);
            throw e;
        }
    }

    /**
     * Ends the content: sends what is left, and does not wait for it.
     *
     * @throws IOException the first failure of a part sent before
     */
    public void finish() throws IOException {
        if (!ended) {
            ended = true;
            parts.rethrow();
            send();
        }
    }

    /**
     * Waits until all parts have been sent.
     *
     * @throws IOException the first failure of a part
     */
    public void await() throws IOException {
        parts.awaitEnd();
        parts.rethrow();
    }

    /** Lets no part be sent any more that is not on its way already, and does not wait; for streams that are given up together, before each is closed. */
    public void giveUp() {
        ended = true;
        parts.giveUp();
    }

    /** Gives up what was not finished, and waits for the parts that are on their way: none is sent any more afterwards. */
    @Override
    public void close() {
        giveUp();
        byte[] unsent = buffer;
        if (unsent != null) {
            buffer = null;
            pool.give(unsent);
        }
        parts.awaitEnd();
    }
}
