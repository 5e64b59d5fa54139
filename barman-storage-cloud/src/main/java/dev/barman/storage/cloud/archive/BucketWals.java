// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectNotFoundException;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.storage.StoredFile;
import java.io.IOException;
import java.io.InputStream;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Looks WAL files up by their keys: first the one that a file has under the present compression, which is one request, and only when
 * there is none the others, several at a time. Never lists. Thread-safe if the store is.
 */
final class BucketWals {
    /** A download that breaks off is begun anew; opening it is repeated by the store itself. */
    private static final int MAX_DOWNLOADS = 3;

    private final ObjectStore store;
    private final WalKeys keys;
    private final @Nullable CompressionAlgorithm usual;
    private final Executor questions;

    /**
     * @param usual how most objects are compressed, null for not at all
     * @param questions runs what is asked of the store at the same time
     */
    BucketWals(ObjectStore store, WalKeys keys, @Nullable CompressionAlgorithm usual, Executor questions) {
        this.store = store;
        this.keys = keys;
        this.usual = usual;
        this.questions = questions;
    }

    /** Begins to look for a file in all forms but one. */
    StoredForms askExcept(WalFileName name, @Nullable CompressionAlgorithm form) {
        return StoredForms.ask(store, keys, name, form, questions);
    }

    /** An object, open. */
    record Opened(ObjectKey key, InputStream stored) {}

    /**
     * Looks for the object that holds a file.
     *
     * @return empty when no key that the file may have is taken
     * @throws IOException when the store cannot tell
     */
    Optional<StoredForms.Found> find(WalFileName name) throws IOException {
        Optional<ObjectInfo> own = store.stat(keys.key(name, usual));
        return own.isPresent() ? Optional.of(new StoredForms.Found(usual, own.get())) : findOther(name);
    }

    private Optional<StoredForms.Found> findOther(WalFileName name) throws IOException {
        return inOrder(askExcept(name, usual).found()).stream().findFirst();
    }

    /** What a restore takes first comes first. */
    private static List<StoredForms.Found> inOrder(List<StoredForms.Found> found) {
        return found.stream()
                .sorted(Comparator.comparingInt(form -> WalKeys.forms().indexOf(new WalKeys.Form(form.compression()))))
                .toList();
    }

    /**
     * Opens the object that holds a file.
     *
     * @return empty when there is none
     * @throws IOException when the store cannot tell, or does not give it
     */
    Optional<Opened> open(WalFileName name) throws IOException {
        ObjectKey key = keys.key(name, usual);
        try {
            return Optional.of(new Opened(key, store.open(key)));
        } catch (ObjectNotFoundException otherForm) {
            // Most files are found by the first question.
        }
        Optional<StoredForms.Found> other = findOther(name);
        if (other.isEmpty()) {
            return Optional.empty();
        }
        ObjectKey found = other.get().object().key();
        return Optional.of(new Opened(found, store.open(found)));
    }

    /**
     * Copies the object that holds a file, complete and with the checksum that the store tells.
     *
     * @return empty when there is none
     * @throws IOException when the store cannot tell, or does not give it whole
     */
    Optional<StoredFile> fetch(WalFileName name) throws IOException {
        return fetch(() -> open(name));
    }

    /**
     * Copies an object.
     *
     * @throws ObjectNotFoundException when there is none
     * @throws IOException when the store does not give it whole
     */
    StoredFile fetch(ObjectKey key) throws IOException {
        return fetch(() -> Optional.of(new Opened(key, store.open(key))))
                .orElseThrow(() -> new ObjectNotFoundException(key, null));
    }

    private interface Opening {
        Optional<Opened> open() throws IOException;
    }

    /** What fails before the first byte comes is not begun anew: the store itself has been patient with it. */
    private Optional<StoredFile> fetch(Opening opening) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Optional<Opened> opened = opening.open();
            if (opened.isEmpty()) {
                return Optional.empty();
            }
            try (InputStream stored = opened.get().stored()) {
                return Optional.of(StoredFile.copy(stored, keys.url(opened.get().key())));
            } catch (IOException e) {
                boolean hopeless = e instanceof StorageException answer && !answer.retryable();
                if (hopeless || attempt == MAX_DOWNLOADS) {
                    throw e;
                }
            }
        }
    }
}
