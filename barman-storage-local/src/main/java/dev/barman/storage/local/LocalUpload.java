// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectRanges;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** Keeps the parts as temporary files in the directory of the objects and copies them into one at the end. Thread-safe. */
final class LocalUpload implements ObjectUpload {
    private final LocalObjectStore store;
    private final Path root;
    private final ObjectKey key;
    private final PutOptions options;
    private final String temporaryName = LocalObjectStore.temporaryName();
    private final NavigableMap<Integer, Path> parts = new ConcurrentSkipListMap<>();

    LocalUpload(LocalObjectStore store, Path root, ObjectKey key, PutOptions options) {
        this.store = store;
        this.root = root;
        this.key = key;
        this.options = options;
    }

    @Override
    public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
        ObjectRanges.checkPart(number);
        Path file = root.resolve(temporaryName + "." + number);
        try {
            store.createRoot();
            parts.put(number, file);
            try (FileChannel out = FileChannel.open(
                    file, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer left = ByteBuffer.wrap(bytes, offset, length);
                while (left.hasRemaining()) {
                    out.write(left);
                }
            }
        } catch (IOException e) {
            throw LocalObjectStore.failure("Cannot store part " + number + " of '" + key + "' in " + root, e);
        }
    }

    @Override
    public boolean complete() throws StorageException {
        ObjectRanges.checkParts(parts.size(), parts.isEmpty() ? 0 : parts.lastKey());
        try {
            long size = 0;
            for (Path part : parts.values()) {
                size += Files.size(part);
            }
            boolean stored = store.put(key, whole(size), options);
            close();
            return stored;
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw LocalObjectStore.failure("Cannot store '" + key + "' in " + root, e);
        }
    }

    private ObjectContent whole(long size) {
        return new ObjectContent() {
            @Override
            public long sizeBytes() {
                return size;
            }

            @Override
            public InputStream open() {
                return new Joined(parts.values().iterator());
            }
        };
    }

    /** One file after the other. Not thread-safe. */
    private static final class Joined extends InputStream {
        private final Iterator<Path> files;
        private InputStream current = InputStream.nullInputStream();

        Joined(Iterator<Path> files) {
            this.files = files;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            while (true) {
                int n = current.read(bytes, offset, length);
                if (n >= 0 || !files.hasNext()) {
                    return n;
                }
                current.close();
                current = Files.newInputStream(files.next());
            }
        }

        @Override
        public void close() throws IOException {
            current.close();
        }
    }

    @Override
    public void close() {
        for (Path part : parts.values()) {
            try {
                Files.deleteIfExists(part);
            } catch (IOException e) {
                // A temporary file stays, which is no object.
            }
        }
        parts.clear();
    }
}
