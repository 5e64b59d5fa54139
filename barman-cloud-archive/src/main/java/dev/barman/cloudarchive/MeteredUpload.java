// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.object.ObjectUpload;
import dev.barman.object.StorageException;

/** An upload that keeps to the bandwidth and measures its time. Thread-safe as the upload itself. */
final class MeteredUpload implements ObjectUpload {
    private final ObjectUpload upload;
    private final Bandwidth bandwidth;
    private final CopyTimes times;

    MeteredUpload(ObjectUpload upload, Bandwidth bandwidth, CopyTimes times) {
        this.upload = upload;
        this.bandwidth = bandwidth;
        this.times = times;
    }

    @Override
    public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
        bandwidth.acquire(length);
        long begin = System.nanoTime();
        upload.part(number, bytes, offset, length);
        times.add(begin, System.nanoTime());
    }

    @Override
    public boolean complete() throws StorageException {
        long begin = System.nanoTime();
        boolean stored = upload.complete();
        times.add(begin, System.nanoTime());
        return stored;
    }

    @Override
    public void close() {
        upload.close();
    }
}
