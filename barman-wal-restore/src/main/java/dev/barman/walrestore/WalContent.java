// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.tar.PaxTarWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * What is sent for one file: bytes in memory, or a file that is open. One thread may write it while another one hashes it.
 */
final class WalContent {
    private static final int CHUNK_BYTES = 256 * 1024;

    private final PaxTarWriter.Entry entry;
    private final byte @Nullable [] memory;
    private final @Nullable FileChannel channel;
    private @Nullable String checksum;
    private @Nullable IOException failure;

    private WalContent(PaxTarWriter.Entry entry, byte @Nullable [] memory, @Nullable FileChannel channel) {
        this.entry = entry;
        this.memory = memory;
        this.channel = channel;
    }

    /** The first {@code entry.sizeBytes()} bytes of an array, which nobody changes until {@link #release}. */
    static WalContent inMemory(PaxTarWriter.Entry entry, byte[] memory) {
        return new WalContent(entry, memory, null);
    }

    /** The first {@code entry.sizeBytes()} bytes of a file, which is closed by {@link #release}. */
    static WalContent inFile(PaxTarWriter.Entry entry, FileChannel channel) {
        return new WalContent(entry, null, channel);
    }

    String name() {
        return entry.name();
    }

    byte @Nullable [] memory() {
        return memory;
    }

    /** Takes a piece of content. */
    private interface Sink {
        void take(byte[] bytes, int offset, int length) throws IOException;
    }

    /**
     * Writes the entry.
     *
     * @throws SourceException when the content cannot be read
     * @throws IOException when it cannot be written
     */
    void writeTo(PaxTarWriter tar) throws IOException {
        tar.begin(entry);
        each(new Sink() {
            @Override
            public void take(byte[] bytes, int offset, int length) throws IOException {
                tar.write(bytes, offset, length);
            }
        });
        tar.end();
    }

    /** Computes the checksum, for {@link #checksum} in whichever thread. */
    void hash(MessageDigest digest) {
        IOException problem = null;
        String hex = null;
        try {
            each(new Sink() {
                @Override
                public void take(byte[] bytes, int offset, int length) {
                    digest.update(bytes, offset, length);
                }
            });
            hex = hex(digest.digest());
        } catch (IOException e) {
            problem = e;
        } catch (RuntimeException | Error e) {
            // Somebody waits for the checksum in another thread.
            problem = new IOException("no checksum of " + name() + " can be computed: " + e, e);
        }
        synchronized (this) {
            checksum = hex;
            failure = problem;
            notifyAll();
        }
    }

    /** Waits for the checksum, in hexadecimal digits. */
    synchronized String checksum() throws IOException {
        boolean interrupted = false;
        while (checksum == null && failure == null) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw failure;
        }
        return String.valueOf(checksum);
    }

    private void each(Sink sink) throws IOException {
        long size = entry.sizeBytes();
        if (memory != null) {
            for (int at = 0; at < size; at += CHUNK_BYTES) {
                sink.take(memory, at, (int) Math.min(CHUNK_BYTES, size - at));
            }
            return;
        }
        byte[] buffer = new byte[(int) Math.min(CHUNK_BYTES, size)];
        for (long at = 0; at < size; ) {
            int length = read(ByteBuffer.wrap(buffer, 0, (int) Math.min(buffer.length, size - at)), at);
            sink.take(buffer, 0, length);
            at += length;
        }
    }

    private int read(ByteBuffer buffer, long position) throws SourceException {
        int length;
        try {
            length = channel == null ? -1 : channel.read(buffer, position);
        } catch (IOException e) {
            throw new SourceException(name(), e);
        }
        if (length < 0) {
            throw new SourceException(name(), new IOException("became shorter while it was read"));
        }
        return length;
    }

    /** Trouble with the source, not with the pipe. */
    static final class SourceException extends IOException {
        private static final long serialVersionUID = 1L;

        SourceException(String name, IOException cause) {
            super(name, cause);
        }
    }

    /** Closes what is open. */
    void release() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder(2 * bytes.length);
        for (byte b : bytes) {
            text.append(Character.forDigit((b >> 4) & 15, 16)).append(Character.forDigit(b & 15, 16));
        }
        return text.toString();
    }
}
