// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentCheck;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Stores one WAL file in a bucket, and never in the place of another one.
 *
 * <p>An object of the WAL's name, under whatever compression suffix, that has the same uncompressed content is as good as a new
 * one: the call may be repeated, and the compression setting may change between two calls. One with other content stays as it
 * is, and the call fails: two clusters write into one archive, or two servers were promoted to the same timeline. The file itself
 * is only read. Not thread-safe.
 */
final class WalUploader {
    private static final int BUFFER_BYTES = 128 * 1024;

    /** What became of a file. */
    sealed interface Outcome {
        /** It is stored now. */
        record Stored(ObjectKey key) implements Outcome {}

        /** It was stored before, with the same content. */
        record Identical(ObjectKey key) implements Outcome {}

        /** Another content has its name; nothing was changed. */
        record Different(ObjectKey key) implements Outcome {}

        /** It is not what its name says; nothing was sent. */
        record Unfit(String why) implements Outcome {}
    }

    private final ObjectStore store;
    private final WalKeys keys;
    private final @Nullable CompressionSettings compression;
    private final Map<String, String> tags;

    /**
     * @param store the bucket
     * @param keys where the files of the server are in it
     * @param compression how to compress new objects, null for not at all
     * @param tags tags of new objects
     */
    WalUploader(ObjectStore store, WalKeys keys, @Nullable CompressionSettings compression, Map<String, String> tags) {
        this.store = store;
        this.keys = keys;
        this.compression = compression;
        this.tags = Map.copyOf(tags);
    }

    /**
     * Stores a file, unless its name is taken.
     *
     * @throws IOException when the file cannot be read or the store fails
     */
    Outcome store(WalFileName name, Path file) throws IOException {
        String problem = problem(name, file);
        if (problem != null) {
            return new Outcome.Unfit(problem);
        }
        Outcome present = present(name, file);
        if (present != null) {
            return present;
        }
        ObjectKey key = keys.key(name, algorithm());
        if (put(key, file, PutOptions.CREATE_ONLY)) {
            return new Outcome.Stored(key);
        }
        // Another call was faster, or our own first attempt succeeded without our hearing of it.
        return sameContent(file, key, algorithm()) ? new Outcome.Identical(key) : new Outcome.Different(key);
    }

    /**
     * Stores a file in the place of whatever has its key, without a look at either, as the original does.
     *
     * @throws IOException when the file cannot be read or the store fails
     */
    Outcome overwrite(WalFileName name, Path file) throws IOException {
        ObjectKey key = keys.key(name, algorithm());
        put(key, file, PutOptions.OVERWRITE);
        return new Outcome.Stored(key);
    }

    private @Nullable CompressionAlgorithm algorithm() {
        return compression == null ? null : compression.algorithm();
    }

    private static @Nullable String problem(WalFileName name, Path file) throws IOException {
        if (!(name instanceof WalSegmentName segment)) {
            return null;
        }
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(WalPageHeader.LENGTH);
        }
        return WalSegmentCheck.problem(segment, head, Files.size(file));
    }

    private @Nullable Outcome present(WalFileName name, Path file) throws IOException {
        Outcome identical = null;
        for (ObjectInfo object : store.listAll(keys.key(name, null).value())) {
            Optional<WalKeys.Form> form = keys.formOf(name, object.key());
            if (form.isPresent()) {
                if (!sameContent(file, object.key(), form.get().compression())) {
                    return new Outcome.Different(object.key());
                }
                identical = new Outcome.Identical(object.key());
            }
        }
        return identical;
    }

    private boolean put(ObjectKey key, Path file, PutOptions options) throws IOException {
        PutOptions withTags = options.withTags(tags);
        if (compression == null) {
            return store.put(key, ObjectContent.of(file), withTags);
        }
        try (WalCodec codec = WalCodec.of(compression);
                UnlinkedFile compressed = UnlinkedFile.create(channel -> codec.compress(file, channel))) {
            return store.put(key, compressed, withTags);
        }
    }

    private boolean sameContent(Path file, ObjectKey key, @Nullable CompressionAlgorithm algorithm) throws IOException {
        try (InputStream mine = Files.newInputStream(file);
                InputStream stored = store.open(key);
                InputStream plain = algorithm == null
                        ? stored
                        : WalCodec.of(CompressionSettings.of(algorithm)).decompressing(stored)) {
            byte[] a = new byte[BUFFER_BYTES];
            byte[] b = new byte[BUFFER_BYTES];
            while (true) {
                int n = mine.readNBytes(a, 0, a.length);
                int m = plain.readNBytes(b, 0, b.length);
                if (!Arrays.equals(a, 0, n, b, 0, m)) {
                    return false;
                }
                if (n < a.length) {
                    return true;
                }
            }
        }
    }
}
