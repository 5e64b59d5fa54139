// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** Objects in memory, for tests and trials. Nothing survives the instance. Thread-safe. */
public final class MemoryObjectStore implements ObjectStore {
    private static final class Stored {
        private final byte[] content;
        private final Instant modified;
        private final Map<String, String> tags;

        Stored(byte[] content, Instant modified, Map<String, String> tags) {
            this.content = content;
            this.modified = modified;
            this.tags = tags;
        }
    }

    private final NavigableMap<ObjectKey, Stored> objects = new ConcurrentSkipListMap<>();
    private final Clock clock;

    /** Uses the system's clock. */
    public MemoryObjectStore() {
        this(Clock.systemUTC());
    }

    /**
     * @param clock tells when objects are written
     */
    public MemoryObjectStore(Clock clock) {
        this.clock = clock;
    }

    @Override
    public boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        byte[] bytes;
        try (InputStream in = content.open()) {
            bytes = in.readAllBytes();
        }
        if (bytes.length != content.sizeBytes()) {
            throw new IOException("Cannot store '" + key + "': its content has " + bytes.length + " bytes where "
                    + content.sizeBytes() + " were announced");
        }
        return store(key, bytes, options);
    }

    private boolean store(ObjectKey key, byte[] bytes, PutOptions options) {
        Stored stored = new Stored(bytes, clock.instant(), options.tags());
        if (options.createOnly()) {
            return objects.putIfAbsent(key, stored) == null;
        }
        objects.put(key, stored);
        return true;
    }

    @Override
    public ObjectUpload startUpload(ObjectKey key, PutOptions options) {
        NavigableMap<Integer, byte[]> parts = new ConcurrentSkipListMap<>();
        return new ObjectUpload() {
            @Override
            public void part(int number, byte[] bytes, int offset, int length) {
                ObjectRanges.checkPart(number);
                parts.put(number, Arrays.copyOfRange(bytes, offset, offset + length));
            }

            @Override
            public boolean complete() throws StorageException {
                ObjectRanges.checkParts(parts.size(), parts.isEmpty() ? 0 : parts.lastKey());
                ByteArrayOutputStream whole = new ByteArrayOutputStream();
                parts.values().forEach(whole::writeBytes);
                return store(key, whole.toByteArray(), options);
            }

            @Override
            public void close() {
                parts.clear();
            }
        };
    }

    @Override
    public InputStream open(ObjectKey key) throws StorageException {
        return new ByteArrayInputStream(find(key).content);
    }

    @Override
    public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
        ObjectRanges.check(offset, length);
        byte[] content = find(key).content;
        int start = (int) Math.min(offset, content.length);
        return new ByteArrayInputStream(content, start, (int) Math.min(length, content.length - start));
    }

    private Stored find(ObjectKey key) throws StorageException {
        Stored stored = objects.get(key);
        if (stored == null) {
            throw new ObjectNotFoundException(key, null);
        }
        return stored;
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) {
        Stored stored = objects.get(key);
        return stored == null ? Optional.empty() : Optional.of(info(key, stored));
    }

    private static ObjectInfo info(ObjectKey key, Stored stored) {
        return new ObjectInfo(key, stored.content.length, stored.modified);
    }

    /**
     * @param key an object
     * @return the tags it was stored with, empty when there is no such object
     */
    public Map<String, String> tags(ObjectKey key) {
        Stored stored = objects.get(key);
        return stored == null ? Map.of() : stored.tags;
    }

    @Override
    public ObjectPage list(String prefix, Optional<String> page, int maxObjects) {
        ObjectRanges.checkPage(maxObjects);
        NavigableMap<ObjectKey, Stored> rest =
                page.isPresent() ? objects.tailMap(ObjectKey.of(page.get()), false) : objects;
        List<ObjectInfo> found = new ArrayList<>();
        for (Map.Entry<ObjectKey, Stored> entry : rest.entrySet()) {
            if (!entry.getKey().value().startsWith(prefix)) {
                continue;
            }
            if (found.size() == maxObjects) {
                return new ObjectPage(
                        found, Optional.of(found.get(found.size() - 1).key().value()));
            }
            found.add(info(entry.getKey(), entry.getValue()));
        }
        return new ObjectPage(found, Optional.empty());
    }

    @Override
    public Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) {
        for (ObjectKey key : keys) {
            objects.remove(key);
        }
        return Map.of();
    }

    @Override
    public boolean containerExists() {
        return true;
    }

    @Override
    public void createContainer() {}

    @Override
    public void close() {}
}
