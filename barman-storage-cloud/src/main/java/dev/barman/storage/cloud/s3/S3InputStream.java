// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** The body of an answer, which fails instead of ending when the connection is cut. Not thread-safe. */
final class S3InputStream extends FilterInputStream {
    private final ResponseInputStream<GetObjectResponse> body;
    private long left;
    private boolean ended;

    S3InputStream(ResponseInputStream<GetObjectResponse> body) {
        super(body);
        this.body = body;
        Long length = body.response().contentLength();
        this.left = length == null ? Long.MAX_VALUE : length;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int n = body.read(buffer, offset, length);
        if (n > 0) {
            left -= n;
        } else if (n < 0) {
            ended = true;
            if (left > 0 && left != Long.MAX_VALUE) {
                throw new EOFException("the connection was closed " + left + " bytes before the end of the object");
            }
        }
        return n;
    }

    @Override
    public long skip(long n) throws IOException {
        long skipped = body.skip(n);
        left -= skipped;
        return skipped;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    /** A stream that is left unread is cut, for reading on just to be polite may take gigabytes. */
    @Override
    public void close() throws IOException {
        if (!ended && left > 0) {
            body.abort();
        } else {
            body.close();
        }
    }
}
