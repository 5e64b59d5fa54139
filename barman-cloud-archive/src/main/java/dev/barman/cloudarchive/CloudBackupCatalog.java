// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupInfoFormat;
import dev.barman.core.catalog.BackupInfoFormatException;
import dev.barman.core.catalog.KeepTarget;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectNotFoundException;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.CloudLocation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The base backups of one server in a bucket, and the requests to keep them. Every call asks the store. A backup exists by its
 * {@code backup.info}; what lies beside others without one is no backup. Thread-safe.
 */
final class CloudBackupCatalog {
    /** What a {@code backup.info} without a server name gets; all that the original writes to buckets have this one. */
    private static final String SERVER_NAME = "cloud";

    private static final int READERS = 8;
    private static final long MAX_INFO_BYTES = 64L << 20;
    private static final int MAX_KEEP_BYTES = 64;

    private final ObjectStore store;
    private final BackupKeys keys;
    private final String server;

    /**
     * @throws IllegalArgumentException when the server's name cannot be a segment of a key
     */
    CloudBackupCatalog(ObjectStore store, CloudLocation location, String server) {
        this.store = store;
        this.keys = new BackupKeys(location, server);
        this.server = server;
    }

    BackupKeys keys() {
        return keys;
    }

    /** Reads all backups. One whose metadata cannot be understood is in the result by its id and the reason. */
    CloudBackups load() throws IOException {
        Map<BackupId, List<ObjectInfo>> objects = new TreeMap<>();
        Set<BackupId> existing = new TreeSet<>();
        Set<BackupId> kept = new HashSet<>();
        String prefix = keys.prefix();
        store.forEach(prefix, object -> {
            BackupId id = idOf(prefix, object.key().value());
            if (id != null) {
                String name = object.key().value().substring(keys.prefix(id).length());
                if (BackupKeys.isInfo(name)) {
                    existing.add(id);
                } else if (BackupKeys.isKeep(name)) {
                    kept.add(id);
                }
                objects.computeIfAbsent(id, i -> new ArrayList<>()).add(object);
            }
            return true;
        });
        for (String other : keys.annotationPrefixes()) {
            if (!other.equals(prefix) && !existing.isEmpty()) {
                collectKept(other, kept);
            }
        }
        return read(existing, kept, objects);
    }

    private void collectKept(String prefix, Set<BackupId> kept) throws StorageException {
        store.forEach(prefix, object -> {
            BackupId id = idOf(prefix, object.key().value());
            if (id != null
                    && BackupKeys.isKeep(object.key()
                            .value()
                            .substring(prefix.length() + id.value().length() + 1))) {
                kept.add(id);
            }
            return true;
        });
    }

