// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.file.Fsync;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A directory that a restore fills from tar archives. Nothing an archive says makes it write outside of that directory: names are relative and
 * without {@code ..}, no directory on the way is a link, links that lead out are left out, and hard links and special files refused.
 * Not thread-safe.
 */
final class RestoredTree {
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");
    private static final int BUFFER_BYTES = 1 << 18;
    /** So much of a large file is written before it is begun to make it durable. */
    private static final long SYNC_BYTES = 64L << 20;

    private final Path root;
    private final Ownership ownership;
    private final CloudLog log;
    private final TerminationSignals signals;
    private final FileSyncer syncer;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    /** Directories of which it is known that they are none but directories. */
    private final Set<Path> real = new HashSet<>();

    private final List<TimedDirectory> directories = new ArrayList<>();
    private boolean created;
    private Ownership.@Nullable Owner owner;

    private record TimedDirectory(Path path, Set<PosixFilePermission> mode, FileTime modified) {}

    RestoredTree(Path root, Ownership ownership, CloudLog log, TerminationSignals signals, FileSyncer syncer) {
        this.root = root;
        this.ownership = ownership;
        this.log = log;
        this.signals = signals;
        this.syncer = syncer;
    }

    Path root() {
        return root;
    }

    /** Whether there is something at the path that a restore would mix with. */
    boolean isOccupied() throws IOException {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        if (!Files.isDirectory(root)) {
            return true;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
            return entries.iterator().hasNext();
        }
    }

    /** Creates the directory where it is missing, for its owner only. */
    void create() throws IOException {
        if (!Files.isDirectory(root)) {
            Path parent = root.getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            Files.createDirectory(root, PosixFilePermissions.asFileAttribute(PRIVATE));
            created = true;
        }
        Files.setPosixFilePermissions(root, PRIVATE);
        real.add(root);
    }

    /** Who the archive's root entry belongs to, null when there was none. */
    Ownership.@Nullable Owner owner() {
        return owner;
    }

