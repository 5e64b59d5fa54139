// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.transfer;

import dev.barman.object.StorageException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * The body of a store's answer. It fails instead of ending when the connection is cut, and instead of giving away the last bytes
 * when the content has another checksum than the store told. Not thread-safe.
 */
public final class VerifiedInputStream extends FilterInputStream {
    private final String what;
    private final @Nullable ContentHash hash;
    private final Closeable abort;
    private long left;
    private boolean ended;

    /**
     * @param what for messages: which object
     * @param body the bytes
     * @param length how many there are
     * @param hash what they are compared with, null for nothing
     * @param abort ends the connection without reading what is left; called in place of {@code close} then
     */
    public VerifiedInputStream(
            String what, InputStream body, long length, @Nullable ContentHash hash, Closeable abort) {
        super(body);
        this.what = what;
        this.left = length;
        this.hash = hash;
        this.abort = abort;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (left == 0) {
            verify();
            return -1;
        }
        int n;
        try {
            n = in.read(buffer, offset, (int) Math.min(length, left));
        } catch (RuntimeException e) {
            // Some libraries have no better words for a cut connection.
            throw new IOException(what + ": " + e.getMessage(), e);
        }
        if (n < 0) {
            ended = true;
            throw new EOFException(what + ": the connection was closed " + left + " bytes before the end");
        }
        if (hash != null) {
            hash.update(buffer, offset, n);
        }
        left -= n;
        if (left == 0) {
            verify();
        }
        return n;
    }

    private void verify() throws StorageException {
        if (ended) {
            return;
        }
        ended = true;
        if (hash != null && !hash.matches()) {
            throw new StorageException(
                    what + ": what arrived has another checksum than what is stored",
                    StorageException.Reason.OTHER,
                    true,
                    null);
        }
    }

    @Override
    public long skip(long n) throws IOException {
        long skipped = 0;
        byte[] buffer = new byte[8192];
        while (skipped < n) {
            int got = read(buffer, 0, (int) Math.min(buffer.length, n - skipped));
            if (got < 0) {
                break;
            }
            skipped += got;
        }
        return skipped;
    }

    @Override
    public int available() {
        return 0;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    /** A stream that is left unread is cut, for reading on just to be polite may take gigabytes. */
    @Override
    public void close() throws IOException {
        if (left > 0) {
            abort.close();
        } else {
            in.close();
        }
    }
}
