// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Computes the SHA-256 of files, one after the other, in a thread of its own, while the caller receives and writes them. Caller and
 * thread share a ring of buffers; nothing is copied. Used by one caller at a time.
 */
final class ReceivedDigest extends Thread implements AutoCloseable {
    private static final String ALGORITHM = "SHA-256";
    private static final int BUFFERS = 8;
    private static final int BUFFER_BYTES = 256 << 10;

    private final byte[][] ring = new byte[BUFFERS][];
    private final int[] lengths = new int[BUFFERS];
    private final MessageDigest digest = newDigest();

    // Guarded by this.
    private long filled;
    private long done;
    private boolean ended;

    ReceivedDigest() {
        super("received-digest");
        setDaemon(true);
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance(ALGORITHM);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    @Override
    public void run() {
        try {
            for (int index = next(); index >= 0; index = next()) {
                digest.update(ring[index], 0, lengths[index]);
                release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close();
        }
    }

    /** Waits for a buffer to work on; -1 at the end. */
    private synchronized int next() throws InterruptedException {
        while (done == filled && !ended) {
            wait();
        }
        return ended ? -1 : (int) (done % BUFFERS);
    }

    private synchronized void release() {
        done++;
        notifyAll();
    }

    /** A buffer to be filled, the same until {@link #add}. */
    synchronized byte[] buffer() throws IOException {
        awaitDone(filled - BUFFERS + 1);
        int index = (int) (filled % BUFFERS);
        if (ring[index] == null) {
            ring[index] = new byte[BUFFER_BYTES];
        }
        return ring[index];
    }

    /** The first bytes of the {@link #buffer} belong to the file. They must not be changed any more; reading them is fine. */
    synchronized void add(int length) {
        lengths[(int) (filled % BUFFERS)] = length;
        filled++;
        notifyAll();
    }

    /** The checksum of all that was added since the last one. */
    synchronized byte[] finish() throws IOException {
        awaitDone(filled);
        return digest.digest();
    }

    private synchronized void awaitDone(long number) throws IOException {
        try {
            while (done < number && !ended) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while computing a checksum");
        }
        if (done < number) {
            throw new IOException("a checksum could not be computed");
        }
    }

    /** Ends the thread. */
    @Override
    public synchronized void close() {
        ended = true;
        notifyAll();
    }
}
