// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectPage;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Walks a directory tree in the order of the keys and collects one page. Used once. */
final class LocalListing {
    private final Path root;
    private final String prefix;
    private final String after;
    private final int maxObjects;
    private final List<ObjectInfo> found = new ArrayList<>();

    /**
     * @param root directory of the objects
     * @param prefix beginning of the keys
     * @param after the last key of the page before, empty for the first page
     * @param maxObjects size of the page
     */
    LocalListing(Path root, String prefix, String after, int maxObjects) {
        this.root = root;
        this.prefix = prefix;
        this.after = after;
        this.maxObjects = maxObjects;
    }

    ObjectPage run() throws IOException {
        boolean complete = walk(root, "");
        return new ObjectPage(
                found,
                complete
                        ? Optional.empty()
                        : Optional.of(found.get(found.size() - 1).key().value()));
    }

    /** A child by the text that orders it: a directory counts with its slash, as in the keys below it. */
    private record Child(String order, Path path, boolean directory) {}

    /** Returns false when the page was full before the end. */
    private boolean walk(Path directory, String keyPrefix) throws IOException {
        for (Child child : children(directory, keyPrefix)) {
            String key = keyPrefix + child.order;
            if (child.directory) {
                if (!walk(child.path, key)) {
                    return false;
                }
                continue;
            }
            if (!key.startsWith(prefix) || !isAfter(key)) {
                continue;
            }
            Optional<ObjectInfo> info = info(child.path, key);
            if (info.isEmpty()) {
                continue;
            }
            if (found.size() == maxObjects) {
                return false;
            }
            found.add(info.get());
        }
        return true;
    }

    private boolean isAfter(String key) {
        return after.isEmpty() || ObjectKey.compareUtf8(key, after) > 0;
    }

    private List<Child> children(Path directory, String keyPrefix) throws IOException {
        List<Child> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path path : stream) {
                Path namePath = path.getFileName();
                String name = namePath == null ? "" : namePath.toString();
                if (name.startsWith(LocalObjectStore.TEMPORARY_PREFIX)) {
                    continue;
                }
                boolean isDirectory = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
                if (isDirectory && !mayHold(keyPrefix + name + "/")) {
                    continue;
                }
                if (isKey(keyPrefix + name)) {
                    children.add(new Child(isDirectory ? name + "/" : name, path, isDirectory));
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Removed meanwhile, with its last object.
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        children.sort((a, b) -> ObjectKey.compareUtf8(a.order, b.order));
        return children;
    }

    /** Whether keys below a directory can begin with the prefix and come after the last page. */
    private boolean mayHold(String directoryPrefix) {
        boolean prefixFits = directoryPrefix.length() <= prefix.length()
                ? prefix.startsWith(directoryPrefix)
                : directoryPrefix.startsWith(prefix);
        if (!prefixFits || after.isEmpty() || after.startsWith(directoryPrefix)) {
            return prefixFits;
        }
        return ObjectKey.compareUtf8(directoryPrefix, after) > 0;
    }

    /** Files that no key can name, put there by someone else, are no objects. */
    private static boolean isKey(String text) {
        try {
            ObjectKey.of(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static Optional<ObjectInfo> info(Path file, String key) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return attributes.isRegularFile()
                    ? Optional.of(new ObjectInfo(
                            ObjectKey.of(key),
                            attributes.size(),
                            attributes.lastModifiedTime().toInstant()))
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
