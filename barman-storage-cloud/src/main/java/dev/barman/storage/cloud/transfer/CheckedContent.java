// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.transfer;

import dev.barman.object.ObjectContent;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Content on its way into the SDK. Marks the failures of the source, which would otherwise look like failures of the connection,
 * and sees that it has exactly the length announced. Not thread-safe.
 */
public final class CheckedContent extends FilterInputStream {
    /** A failure of the source. */
    private static final class SourceException extends IOException {
        private static final long serialVersionUID = 1L;

        private final IOException failure;

        SourceException(IOException failure) {
            super(failure.getMessage(), failure);
            this.failure = failure;
        }
    }

    private final long sizeBytes;
    private long read;

    private CheckedContent(InputStream in, long sizeBytes) {
        super(in);
        this.sizeBytes = sizeBytes;
    }

    /**
     * @param content what is to be sent
     * @return its bytes; reads fail with an exception that {@link #failureIn} knows
     * @throws IOException when it cannot be opened
     */
    public static InputStream open(ObjectContent content) throws IOException {
        return new CheckedContent(content.open(), content.sizeBytes());
    }

    /**
     * @param e an exception of the SDK
     * @return the failure of the source behind it, null when there is none
     */
    public static @Nullable IOException failureIn(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SourceException source) {
                return source.failure;
            }
        }
        return null;
    }

    private SourceException wrongLength(String actual) {
        return new SourceException(
                new IOException("the content has " + actual + " bytes where " + sizeBytes + " were announced"));
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int n;
        try {
            n = in.read(buffer, offset, length);
        } catch (IOException e) {
            throw new SourceException(e);
        }
        if (n < 0) {
            if (read < sizeBytes) {
                throw wrongLength(Long.toString(read));
            }
            return n;
        }
        read += n;
        // The last byte is only given away when nothing follows it: a reader may stop there.
        if (read > sizeBytes || (read == sizeBytes && hasMore())) {
            throw wrongLength("more than " + sizeBytes);
        }
        return n;
    }

    private boolean hasMore() throws SourceException {
        try {
            return in.read() >= 0;
        } catch (IOException e) {
            throw new SourceException(e);
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
    public boolean markSupported() {
        return false;
    }
}
