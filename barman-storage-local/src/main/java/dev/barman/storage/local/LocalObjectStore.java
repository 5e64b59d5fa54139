// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.file.Fsync;
import dev.barman.file.IoReason;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectNotFoundException;
import dev.barman.object.ObjectPage;
import dev.barman.object.ObjectRanges;
import dev.barman.object.ObjectStore;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.process.OwnProcess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Objects as files below a directory; the segments of a key are directories.
 *
 * <p>An object is written to a temporary file beside its place, synchronised with the disk, and linked or renamed into place;
 * then the directories are synchronised. A crash leaves at most a temporary file, which is no object. Directories that become
 * empty are removed with their last object.
 *
 * <p>What a file system cannot represent is refused with a {@link StorageException}: keys with empty segments, segments of more
 * than 255 bytes, and an object whose key is a directory of another ({@code a} beside {@code a/b}). Tags are not kept. Several
 * programs may use one directory at the same time. Thread-safe.
 */
public final class LocalObjectStore implements ObjectStore {
    /** Names with this beginning are temporary files, not objects. */
    static final String TEMPORARY_PREFIX = ".barman-tmp.";

    private static final int BUFFER_BYTES = 128 * 1024;
    private static final int DIRECTORY_RACE_ATTEMPTS = 20;

    private final Path root;

    /**
     * @param root the directory of the objects; it need not exist yet
     */
    public LocalObjectStore(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    @Override
    public boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        Path file = path(key);
        if (options.createOnly() && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            refuseDirectory(key, file);
            return false;
        }
        Path temporary = null;
        try (InputStream in = content.open()) {
            try {
                temporary = writeTemporary(file, key, in, content.sizeBytes());
                boolean stored = publish(temporary, file, options.createOnly());
                Fsync.directory(directoryOf(file));
                return stored;
            } catch (FileSystemException e) {
                throw failure("Cannot store '" + key + "' in " + root, e);
            }
        } finally {
            if (temporary != null) {
                Files.deleteIfExists(temporary);
            }
        }
    }

    @Override
    public ObjectUpload startUpload(ObjectKey key, PutOptions options) throws StorageException {
        path(key);
        return new LocalUpload(this, root, key, options);
    }

    private static boolean publish(Path temporary, Path file, boolean createOnly) throws IOException {
        if (createOnly) {
            try {
                Files.createLink(file, temporary);
                return true;
            } catch (FileAlreadyExistsException e) {
                return false;
            }
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        return true;
    }

    private Path writeTemporary(Path file, ObjectKey key, InputStream in, long size) throws IOException {
        Path temporary = file.resolveSibling(temporaryName());
        boolean complete = false;
        try (FileChannel out = createIn(temporary)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            long written = 0;
            int n;
            while ((n = in.read(buffer)) >= 0) {
                ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                written += n;
            }
            if (written != size) {
                throw new IOException("Cannot store '" + key + "': its content has " + written + " bytes where " + size
                        + " were announced");
            }
            out.force(true);
            complete = true;
            return temporary;
        } finally {
            if (!complete) {
                Files.deleteIfExists(temporary);
                removeEmptyDirectories(directoryOf(temporary));
            }
        }
    }

    static String temporaryName() {
        return TEMPORARY_PREFIX + OwnProcess.pid() + "."
                + Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36);
    }

    /** Another writer may remove the directory, empty as it is, between its creation and that of the file in it. */
    private FileChannel createIn(Path temporary) throws IOException {
        Path directory = directoryOf(temporary);
        for (int attempt = 1; ; attempt++) {
            createDirectories(directory);
            try {
                return FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            } catch (NoSuchFileException e) {
                if (attempt == DIRECTORY_RACE_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** Each new directory is made durable in its parent. */
    private void createDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent != null) {
            createDirectories(parent);
        }
        try {
            Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw new FileSystemException(
                        directory.toString(), null, "there is an object with the key of a directory");
            }
        } catch (NoSuchFileException e) {
            // The parent was removed meanwhile; the caller tries again.
            return;
        }
        if (parent != null) {
            try {
                Fsync.directory(parent);
            } catch (NoSuchFileException e) {
                // The same.
            }
        }
    }

    @Override
    public InputStream open(ObjectKey key) throws StorageException {
        Path file = path(key);
        try {
            requireObject(key, file);
            return Files.newInputStream(file);
        } catch (NoSuchFileException e) {
            throw new ObjectNotFoundException(key, e);
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw failure("Cannot read '" + key + "' in " + root, e);
        }
    }

    @Override
    public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
        ObjectRanges.check(offset, length);
        Path file = path(key);
        try {
            requireObject(key, file);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            channel.position(offset);
            return new LimitedStream(Channels.newInputStream(channel), length);
        } catch (NoSuchFileException e) {
            throw new ObjectNotFoundException(key, e);
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw failure("Cannot read '" + key + "' in " + root, e);
        }
    }

