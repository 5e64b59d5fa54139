// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * The directory that tar archives are unpacked into. Nothing an archive says makes who asks this class write outside of it: names are relative and
 * without {@code ..}, and no directory on the way to a file is a link. Thread-safe.
 */
public final class UnpackedTree {
    private final Path root;
    private final boolean begun;
    /** Directories of which it is known that they are none but directories. */
    private final Set<Path> real = new HashSet<>();

    private final List<TimedDirectory> directories = new ArrayList<>();

    private record TimedDirectory(Path path, Set<PosixFilePermission> mode, FileTime modified) {}

    /**
     * @param root an existing directory, or a link to one
     * @param begun whether directories may be there already, of an earlier attempt for instance
     */
    public UnpackedTree(Path root, boolean begun) {
        this.root = root;
        this.begun = begun;
        real.add(root);
    }

    /**
     * Where an entry goes.
     *
     * @param name as the archive has it
     * @return the root, or a path below it
     * @throws IOException when the name leads elsewhere
     */
    public Path locate(String name) throws IOException {
        boolean outside = name.startsWith("/") || name.indexOf('\0') >= 0;
        for (String segment : name.split("/", -1)) {
            outside |= segment.equals("..");
        }
        if (outside) {
            throw new IOException("the archive has an entry outside of itself: " + name);
        }
        return root.resolve(name).normalize();
    }

    /**
     * Whether an entry is an ordinary file, neither link nor directory.
     *
     * @param entry an entry
     * @return whether it is one
     * @throws IOException when it is a hard link or a special file, of which PostgreSQL makes none; the library takes them for ordinary files
     *     without content
     */
    public static boolean isPlainFile(TarArchiveEntry entry) throws IOException {
        if (entry.isDirectory() || entry.isSymbolicLink()) {
            return false;
        }
        String kind;
        if (entry.isLink()) {
            kind = "a hard link";
        } else if (entry.isFIFO()) {
            kind = "a named pipe";
        } else if (entry.isCharacterDevice() || entry.isBlockDevice()) {
            kind = "a device";
        } else if (!entry.isFile()) {
            kind = "an entry of an unknown kind";
        } else {
            return true;
        }
        throw new IOException("the archive has " + kind + ", which no backup of PostgreSQL has: " + entry.getName());
    }

    /**
     * Makes sure of a directory and those above it; new ones are for their owner only.
     *
     * @param directory the root, or below it
     * @throws IOException when something else is in its place, a link to a directory included
     */
    public synchronized void directory(Path directory) throws IOException {
        if (real.contains(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent == null || !directory.startsWith(root)) {
            throw new IOException("the archive has an entry outside of itself: " + directory);
        }
        directory(parent);
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(RestoredDirectories.PRIVATE));
        } else if (Files.isSymbolicLink(directory)) {
            throw new IOException("the archive has an entry behind a symbolic link: " + directory);
        } else if (!begun || !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("the archive has a file and a directory of the same name: " + directory);
        }
        real.add(directory);
    }

    /**
     * Makes sure of the directories above a file. What is at its own place stays there.
     *
     * @param file below the root
     * @return whether something is there already: an earlier entry of the same name, of which the later one counts
     * @throws IOException when it is a directory
     */
    public synchronized boolean way(Path file) throws IOException {
        Path parent = file.getParent();
        if (parent == null || real.contains(file)) {
            throw new IOException("the archive has a file and a directory of the same name: " + file);
        }
        directory(parent);
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Takes away what is at the place of a file, if there is anything: in one step with the question whether it is a directory, which nobody's entry may
     * become that others rely on.
     *
     * @param file below the root
     * @throws IOException when it is a directory, or cannot be removed
     */
    public synchronized void remove(Path file) throws IOException {
        if (!way(file)) {
            return;
        }
        if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("the archive has a file and a directory of the same name: " + file);
        }
        Files.delete(file);
    }

    /** The directories made sure of so far. */
    public synchronized Set<Path> directories() {
        return Set.copyOf(real);
    }

    /**
     * Notes what {@link #finishDirectories} is to set.
     *
     * @param directory a directory
     * @param entry what the archive says of it
     */
    public synchronized void note(Path directory, TarArchiveEntry entry) {
        directories.add(new TimedDirectory(directory, permissions(entry), entry.getLastModifiedTime()));
    }

    /**
     * Sets what could not be set before the directories were full.
     *
     * @throws IOException when it cannot be set
     */
    public synchronized void finishDirectories() throws IOException {
        for (int i = directories.size() - 1; i >= 0; i--) {
            TimedDirectory directory = directories.get(i);
            Files.setPosixFilePermissions(directory.path(), directory.mode());
            Files.getFileAttributeView(directory.path(), BasicFileAttributeView.class)
                    .setTimes(directory.modified(), null, null);
        }
    }

    /**
     * The permissions of an entry.
     *
     * @param entry an entry
     * @return its nine bits for owner, group and others
     */
    public static Set<PosixFilePermission> permissions(TarArchiveEntry entry) {
        PosixFilePermission[] bits = {
            PosixFilePermission.OTHERS_EXECUTE, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_READ,
            PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.GROUP_READ,
            PosixFilePermission.OWNER_EXECUTE, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_READ
        };
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int i = 0; i < bits.length; i++) {
            if ((entry.getMode() & (1 << i)) != 0) {
                permissions.add(bits[i]);
            }
        }
        return permissions;
    }
}
