// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectPage;
import dev.barman.object.ObjectStore;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** A store that refuses one part of all uploads, and counts the uploads that are neither complete nor given up. */
final class FaultyStore implements ObjectStore {
    final AtomicInteger open = new AtomicInteger();
    private final ObjectStore store;
    private final AtomicInteger partsLeft;

    /**
     * @param badPart which part, counted over all uploads from 1
     */
    FaultyStore(ObjectStore store, int badPart) {
        this.store = store;
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

    @Override
    public boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        return store.put(key, content, options);
    }

    @Override
    public InputStream open(ObjectKey key) throws StorageException {
        return store.open(key);
    }

    @Override
    public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
        return store.open(key, offset, length);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        return store.stat(key);
    }

    @Override
    public ObjectPage list(String prefix, Optional<String> page, int maxObjects) throws StorageException {
        return store.list(prefix, page, maxObjects);
    }

    @Override
    public Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) throws StorageException {
        return store.delete(keys);
    }

    @Override
    public boolean containerExists() throws StorageException {
        return store.containerExists();
    }

    @Override
    public void createContainer() throws StorageException {
        store.createContainer();
    }

    @Override
    public void close() {
        store.close();
    }
}
