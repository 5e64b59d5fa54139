// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.TimelineHistory;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The WAL files of one server in a bucket. Every call asks the store. Thread-safe. */
final class CloudWals {
    /**
     * An object that holds a WAL file.
     *
     * @param name the file
     * @param key the object
     * @param compression how it is compressed, null for not at all
     */
    record CloudWal(
            WalFileName name, ObjectKey key, @Nullable CompressionAlgorithm compression) {}

    /** Receives the objects of a listing. */
    interface Visitor {
        /** Returns false to end the listing. */
        boolean visit(CloudWal wal) throws StorageException;
    }

    private final ObjectStore store;
    private final WalKeys keys;

    CloudWals(ObjectStore store, WalKeys keys) {
        this.store = store;
        this.keys = keys;
    }

    /** Visits all WAL files, ascending by key; one that is stored under two suffixes twice. Other objects are left out. */
    void forEach(Visitor visitor) throws StorageException {
        list(keys.prefix(), visitor);
    }

    private void list(String prefix, Visitor visitor) throws StorageException {
        store.forEach(prefix, object -> {
            CloudWal wal = recognise(object.key());
            return wal == null || visitor.visit(wal);
        });
    }

    /** The WAL file that an object holds, null when it is something else. */
    @Nullable
    CloudWal recognise(ObjectKey key) {
        Optional<WalFileName> name = keys.nameOf(key);
        Optional<WalKeys.Form> form = name.flatMap(known -> keys.formOf(known, key));
        return form.isEmpty() ? null : new CloudWal(name.get(), key, form.get().compression());
    }

    /**
     * The history of a timeline.
     *
     * @return empty when it is not in the bucket
     * @throws IOException when it cannot be read or understood
     */
    Optional<List<TimelineHistory.Entry>> history(TimelineId timeline) throws IOException {
        WalFileName wanted = WalFileName.parse(timeline.hex() + ".history");
        CloudWal[] found = new CloudWal[1];
        list(keys.key(wanted, null).value(), wal -> {
            if (wal.name().equals(wanted)) {
                found[0] = wal;
                return false;
            }
            return true;
        });
        if (found[0] == null) {
            return Optional.empty();
        }
        ObjectKey key = found[0].key();
        CompressionAlgorithm compression = found[0].compression();
        try (InputStream stored = store.open(key);
                InputStream in = compression == null
                        ? stored
                        : WalCodec.of(CompressionSettings.of(compression)).decompressing(stored)) {
            return Optional.of(TimelineHistory.parse(in, timeline, key.value()));
        }
    }
}
