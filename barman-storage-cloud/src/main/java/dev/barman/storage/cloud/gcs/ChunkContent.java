// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import com.google.api.client.http.HttpContent;
import java.io.IOException;
import java.io.OutputStream;

/** Two arrays one after the other, of which a range is sent: what was left of the parts before, and a part. Not thread-safe. */
final class ChunkContent implements HttpContent {
    private final byte[] first;
    private final byte[] second;
    private final int offset;
    private final long from;
    private final long to;

    private ChunkContent(byte[] first, byte[] second, int offset, long from, long to) {
        this.first = first;
        this.second = second;
        this.offset = offset;
        this.from = from;
        this.to = to;
    }

    /** The first array, then a part of the second one. */
    static ChunkContent of(byte[] first, byte[] second, int offset, int length) {
        return new ChunkContent(first, second, offset, 0, (long) first.length + length);
    }

    /** A range of a whole chunk. */
    ChunkContent range(long rangeFrom, long rangeTo) {
        return new ChunkContent(first, second, offset, rangeFrom, rangeTo);
    }

    /** {@return the bytes, copied; not for more than an array holds} */
    byte[] bytes() {
        byte[] copy = new byte[(int) (to - from)];
        int fromFirst = lengthOfFirst();
        System.arraycopy(first, (int) Math.min(from, first.length), copy, 0, fromFirst);
        System.arraycopy(second, startOfSecond(), copy, fromFirst, copy.length - fromFirst);
        return copy;
    }

    private int lengthOfFirst() {
        return (int) Math.max(0, Math.min(to, first.length) - from);
    }

    private int startOfSecond() {
        return offset + (int) Math.max(0, from - first.length);
    }

    @Override
    public long getLength() {
        return to - from;
    }

    @Override
    public String getType() {
        return GcsRequests.CONTENT_TYPE;
    }

    @Override
    public boolean retrySupported() {
        return true;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        int fromFirst = lengthOfFirst();
        out.write(first, (int) Math.min(from, first.length), fromFirst);
        out.write(second, startOfSecond(), (int) (to - from - fromFirst));
        out.flush();
    }
}
