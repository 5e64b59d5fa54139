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
 * Sends large contents in parts, several at a time, out of a fixed number of buffers: so many parts are in memory at most,
 * however many uploads are made at the same time. Buffers and threads are made when they are first needed.
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
        this(name, parallel, parallel, partBytes);
    }

    /**
     * A pool with more buffers than parts that are sent at the same time, so that the next one is filled meanwhile.
     *
     * @param name for the threads
     * @param parallel how many parts are sent at the same time
     * @param buffers how many parts are in memory
     * @param partBytes the usual size of a part
     */
    public PartPool(String name, int parallel, int buffers, int partBytes) {
        this.permits = new Semaphore(buffers, true);
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
        PartsUnderWay parts = new PartsUnderWay();
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
            PartsUnderWay parts,
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

    void submit(int number, byte[] buffer, int length, ObjectUpload upload, PartsUnderWay parts) throws IOException {
        parts.begin();
        try {
            threads.execute(() -> {
                Throwable failure = null;
                try {
                    if (parts.isWanted()) {
                        upload.part(number, buffer, 0, length);
                    }
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

    byte[] take(int size) throws InterruptedIOException {
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

    void give(byte[] buffer) {
        if (buffer.length == partBytes) {
            synchronized (free) {
                free.push(buffer);
            }
        }
        permits.release();
    }

    /**
     * Begins to send content whose length is not known beforehand. At least one buffer of the pool is held from the first byte written to the
     * last part sent, so that no more streams may be written to at the same time than the pool has buffers.
     *
     * @param upload where to; completing and closing it are the caller's
     * @param size of a part; all but the last have it
     * @return what to write the content to
     */
    public PartStream open(ObjectUpload upload, int size) {
        return new PartStream(this, upload, size);
    }

    /** Ends the threads. Uploads that are on their way may fail. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
