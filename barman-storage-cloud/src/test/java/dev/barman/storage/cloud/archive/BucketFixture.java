// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The archive of a server {@code main} in a bucket, with its index in a directory. */
final class BucketFixture {
    final WalKeys keys = new WalKeys(CloudLocation.parse("s3://b/p", CloudProvider.AWS_S3), "main");
    final XlogDb index;
    final LockedXlogDb lockedIndex;

    BucketFixture(Path directory) {
        index = new XlogDb(directory.resolve("main-xlog.db"));
        lockedIndex = new LockedXlogDb(index, directory.resolve(".main-xlogdb.lock"));
    }

    CloudWalStorage storage(ObjectStore store, @Nullable CompressionAlgorithm algorithm) {
        return storage(store, algorithm, (step, name) -> {});
    }

    CloudWalStorage storage(ObjectStore store, @Nullable CompressionAlgorithm algorithm, SaveStep.Observer observer) {
        return new CloudWalStorage(
                () -> store, keys, lockedIndex, algorithm == null ? null : CompressionSettings.of(algorithm), observer);
    }

    List<WalEntry> lines() throws IOException {
        return index.entries();
    }

    List<String> indexed() throws IOException {
        return lines().stream().map(WalEntry::name).toList();
    }

    void loseLines() throws IOException {
        Files.write(index.file(), new byte[0]);
    }

    /** The keys of all objects, from the hash directories on. */
    List<String> objects(ObjectStore store) throws StorageException {
        return store.listAll(keys.prefix()).stream()
                .map(object -> object.key().value().substring(keys.prefix().length()))
                .toList();
    }
}
