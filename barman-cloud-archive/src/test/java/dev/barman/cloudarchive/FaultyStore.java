// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import java.util.concurrent.atomic.AtomicInteger;

/** A store that refuses one part of all uploads, and counts the uploads that are neither complete nor given up. */
final class FaultyStore extends PassingObjectStore {
    final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger partsLeft;

    /**
     * @param badPart which part, counted over all uploads from 1
     */
    FaultyStore(ObjectStore store, int badPart) {
        super(store);
        this.partsLeft = new AtomicInteger(badPart);
    }

    @Override
    public ObjectUpload startUpload(ObjectKey key, PutOptions options) throws StorageException {
        ObjectUpload upload = store.startUpload(key, options);
        open.incrementAndGet();
        return new ObjectUpload() {
            private boolean ended;

            @Override
            public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
                if (partsLeft.decrementAndGet() == 0) {
                    throw new StorageException("the store is full", StorageException.Reason.OTHER, false, null);
                }
                upload.part(number, bytes, offset, length);
            }

            @Override
            public boolean complete() throws StorageException {
                boolean stored = upload.complete();
                end();
                return stored;
            }

            @Override
            public void close() {
                upload.close();
                end();
            }

            private void end() {
                if (!ended) {
                    ended = true;
                    open.decrementAndGet();
                }
            }
        };
    }
}