    /** The backup below a prefix to which an object belongs, null when it lies elsewhere. */
    private static @Nullable BackupId idOf(String prefix, String value) {
        // Some stores take two slashes for one, and list keys without the prefix.
        if (!value.startsWith(prefix)) {
            return null;
        }
        int slash = value.indexOf('/', prefix.length());
        if (slash <= prefix.length()) {
            return null;
        }
        try {
            return BackupId.of(value.substring(prefix.length(), slash));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private CloudBackups read(Set<BackupId> existing, Set<BackupId> kept, Map<BackupId, List<ObjectInfo>> objects)
            throws IOException {
        List<CloudBackup> backups = new ArrayList<>();
        Map<BackupId, String> unreadable = new TreeMap<>();
        ExecutorService readers = Executors.newFixedThreadPool(
                Math.max(1, Math.min(READERS, existing.size())), task -> new Thread(task, "backup-info"));
        try {
            Map<BackupId, Future<Optional<CloudBackup>>> reading = new TreeMap<>();
            for (BackupId id : existing) {
                reading.put(id, readers.submit(() -> {
                    Optional<BackupInfo> info = find(id);
                    KeepTarget keep = info.isPresent() && kept.contains(id) ? keep(id).orElse(null) : null;
                    return info.map(i -> new CloudBackup(i, keep, objects.getOrDefault(id, List.of())));
                }));
            }
            for (Map.Entry<BackupId, Future<Optional<CloudBackup>>> one : reading.entrySet()) {
                try {
                    one.getValue().get().ifPresent(backups::add);
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof BackupInfoFormatException damaged) {
                        unreadable.put(one.getKey(), String.valueOf(damaged.getMessage()));
                    } else if (e.getCause() instanceof IOException failure) {
                        throw failure;
                    } else {
                        throw new IllegalStateException(e.getCause());
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while reading the backups", e);
        } finally {
            readers.shutdown();
        }
        return new CloudBackups(server, backups, unreadable);
    }

    /** Reads the metadata of one backup, empty when there is none. */
    Optional<BackupInfo> find(BackupId id) throws IOException, BackupInfoFormatException {
        ObjectKey key = keys.info(id);
        byte[] content;
        try (InputStream in = store.open(key, 0, MAX_INFO_BYTES)) {
            content = in.readAllBytes();
        } catch (ObjectNotFoundException e) {
            return Optional.empty();
        }
        return Optional.of(BackupInfoFormat.parse(content, id, key.value(), SERVER_NAME, null));
    }

    /**
     * Stores the metadata of a backup.
     *
     * @throws IOException when it cannot be stored, or was to be created only and there is another one
     */
    void save(BackupInfo info, PutOptions options) throws IOException {
        byte[] content = BackupInfoFormat.format(info).getBytes(StandardCharsets.UTF_8);
        ObjectKey key = keys.info(info.id());
        // When it is there it may be one's own earlier attempt, whose answer was lost.
        if (!store.put(key, ObjectContent.of(content), options) && !holds(info)) {
            throw new IOException("there is another backup of the same id: " + key);
        }
    }

    /** Whether exactly this metadata of a backup is stored. */
    boolean holds(BackupInfo info) throws IOException {
        byte[] content = BackupInfoFormat.format(info).getBytes(StandardCharsets.UTF_8);
        try (InputStream in = store.open(keys.info(info.id()), 0, MAX_INFO_BYTES)) {
            return Arrays.equals(in.readAllBytes(), content);
        } catch (ObjectNotFoundException e) {
            return false;
        }
    }

    /** The ids below which there are objects, whether they are backups or not. */
    Set<BackupId> usedIds() throws StorageException {
        Set<BackupId> ids = new TreeSet<>();
        String prefix = keys.prefix();
        for (String directory : store.listDirectories(prefix)) {
            BackupId id = idOf(prefix, directory);
            if (id != null) {
                ids.add(id);
            }
        }
        return ids;
    }

    /**
     * The request to keep a backup, under any of its keys. A request that this release does not understand, an empty one too, keeps the backup as
     * {@link KeepTarget#FULL} does; of two different ones that goes.
     */
    Optional<KeepTarget> keep(BackupId id) throws IOException {
        Optional<KeepTarget> found = Optional.empty();
        for (ObjectKey key : keys.keeps(id)) {
            String text;
            try (InputStream in = store.open(key, 0, MAX_KEEP_BYTES)) {
                text = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
            } catch (ObjectNotFoundException e) {
                continue;
            }
            KeepTarget target = text.equals(KeepTarget.STANDALONE.text()) ? KeepTarget.STANDALONE : KeepTarget.FULL;
            if (found.isEmpty() || target == KeepTarget.FULL) {
                found = Optional.of(target);
            }
        }
        return found;
    }

    /** Requests to keep a backup, in place of an earlier request. */
    void setKeep(BackupId id, KeepTarget target) throws IOException {
        byte[] body = target.text().getBytes(StandardCharsets.UTF_8);
        store.put(keys.keep(id), ObjectContent.of(body), PutOptions.OVERWRITE);
        List<ObjectKey> others = new ArrayList<>(keys.keeps(id));
        others.remove(keys.keep(id));
        deleteKeeps(presentOf(others));
    }

    /** Takes the request back; not an error when there is none. */
    void releaseKeep(BackupId id) throws StorageException {
        deleteKeeps(presentOf(keys.keeps(id)));
    }

    /** A store that takes two slashes for one would remove the one object under both names. */
    private List<ObjectKey> presentOf(List<ObjectKey> candidates) throws StorageException {
        List<ObjectKey> present = new ArrayList<>();
        for (ObjectKey key : candidates) {
            boolean[] listed = new boolean[1];
            store.forEach(key.value(), object -> {
                listed[0] = object.key().equals(key);
                return false;
            });
            if (listed[0]) {
                present.add(key);
            }
        }
        return present;
    }

    private void deleteKeeps(List<ObjectKey> present) throws StorageException {
        Map<ObjectKey, StorageException> failures = present.isEmpty() ? new HashMap<>() : store.delete(present);
        for (StorageException failure : failures.values()) {
            throw failure;
        }
    }
}
