// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.transfer;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectUpload;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Sends large contents in parts, several at a time, out of a fixed number of buffers: one store holds at most {@code parallel}
 * parts in memory, however many uploads it makes at the same time. Buffers and threads are made when they are first needed.
 * Thread-safe.
 */
public final class PartPool implements AutoCloseable {
    private static final long IDLE_SECONDS = 10;

    private final Semaphore permits;
    private final Deque<byte[]> free = new ArrayDeque<>();
    private final ThreadPoolExecutor threads;
    private final int partBytes;

    /**
     * @param name for the threads
     * @param parallel how many parts are in memory, and sent, at the same time
     * @param partBytes the usual size of a part
     */
    public PartPool(String name, int parallel, int partBytes) {
        this.permits = new Semaphore(parallel, true);
        this.partBytes = partBytes;
        AtomicInteger number = new AtomicInteger();
        this.threads = new ThreadPoolExecutor(
                parallel, parallel, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "barman-" + name + "-part-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * The size of the parts of an object.
     *
     * @param size length of the object
     * @param maxParts how many parts the store allows
     * @return the usual size, or what an object needs that is too large for it
     */
    public int partBytesFor(long size, int maxParts) {
        return (int) Math.min(Integer.MAX_VALUE - 16, Math.max(partBytes, (size + maxParts - 1) / maxParts));
    }

    /**
     * Sends all parts of a content; completing the upload is the caller's.
     *
     * @param content what to send, at least one byte
     * @param size of a part, from {@link #partBytesFor}
     * @param upload where to
     * @throws IOException when the content cannot be read or does not have its announced length, or the first failure of a part
     */
    public void send(ObjectContent content, int size, ObjectUpload upload) throws IOException {
        send(content, size, upload, null);
    }

    /**
     * As {@link #send}, for stores that keep a checksum of the whole.
     *
     * @param content what to send, at least one byte
     * @param size of a part
     * @param upload where to
     * @return the MD5 sum of the content
     * @throws IOException as {@link #send}
     */
    public byte[] sendAndSum(ObjectContent content, int size, ObjectUpload upload) throws IOException {
        MessageDigest digest = ContentHash.md5();
        send(content, size, upload, digest);
        return digest.digest();
    }

    private void send(ObjectContent content, int size, ObjectUpload upload, @Nullable MessageDigest digest)
            throws IOException {
        Parts parts = new Parts();
        try (InputStream in = CheckedContent.open(content)) {
            long left = content.sizeBytes();
            for (int number = 1; left > 0 && parts.failure() == null; number++) {
                int length = (int) Math.min(size, left);
                sendNext(in, number, take(size), length, upload, parts, digest);
                left -= length;
            }
        } catch (IOException e) {
            IOException source = CheckedContent.failureIn(e);
            throw source == null ? e : source;
        } finally {
            parts.awaitEnd();
        }
        parts.rethrow();
    }

    private void sendNext(
            InputStream in,
            int number,
            byte[] buffer,
            int length,
            ObjectUpload upload,
            Parts parts,
            @Nullable MessageDigest digest)
            throws IOException {
        boolean handedOver = false;
        try {
            in.readNBytes(buffer, 0, length);
            if (digest != null) {
                digest.update(buffer, 0, length);
            }
            submit(number, buffer, length, upload, parts);
            handedOver = true;
        } finally {
            if (!handedOver) {
                give(buffer);
            }
        }
    }

    private void submit(int number, byte[] buffer, int length, ObjectUpload upload, Parts parts) throws IOException {
        parts.begin();
        try {
            threads.execute(() -> {
                Throwable failure = null;
                try {
                    upload.part(number, buffer, 0, length);
                } catch (IOException | RuntimeException | Error e) {
                    failure = e;
                } finally {
                    give(buffer);
                    parts.end(failure);
                }
            });
        } catch (RejectedExecutionException e) {
            parts.end(null);
            throw new IOException("the store was closed while an object was sent", e);
        }
    }

    private byte[] take(int size) throws InterruptedIOException {
        try {
            permits.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while sending an object in parts");
        }
        synchronized (free) {
            byte[] buffer = free.poll();
            if (buffer != null && buffer.length >= size) {
                return buffer;
            }
        }
        return new byte[size];
    }

    private void give(byte[] buffer) {
        if (buffer.length == partBytes) {
            synchronized (free) {
                free.push(buffer);
            }
        }
        permits.release();
    }

    /** Ends the threads. Uploads that are on their way may fail. */
    @Override
    public void close() {
        threads.shutdown();
    }

    /** The parts of one upload that are on their way. */
    private static final class Parts {
        private int running;
        private @Nullable Throwable failure;

        synchronized void begin() {
            running++;
        }

        synchronized void end(@Nullable Throwable why) {
            running--;
            if (why != null && failure == null) {
                failure = why;
            }
            notifyAll();
        }

        synchronized @Nullable Throwable failure() {
            return failure;
        }

        /** Every request has its time-out, so that this ends. */
        synchronized void awaitEnd() {
            boolean interrupted = false;
            while (running > 0) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        synchronized void rethrow() throws IOException {
            if (failure instanceof IOException e) {
                throw e;
            }
            if (failure instanceof RuntimeException e) {
                throw e;
            }
            if (failure instanceof Error e) {
                throw e;
            }
        }
    }
}
