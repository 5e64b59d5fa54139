// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import dev.barman.wal.WalFileName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The archive of WAL files of one server: write-once files by name, with an index of what was archived.
 *
 * <p>The contract is one that a directory and an object store can both keep. There is no rename, no append and no listing below a
 * name; a file becomes visible complete or not at all; looking one up by name is cheap and listing is not. Implementations
 * compress and encrypt as they are configured, and keep the name as it was given.
 *
 * <p>One writer at a time: callers of {@link #save} and {@link #delete} hold the server's lock for that. Readers need no lock and
 * may run at any time, on other threads and in other processes. {@code WalStorageContract} in the test sources is this contract
 * as tests.
 */
public interface WalStorage {
    /**
     * Stores WALs in the order given and records them in the index in that order.
     *
     * <p>The storage may work on several at once and pulls from the iterator on the calling thread, a bounded number ahead. When an
     * outcome is reported the WAL is durable and in the index; the sources are never changed or removed here, so a caller can
     * repeat any call. (A source may share its bytes with the stored file from then on: remove it or replace it, never write
     * into it.) Repeating is how an interrupted save heals: a WAL that is stored already gets the index line that it lacks.
     *
     * <p>A name that is stored already is compared by uncompressed content. It is never overwritten.
     *
     * @param wals what to store, in ascending order of names as a rule
     * @param listener learns of the outcomes
     * @throws WalStoreException when one could not be stored: those before it were stored and reported, it and those after it are
     *     not in the index
     * @throws IOException when the listener or the iterator failed
     */
    void save(Iterator<WalToStore> wals, StoreListener listener) throws IOException;

    /**
     * Stores one WAL, durable and in the index when this returns.
     *
     * @throws WalStoreException when it could not be stored
     */
    default StoreOutcome save(WalToStore wal) throws IOException {
        StoreOutcome[] outcome = new StoreOutcome[1];
        save(List.of(wal).iterator(), outcomes -> outcome[0] = outcomes.get(0));
        return outcome[0];
    }

    /**
     * Looks a WAL up by name, without reading the index.
     *
     * @return empty when the archive does not hold it
     * @throws IOException when that cannot be found out
     */
    Optional<StoredWal> stat(WalFileName name) throws IOException;

    /** Whether the archive holds the WAL; as cheap as the storage can. */
    default boolean exists(WalFileName name) throws IOException {
        return stat(name).isPresent();
    }

    /**
     * Opens the bytes as they are stored, compressed and encrypted as they may be. The caller closes the stream.
     *
     * @throws java.nio.file.NoSuchFileException when the archive does not hold it
     * @throws IOException when it cannot be read
     */
    InputStream open(WalFileName name) throws IOException;

    /**
     * Gives the bytes as they are stored as a file, complete and as far proven as the storage can prove it.
     *
     * @return the file, to be closed by the caller; empty when the archive does not hold the WAL
     * @throws IOException when that cannot be found out, or the WAL not be read
     */
    default Optional<StoredFile> fetch(WalFileName name) throws IOException {
        try (InputStream stored = open(name)) {
            return Optional.of(StoredFile.copy(stored, locationOf(name, null)));
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        }
    }

    /**
     * Where the archive keeps a WAL, or would keep it. Not looked for.
     *
     * @param name the WAL
     * @param compression its compression by the name in the WAL index, null for none
     * @return a path or a URL
     */
    String locationOf(WalFileName name, @Nullable String compression);

    /** Where the archive would put a WAL that comes uncompressed now. */
    default String destinationOf(WalFileName name) {
        return locationOf(name, null);
    }

    /**
     * Finds out whether the storage answers at all.
     *
     * @throws IOException when it does not: what was asked, what came back, what to do
     */
    default void probe() throws IOException {}

    /**
     * Looks for backups of others that need WALs of this archive: backups that the server's catalogue does not know, so that nobody can tell which
     * WALs they need. Whoever removes WALs asks before, and removes none where there is an answer or none can be had. Expensive: never asked
     * on the way of a save or a look-up.
     *
     * @return what was found and where, a clause for a message; empty when the archive serves the backups of the catalogue only
     * @throws IOException when that cannot be found out
     */
    default Optional<String> sharedWith() throws IOException {
        return Optional.empty();
    }

    /**
     * Removes WALs by name; those that are not there count as removed. Only files of exactly these names go. The index is not
     * changed: the caller rewrites it first, so that it never names a file that is gone.
     *
     * @return the names that could not be removed, each with the reason; empty when all went
     * @throws IOException when the storage cannot be reached at all
     */
    List<DeleteFailure> delete(Collection<? extends WalFileName> names) throws IOException;

    /**
     * Visits every WAL of the archive in ascending order of names, temporary and foreign files left out. Expensive: for checks and
     * for rebuilding the index.
     *
     * @throws IOException when the archive cannot be listed, or when the visitor throws it
     */
    void list(StoredWalVisitor visitor) throws IOException;

    /** The whole archive in words: a directory or a URL. */
    String location();

    /**
     * One WAL that could not be removed.
     *
     * @param name which
     * @param reason the operating system's or the store's words
     */
    record DeleteFailure(WalFileName name, String reason) {}

    /** Receives the WALs of an archive. */
    @FunctionalInterface
    interface StoredWalVisitor {
        /** Called once per WAL. */
        void visit(StoredWal wal) throws IOException;
    }

    /** Gives back connections and threads, where there are any; the archive is not used afterwards. */
    default void close() {}
}