    private void requireObject(ObjectKey key, Path file) throws StorageException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && stat(key).isEmpty()) {
            throw new ObjectNotFoundException(key, null);
        }
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        Path file = path(key);
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return attributes.isRegularFile()
                    ? Optional.of(new ObjectInfo(
                            key,
                            attributes.size(),
                            attributes.lastModifiedTime().toInstant()))
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (FileSystemException e) {
            // An object in the place of a directory: nothing can be below it.
            if ("Not a directory".equals(e.getReason())) {
                return Optional.empty();
            }
            throw failure("Cannot look for '" + key + "' in " + root, e);
        } catch (IOException e) {
            throw failure("Cannot look for '" + key + "' in " + root, e);
        }
    }

    @Override
    public ObjectPage list(String prefix, Optional<String> page, int maxObjects) throws StorageException {
        ObjectRanges.checkPage(maxObjects);
        if (!containerExists()) {
            throw new StorageException(
                    "The directory " + root + " does not exist", StorageException.Reason.NOT_FOUND, false, null);
        }
        try {
            return new LocalListing(root, prefix, page.orElse(""), maxObjects).run();
        } catch (IOException e) {
            throw failure("Cannot list the objects in " + root, e);
        }
    }

    @Override
    public Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) {
        Map<ObjectKey, StorageException> failures = new LinkedHashMap<>();
        for (ObjectKey key : keys) {
            try {
                if (stat(key).isPresent()) {
                    Path file = path(key);
                    Files.deleteIfExists(file);
                    fsyncIfThere(directoryOf(file));
                    removeEmptyDirectories(directoryOf(file));
                }
            } catch (StorageException e) {
                failures.put(key, e);
            } catch (IOException e) {
                failures.put(key, failure("Cannot delete '" + key + "' in " + root, e));
            }
        }
        return failures;
    }

    private static void fsyncIfThere(Path directory) throws IOException {
        try {
            Fsync.directory(directory);
        } catch (NoSuchFileException e) {
            // Another program removed it; then the file is gone as well.
        }
    }

    private void removeEmptyDirectories(Path directory) {
        Path current = directory;
        while (!current.equals(root) && current.startsWith(root)) {
            // Fails when it is not empty, which is what we want to know.
            if (!current.toFile().delete()) {
                return;
            }
            current = directoryOf(current);
        }
    }

    @Override
    public boolean containerExists() {
        return Files.isDirectory(root);
    }

    @Override
    public void createContainer() throws StorageException {
        try {
            createDirectories(root);
        } catch (IOException e) {
            throw failure("Cannot create the directory " + root, e);
        }
    }

    @Override
    public void close() {}

    private Path path(ObjectKey key) throws StorageException {
        String value = key.value();
        if (value.contains("//")) {
            throw unrepresentable(key, "it has an empty segment", null);
        }
        if (key.name().startsWith(TEMPORARY_PREFIX)) {
            throw unrepresentable(key, "it is the name of a temporary file", null);
        }
        try {
            return root.resolve(value);
        } catch (InvalidPathException e) {
            throw unrepresentable(key, "it is no path here", e);
        }
    }

    private StorageException unrepresentable(ObjectKey key, String why, @Nullable Throwable cause) {
        return new StorageException(
                "The key '" + key + "' cannot be a file below " + root + ": " + why,
                StorageException.Reason.OTHER,
                false,
                cause);
    }

    private void refuseDirectory(ObjectKey key, Path file) throws StorageException {
        if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            throw unrepresentable(key, "it is a directory of other objects", null);
        }
    }

    /** Makes the directory of the objects, for the parts of an upload. */
    void createRoot() throws IOException {
        createDirectories(root);
    }

    private static Path directoryOf(Path file) {
        Path parent = file.getParent();
        return parent == null ? file : parent;
    }

    static StorageException failure(String what, IOException e) {
        StorageException.Reason reason =
                e instanceof AccessDeniedException ? StorageException.Reason.DENIED : StorageException.Reason.OTHER;
        return new StorageException(what + ": " + IoReason.of(e), reason, false, e);
    }
}
