// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.recovery.UnpackedTree;
import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.file.Fsync;
import dev.barman.object.StorageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A directory that a restore fills from tar archives, or goes on to fill. Nothing an archive says makes it write outside of that directory (see
 * {@link UnpackedTree}); links that lead out are left out, and hard links and special files refused.
 *
 * <p>A file gets its modification time when everything else of it is durable. So a file of the right size and time is whole, whatever ended an
 * earlier attempt. The control file is written when all the rest is durable. Several archives may be unpacked at the same time, everything else is for
 * one thread.
 */
final class RestoredTree {
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");
    private static final int BUFFER_BYTES = 1 << 18;

    private final Path root;
    private final Ownership ownership;
    private final CloudLog log;
    private final TerminationSignals signals;
    private final FileSyncer syncer;
    private final RestoredFiles files;
    /** The files of this attempt, when there was an earlier one. */
    private final Set<Path> done = ConcurrentHashMap.newKeySet();
    /** Which archive the files come from that several archives may have. */
    private final Map<Path, Integer> repeated = new ConcurrentHashMap<>();

    private final FileClaims claims = new FileClaims();
    private final ControlFile control = new ControlFile();
    private final AtomicLong passedOver = new AtomicLong();

    private @Nullable UnpackedTree tree;
    private boolean resumed;
    private boolean created;
    private volatile Ownership.@Nullable Owner owner;

    RestoredTree(Path root, Ownership ownership, CloudLog log, TerminationSignals signals, FileSyncer syncer) {
        this.root = root;
        this.ownership = ownership;
        this.log = log;
        this.signals = signals;
        this.syncer = syncer;
        files = new RestoredFiles(ownership, signals, syncer);
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
        return !RestoreMark.isAllIn(root);
    }

    /**
     * Creates the directory where it is missing, for its owner only.
     *
     * @param begun whether what is in it is of an earlier attempt to restore the same
     */
    void create(boolean begun) throws IOException {
        resumed = begun;
        if (!Files.isDirectory(root)) {
            Path parent = root.getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            Files.createDirectory(root, PosixFilePermissions.asFileAttribute(PRIVATE));
            created = true;
        }
        Files.setPosixFilePermissions(root, PRIVATE);
        tree = new UnpackedTree(root, begun);
    }

    private UnpackedTree tree() {
        if (tree == null) {
            throw new IllegalStateException("not created: " + root);
        }
        return tree;
    }

    /** The bytes of files that an earlier attempt restored. */
    long passedOver() {
        return passedOver.get();
    }

    /** Who the archive's root entry belongs to, null when there was none. */
    Ownership.@Nullable Owner owner() {
        return owner;
    }

