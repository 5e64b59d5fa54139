// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectPage;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.storage.StoredWal;
import dev.barman.wal.storage.WalStorage.StoredWalVisitor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Visits the WAL files in a bucket by ascending names. Keys come in an order that the suffixes disturb, but only within a directory:
 * the files of one are held in memory. A file in several forms is visited once, in the form that a restore takes.
 */
final class BucketListing {
    private static final int FEW = 10;

    private final WalKeys keys;
    private final StoredWalVisitor visitor;
    private final Map<String, StoredWal> group = new TreeMap<>();
    private final Map<String, Integer> ranks = new HashMap<>();
    private String directory = "";

    private BucketListing(WalKeys keys, StoredWalVisitor visitor) {
        this.keys = keys;
        this.visitor = visitor;
    }

    /**
     * Visits all files.
     *
     * @throws IOException when the store cannot list, or the visitor throws it
     */
    static void of(ObjectStore store, WalKeys keys, StoredWalVisitor visitor) throws IOException {
        BucketListing listing = new BucketListing(keys, visitor);
        List<IOException> failures = new ArrayList<>();
        store.forEach(keys.prefix(), object -> {
            try {
                listing.add(object);
                return true;
            } catch (IOException e) {
                failures.add(e);
                return false;
            }
        });
        if (!failures.isEmpty()) {
            throw failures.get(0);
        }
        listing.flush();
    }

    /**
     * Looks for an object of a base backup: one short listing, more only where it shows nothing but what other tools made as directories.
     *
     * @throws StorageException when the store cannot list
     */
    static Optional<ObjectKey> ofBackups(ObjectStore store, WalKeys keys) throws StorageException {
        Optional<String> next = Optional.empty();
        do {
            ObjectPage page = store.list(keys.backupsPrefix(), next, FEW);
            if (!page.objects().isEmpty()) {
                return Optional.of(page.objects().get(0).key());
            }
            next = page.next();
        } while (next.isPresent());
        return Optional.empty();
    }

    /** What the store tells of a file. */
    static StoredWal stored(WalKeys keys, WalFileName name, ObjectInfo object, @Nullable CompressionAlgorithm form) {
        return new StoredWal(
                name,
                object.sizeBytes(),
                object.lastModified(),
                keys.url(object.key()),
                form == null ? null : form.id());
    }

    private void add(ObjectInfo object) throws IOException {
        Optional<WalFileName> name = keys.nameOf(object.key());
        Optional<WalKeys.Form> form = name.flatMap(known -> keys.formOf(known, object.key()));
        if (form.isEmpty()) {
            return;
        }
        String text = name.get().text();
        String own = name.get().hashDirectory();
        // Each history is a group of its own.
        String next = own.isEmpty() ? text : own;
        if (!next.equals(directory)) {
            flush();
            directory = next;
        }
        int rank = WalKeys.forms().indexOf(form.get());
        Integer known = ranks.get(text);
        if (known == null || rank < known) {
            ranks.put(text, rank);
            group.put(text, stored(keys, name.get(), object, form.get().compression()));
        }
    }

    private void flush() throws IOException {
        for (StoredWal wal : group.values()) {
            visitor.visit(wal);
        }
        group.clear();
        ranks.clear();
    }
}
