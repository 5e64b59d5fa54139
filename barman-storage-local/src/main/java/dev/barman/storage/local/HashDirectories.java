// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.file.Fsync;
import dev.barman.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * The directories of an archive during one save: each is created when first needed and its entry made durable. An existing one may be
 * the work of a run that was killed before its fsync, so it is synchronised too, once. Thread-safe.
 */
final class HashDirectories {
    private final Path root;
    private final CommitStep.Observer observer;
    private final Set<Path> durable = new HashSet<>();

    HashDirectories(Path root, CommitStep.Observer observer) {
        this.root = root;
        this.observer = observer;
    }

    /** Returns the final path of a WAL, in a directory that exists durably. */
    synchronized Path targetOf(WalFileName name) throws IOException {
        String hash = name.hashDirectory();
        ensure(root);
        if (hash.isEmpty()) {
            return root.resolve(name.text());
        }
        Path directory = root.resolve(hash);
        ensure(directory);
        return directory.resolve(name.text());
    }

    private void ensure(Path directory) throws IOException {
        if (durable.contains(directory)) {
            return;
        }
        boolean created = LocalDirectories.createDurably(directory);
        if (!created) {
            Fsync.directory(LocalDirectories.parentOf(directory));
        }
        durable.add(directory);
        if (created) {
            observer.reached(CommitStep.DIRECTORY_CREATED, String.valueOf(directory.getFileName()));
        }
    }
}
