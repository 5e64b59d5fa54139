// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A bucket, a container or a directory of objects.
 *
 * <p>An object appears complete or not at all, under concurrency and through crashes, and what a call returned successfully
 * from is durable. Reads and listings see every write that was completed before they began. There are no directories: a slash
 * in a key is only a character.
 *
 * <p>Implementations do not retry; {@link RetryingObjectStore} does. They are thread-safe, unless they say otherwise.
 */
public interface ObjectStore extends AutoCloseable {
    /**
     * Stores an object.
     *
     * <p>With {@link PutOptions#createOnly} the check and the write are one atomic step where the store can do that; of several
     * writers at once exactly one is then told {@code true}. Otherwise the object is replaced, and readers see the old or the
     * new content, never a mixture. When the call fails, the object is as before or completely new.
     *
     * @param key where to store it
     * @param content what to store
     * @param options how
     * @return true when the content was stored; false when {@code createOnly} was asked for and the key is taken, by whatever
     *     content. When an earlier call failed, it may be what that call has stored: {@link RetryingObjectStore} compares, other callers must
     * @throws StorageException when the store refuses or cannot be reached, or it cannot represent the key
     * @throws IOException when the content cannot be read or does not have its announced length
     */
    boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException;

    /**
     * Begins to store an object in parts.
     *
     * @param key where to store it
     * @param options how
     * @return the upload, to be closed by the caller in any case
     * @throws StorageException when the store refuses or cannot be reached, or it cannot represent the key
     */
    ObjectUpload startUpload(ObjectKey key, PutOptions options) throws StorageException;

    /**
     * Opens an object for reading from the beginning to the end.
     *
     * @param key the object
     * @return its content, to be closed by the caller; reads fail with {@link IOException} when the content breaks off, they do
     *     not end early
     * @throws ObjectNotFoundException when there is none
     * @throws StorageException when the store refuses or cannot be reached
     */
    InputStream open(ObjectKey key) throws StorageException;

    /**
     * Opens a part of an object for reading. What lies beyond its end is left out, so that the result may be shorter than asked
     * for, or empty.
     *
     * @param key the object
     * @param offset first byte, from 0
     * @param length how many bytes at most, at least 1
     * @return the part, to be closed by the caller
     * @throws IllegalArgumentException when the offset is negative or the length less than 1
     * @throws ObjectNotFoundException when there is none
     * @throws StorageException when the store refuses or cannot be reached
     */
    InputStream open(ObjectKey key, long offset, long length) throws StorageException;

    /**
     * Looks for an object without reading it.
     *
     * @param key the object
     * @return what is known about it, empty when there is none
     * @throws StorageException when the store refuses or cannot be reached
     */
    Optional<ObjectInfo> stat(ObjectKey key) throws StorageException;

    /**
     * Lists one page of the objects whose keys begin with a text, in the order of the keys.
     *
     * <p>Objects that are there during the whole listing are on exactly one of its pages; those stored or deleted meanwhile may
     * be or not.
     *
     * @param prefix beginning of the keys, in no way tied to slashes; empty for all objects
     * @param page {@link ObjectPage#next} of the page before, empty for the first one
     * @param maxObjects how many objects at most, at least 1; the store may return fewer
     * @return the page
     * @throws IllegalArgumentException when {@code maxObjects} is less than 1
     * @throws StorageException when the store refuses or cannot be reached, or its bucket or container does not exist
     */
    ObjectPage list(String prefix, Optional<String> page, int maxObjects) throws StorageException;

    /**
     * Deletes objects. Those that do not exist count as deleted. All are attempted, whatever happens to some of them.
     *
     * @param keys any number of objects
     * @return the ones that could not be deleted, with the reason; empty when all are gone
     * @throws StorageException when nothing could be attempted, because the store refuses or cannot be reached
     */
    Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) throws StorageException;

    /**
     * Looks whether an object is locked: protected by the store against deletion, for a time or until the lock is taken away.
     *
     * @param key the object
     * @return the kind of lock in words for a message; empty when the object is not locked or does not exist, and when the store has no locks
     *     or does not tell this user of them
     * @throws StorageException when the store refuses or cannot be reached
     */
    default Optional<String> lock(ObjectKey key) throws StorageException {
        return Optional.empty();
    }

    /**
     * Lists the uploads in parts that are neither complete nor given up. Stores that remove such uploads by themselves have none to show, nor those that
     * keep nothing of them.
     *
     * @param prefix beginning of the keys of their objects
     * @return the uploads
     * @throws StorageException when the store refuses or cannot be reached
     */
    default List<UnfinishedUpload> unfinishedUploads(String prefix) throws StorageException {
        return List.of();
    }

    /**
     * Tells when something was sent to an unfinished upload.
     *
     * @param upload one of {@link #unfinishedUploads}
     * @return when its last part was sent, or when it was begun where none was; empty when it is complete or given up meanwhile
     * @throws StorageException when the store refuses or cannot be reached
     */
    default Optional<Instant> lastSent(UnfinishedUpload upload) throws StorageException {
        return Optional.empty();
    }

    /**
     * Gives up an unfinished upload of whatever process, and removes its parts. Nothing happens when it is complete or given up meanwhile.
     *
     * @param upload one of {@link #unfinishedUploads}
     * @throws StorageException when the store refuses or cannot be reached
     */
    default void giveUp(UnfinishedUpload upload) throws StorageException {}

    /**
     * Looks whether the bucket, container or directory exists.
     *
     * @return whether it does
     * @throws StorageException when the store refuses or cannot be reached
     */
    boolean containerExists() throws StorageException;

    /**
     * Creates the bucket, container or directory. Does nothing when it exists and is ours.
     *
     * @throws StorageException when the store refuses or cannot be reached
     */
    void createContainer() throws StorageException;

    /** Frees connections. Streams that are open may break. */
    @Override
    void close();

    /**
     * Lists all objects whose keys begin with a text, page by page, in the order of the keys.
     *
     * @param prefix beginning of the keys
     * @param visitor receives them
     * @throws StorageException as {@link #list}, or from the visitor
     */
    default void forEach(String prefix, ObjectVisitor visitor) throws StorageException {
        Optional<String> page = Optional.empty();
        do {
            ObjectPage objects = list(prefix, page, 1000);
            for (ObjectInfo object : objects.objects()) {
                if (!visitor.visit(object)) {
                    return;
                }
            }
            page = objects.next();
        } while (page.isPresent());
    }

    /**
     * Lists what looks like directories: the different beginnings of keys, up to and with the first slash behind the prefix.
     *
     * @param prefix beginning of the keys; ends with a slash, or is empty, for the directories in a directory
     * @return the beginnings, ascending, each with the prefix and a slash at its end; objects without a further slash are left out
     * @throws StorageException as {@link #list}
     */
    default List<String> listDirectories(String prefix) throws StorageException {
        List<String> directories = new ArrayList<>();
        forEach(prefix, object -> {
            String key = object.key().value();
            int slash = key.indexOf('/', prefix.length());
            if (slash >= 0) {
                String directory = key.substring(0, slash + 1);
                if (directories.isEmpty()
                        || !directories.get(directories.size() - 1).equals(directory)) {
                    directories.add(directory);
                }
            }
            return true;
        });
        return directories;
    }

    /**
     * Lists all objects whose keys begin with a text, in memory.
     *
     * @param prefix beginning of the keys
     * @return the objects, ascending by key
     * @throws StorageException as {@link #list}
     */
    default List<ObjectInfo> listAll(String prefix) throws StorageException {
        List<ObjectInfo> all = new ArrayList<>();
        forEach(prefix, all::add);
        return all;
    }
}
