// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectUpload;
import dev.barman.object.StorageException;

/** An upload that keeps to the bandwidth and to what the store takes, and measures its time. Thread-safe as the upload itself. */
final class MeteredUpload implements ObjectUpload {
    private final ObjectUpload upload;
    private final ObjectKey key;
    private final UploadOptions options;
    private final Bandwidth bandwidth;
    private final CopyTimes times;

    MeteredUpload(ObjectUpload upload, ObjectKey key, UploadOptions options, Bandwidth bandwidth, CopyTimes times) {
        this.upload = upload;
        this.key = key;
        this.options = options;
        this.bandwidth = bandwidth;
        this.times = times;
    }

    @Override
    public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
        if (number > options.maxParts()) {
            throw new StorageException(
                    "Cannot store " + key + ": it has more than " + options.maxParts() + " parts of "
                            + options.partBytes()
                            + " bytes, which is what the store takes; ask for larger ones with --min-chunk-size",
                    StorageException.Reason.OTHER,
                    false,
                    null);
        }
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
    public boolean wasStored() throws StorageException {
        return upload.wasStored();
    }

    @Override
    public void close() {
        upload.close();
    }
}
