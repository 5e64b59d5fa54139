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

/** Passes everything on, for tests that let a store behave in another way. */
class PassingObjectStore implements ObjectStore {
    final ObjectStore store;

    PassingObjectStore(ObjectStore store) {
        this.store = store;
    }

    @Override
    public boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        return store.put(key, content, options);
    }

    @Override
    public ObjectUpload startUpload(ObjectKey key, PutOptions options) throws StorageException {
        return store.startUpload(key, options);
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