    /**
     * Unpacks one archive.
     *
     * @param content the uncompressed archive; read to its end and left open
     * @param name what to call it in messages
     * @throws IOException when it is damaged or incomplete, has an entry that does not belong into it, or cannot be written
     * @throws TerminatedException when a signal came
     */
    void unpack(InputStream content, String name) throws IOException, TerminatedException {
        TarEnd end = new TarEnd(content);
        try {
            TarArchiveInputStream tar = new TarArchiveInputStream(end);
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                signals.check();
                unpack(tar, entry);
            }
            // To the end, where the checksum of compressed data is.
            while (end.read(buffer, 0, buffer.length) >= 0) {
                // padding
            }
        } catch (IOException e) {
            throw new IOException("Cannot restore " + name + ": " + e.getMessage(), e);
        }
        if (!end.isAtEndMark()) {
            throw new IOException("Cannot restore " + name + ": the archive is not complete");
        }
    }

    private void unpack(TarArchiveInputStream tar, TarArchiveEntry entry) throws IOException, TerminatedException {
        Path file = locate(entry.getName());
        Set<PosixFilePermission> mode = permissions(entry.getMode());
        if (entry.isDirectory()) {
            if (file.equals(root)) {
                owner = Ownership.Owner.of(entry);
            }
            directory(file);
            ownership.give(file, Ownership.Owner.of(entry));
            directories.add(new TimedDirectory(file, mode, entry.getLastModifiedTime()));
        } else if (entry.isSymbolicLink()) {
            link(file, entry);
        } else if (isPlain(entry)) {
            makeWay(file);
            write(tar, file, entry.getSize());
            // The owner first: a change of it takes bits of the mode away.
            ownership.give(file, Ownership.Owner.of(entry));
            Files.setPosixFilePermissions(file, mode);
            Files.setLastModifiedTime(file, entry.getLastModifiedTime());
            syncer.sync(file);
        } else {
            throw new IOException(
                    "the archive has an entry of a kind that no backup of PostgreSQL has: " + entry.getName());
        }
    }

    /** The library takes special files for ordinary ones without content. */
    private static boolean isPlain(TarArchiveEntry entry) {
        return entry.isFile()
                && !entry.isLink()
                && !entry.isFIFO()
                && !entry.isCharacterDevice()
                && !entry.isBlockDevice();
    }

    private Path locate(String name) throws IOException {
        boolean outside = name.startsWith("/") || name.indexOf('\0') >= 0;
        for (String segment : name.split("/", -1)) {
            outside |= segment.equals("..");
        }
        if (outside) {
            throw new IOException("the archive has an entry outside of itself: " + name);
        }
        return root.resolve(name).normalize();
    }

    private void directory(Path directory) throws IOException {
        if (real.contains(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent == null || !directory.startsWith(root)) {
            throw new IOException("the archive has an entry outside of itself: " + directory);
        }
        directory(parent);
        if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("the archive has a file and a directory of the same name: " + directory);
        }
        Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(PRIVATE));
        real.add(directory);
    }

    /** Makes sure of the directories above a file, and takes away an earlier entry of its name: the later one counts. */
    private void makeWay(Path file) throws IOException {
        Path parent = file.getParent();
        if (parent == null || file.equals(root) || real.contains(file)) {
            throw new IOException("the archive has a file and a directory of the same name: " + file);
        }
        directory(parent);
        Files.deleteIfExists(file);
    }

    private void link(Path file, TarArchiveEntry entry) throws IOException {
        Path parent = file.getParent();
        Path target = Path.of(entry.getLinkName());
        if (parent == null
                || target.isAbsolute()
                || !parent.resolve(target).normalize().startsWith(root)) {
            log.warning(
                    "The symbolic link " + file + " leads out of the directory, to " + target + ": it is not restored");
            return;
        }
        makeWay(file);
        Files.createSymbolicLink(file, target);
        ownership.give(file, Ownership.Owner.of(entry));
    }

    private void write(TarArchiveInputStream tar, Path file, long size) throws IOException, TerminatedException {
        long written = 0;
        long unsynced = 0;
        try (FileChannel out = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            for (int count = tar.read(buffer); count >= 0; count = tar.read(buffer)) {
                ByteBuffer content = ByteBuffer.wrap(buffer, 0, count);
                while (content.hasRemaining()) {
                    out.write(content);
                }
                written += count;
                unsynced += count;
                if (unsynced >= SYNC_BYTES) {
                    unsynced = 0;
                    syncer.sync(file);
                }
                signals.check();
            }
        }
        if (written != size) {
            throw new IOException(file + " has " + written + " bytes where " + size + " were announced");
        }
    }

    /** Creates a directory that the archives lack, for the owner of the tree. */
    void addDirectory(String name) throws IOException {
        Path directory = root.resolve(name);
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        directory(directory);
        if (owner != null) {
            ownership.give(directory, owner);
        }
    }

    /** Gives the root to an owner, for archives without an entry for it. */
    void giveTo(Ownership.@Nullable Owner other) throws IOException {
        if (owner == null && other != null) {
            ownership.give(root, other);
        }
    }

    /** Creates a link of ours, which may lead anywhere. */
    void addLink(String name, Path target) throws IOException {
        Path link = root.resolve(name);
        makeWay(link);
        Files.createSymbolicLink(link, target);
        if (owner != null) {
            ownership.give(link, owner);
        }
    }

    /** Sets what could not be set before the directories were full, and makes everything durable. */
    void finish() throws IOException, TerminatedException {
        for (int i = directories.size() - 1; i >= 0; i--) {
            TimedDirectory directory = directories.get(i);
            Files.setPosixFilePermissions(directory.path(), directory.mode());
            Files.getFileAttributeView(directory.path(), BasicFileAttributeView.class)
                    .setTimes(directory.modified(), null, null);
        }
        syncer.await(signals);
        for (Path directory : real) {
            Fsync.directory(directory);
        }
        Path parent = root.getParent();
        if (created && parent != null) {
            Fsync.directory(parent);
        }
    }

    /** Removes what was restored, after a failure: what remained would stand in the way of the next attempt. */
    void discard() throws IOException {
        if (real.isEmpty()) {
            return;
        }
        // The directory that was given may be a link to the one that was filled.
        Path filled = root.toRealPath();
        Files.walkFileTree(filled, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                if (!directory.equals(filled) || created) {
                    Files.delete(directory);
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        PosixFilePermission[] bits = {
            PosixFilePermission.OTHERS_EXECUTE, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_READ,
            PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.GROUP_READ,
            PosixFilePermission.OWNER_EXECUTE, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_READ
        };
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int i = 0; i < bits.length; i++) {
            if ((mode & (1 << i)) != 0) {
                permissions.add(bits[i]);
            }
        }
        return permissions;
    }
}