    /**
     * Unpacks one archive, all but the control file. Of a file at the top, and of the control file, that of the archive with the highest number counts;
     * of any other file that several archives have, which no backup does, that of whichever comes last. Within an archive the later entry counts.
     *
     * @param content the uncompressed archive; read to its end and left open
     * @param name what to call it in messages
     * @param number its place among the archives of this directory
     * @throws StorageException when the store fails
     * @throws IOException when it is damaged or incomplete, has an entry that does not belong into it, or cannot be written
     * @throws TerminatedException when a signal came
     */
    void unpack(InputStream content, String name, int number) throws IOException, TerminatedException {
        byte[] buffer = new byte[BUFFER_BYTES];
        TarEnd end = new TarEnd(content);
        try {
            TarArchiveInputStream tar = new TarArchiveInputStream(end);
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                signals.check();
                Path file = tree().locate(entry.getName());
                if (entry.isDirectory()) {
                    directory(file, entry);
                } else if (file.equals(root.resolve(ControlFile.NAME))) {
                    control.keep(entry, tar, number);
                } else {
                    claims.take(file, signals);
                    try {
                        if (!mayBeRepeated(file) || repeated.merge(file, number, Math::max) == number) {
                            unpack(tar, entry, file, end, buffer);
                        }
                    } finally {
                        claims.release(file);
                    }
                }
            }
            // To the end, where the checksum of compressed data is.
            while (end.read(buffer, 0, buffer.length) >= 0) {
                // padding
            }
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException("Cannot restore " + name + ": " + e.getMessage(), e);
        }
        if (!end.isAtEndMark()) {
            throw new IOException("Cannot restore " + name + ": the archive is not complete");
        }
    }

    /**
     * Whether another archive may have a file of the same name: that of a configuration file outside of the data directory, or one that a backup
     * adds when everything else is read. These are small.
     */
    private boolean mayBeRepeated(Path file) {
        return root.equals(file.getParent());
    }

    private void directory(Path directory, TarArchiveEntry entry) throws IOException {
        if (directory.equals(root)) {
            owner = Ownership.Owner.of(entry);
        }
        tree().directory(directory);
        ownership.give(directory, Ownership.Owner.of(entry));
        tree().note(directory, entry);
    }

    private void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path file, TarEnd content, byte[] buffer)
            throws IOException, TerminatedException {
        if (UnpackedTree.isPlainFile(entry)) {
            // What was left of a file that several archives have may be that of any of them.
            if (!mayBeRepeated(file) && isDone(file, entry)) {
                content.passOver(entry.getSize());
                passedOver.addAndGet(entry.getSize());
                return;
            }
            restore(file, entry, tar, buffer);
        } else {
            link(file, entry);
        }
    }

    private void restore(Path file, TarArchiveEntry entry, InputStream content, byte[] buffer)
            throws IOException, TerminatedException {
        makeWay(file);
        files.write(file, entry, content, buffer);
    }

    /** Whether an earlier attempt made this file whole. Of two entries of one name it may have been either. */
    private boolean isDone(Path file, TarArchiveEntry entry) throws IOException {
        if (!resumed || !done.add(file) || !tree().way(file)) {
            return false;
        }
        BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return found.isRegularFile()
                && found.size() == entry.getSize()
                && found.lastModifiedTime().equals(entry.getLastModifiedTime());
    }

    /** Takes away an earlier entry of the name: the later one counts. */
    private void makeWay(Path file) throws IOException, TerminatedException {
        if (tree().way(file)) {
            // Or it would be the new file that is told to be durable.
            syncer.await(file, signals);
            tree().remove(file);
        }
    }

    private void link(Path file, TarArchiveEntry entry) throws IOException, TerminatedException {
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

    /** Creates a directory that the archives lack, for the owner of the tree. */
    void addDirectory(String name) throws IOException {
        Path directory = root.resolve(name);
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        tree().directory(directory);
        Ownership.Owner whose = owner;
        if (whose != null) {
            ownership.give(directory, whose);
        }
    }

    /** Gives the root to an owner, for archives without an entry for it. */
    void giveTo(Ownership.@Nullable Owner other) throws IOException {
        if (owner == null && other != null) {
            ownership.give(root, other);
        }
    }

    /** Creates a link of ours, which may lead anywhere. */
    void addLink(String name, Path target) throws IOException, TerminatedException {
        Path link = root.resolve(name);
        makeWay(link);
        Files.createSymbolicLink(link, target);
        Ownership.Owner whose = owner;
        if (whose != null) {
            ownership.give(link, whose);
        }
    }

    /** Whether an archive had a control file, which is not on disk before {@link #finish}. */
    boolean hasControlFile() {
        return control.kept() != null;
    }

    /**
     * Takes a control file away that is on disk, durably: before anything else of a restore is changed or removed that may have come as far as to
     * write it.
     */
    void removeControlFile() throws IOException {
        Path file = root.resolve(ControlFile.NAME);
        Path directory = root.resolve(ControlFile.DIRECTORY);
        if (tree != null
                && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                && Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                && !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            tree.remove(file);
            Fsync.directory(directory);
        }
    }

    /**
     * Writes the control file when everything else is durable, sets what could not be set before the directories were full, and makes that durable. Other
     * directories of the same cluster must be finished before that of the control file.
     */
    void finish() throws IOException, TerminatedException {
        syncer.await(signals);
        ControlFile.Kept last = control.kept();
        if (last != null) {
            syncDirectories();
            restore(
                    root.resolve(ControlFile.NAME),
                    last.entry(),
                    new ByteArrayInputStream(last.content()),
                    new byte[BUFFER_BYTES]);
            syncer.await(signals);
        }
        tree().finishDirectories();
        syncDirectories();
    }

    private void syncDirectories() throws IOException {
        for (Path directory : tree().directories()) {
            Fsync.directory(directory);
        }
        Path parent = root.getParent();
        // Of an earlier attempt it is not known whether it came that far.
        if ((created || resumed) && parent != null) {
            Fsync.directory(parent);
        }
    }

    /** Removes what was restored, the mark last, after a failure: what remained would stand in the way of the next attempt. */
    void discard() throws IOException {
        if (tree == null) {
            return;
        }
        // The directory that was given may be a link to the one that was filled.
        RestoredFiles.remove(root.toRealPath(), created);
    }
}
