// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.spool;

import dev.barman.process.OwnProcess;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentCheck;
import dev.barman.wal.WalSegmentName;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The directory of one standby with WAL segments that were fetched ahead.
 *
 * <p>A segment gets its name here when it is complete, fits the name and the cluster, and is durable. It is looked at again
 * before it is handed out, and goes away when it does not fit or is older than {@link #MAX_AGE_MILLIS}: the worst that a damaged spool does is to cost
 * time. Only whole segments are kept; histories and partial segments, which may change, never are.
 *
 * <p>One process writes; any number may look and take. Thread-safe, as it has no state.
 */
public final class WalSpool {
    /** What lies longer has been forgotten by a recovery that went elsewhere: one hour. */
    public static final long MAX_AGE_MILLIS = 3_600_000;

    /** No segment is larger. */
    private static final long MOST_BYTES = 1L << 30;

    private static final String TEMPORARY_SUFFIX = ".tmp";
    private static final FileAttribute<?> MODE_0600 =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path directory;
    private final long systemIdentifier;

    /**
     * A spool; nothing is created yet.
     *
     * @param directory what {@link SpoolLocation#ofStandby} gives
     * @param systemIdentifier the cluster's
     */
    public WalSpool(Path directory, long systemIdentifier) {
        this.directory = directory;
        this.systemIdentifier = systemIdentifier;
    }

    /** The directory. */
    public Path directory() {
        return directory;
    }

    /**
     * Makes the directory and those above it below {@code base}, for the owner alone.
     *
     * @param base exists, or its parent does
     * @throws IOException when that is impossible, or one of them is not a directory of this user
     */
    public void create(Path base) throws IOException {
        createOwn(base, directory);
    }

    /**
     * Makes directories for the owner alone.
     *
     * @param base exists, or its parent does
     * @param directory below the base, or the base itself
     * @throws IOException when that is impossible, or one of them is a symbolic link or belongs to another user: in a directory that
     *     everybody may write to, somebody else could have put it there
     */
    public static void createOwn(Path base, Path directory) throws IOException {
        Path next = base;
        makeOwn(next);
        for (Path name : base.relativize(directory)) {
            next = next.resolve(name);
            makeOwn(next);
        }
    }

    private static void makeOwn(Path directory) throws IOException {
        if (directory.toString().isEmpty()) {
            return;
        }
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            requireOwn(directory);
        }
    }

    /**
     * Makes sure that nobody else can have put something into a directory.
     *
     * @throws IOException when it is missing, is a link, belongs to another user, or others may write to it
     */
    public static void requireOwn(Path directory) throws IOException {
        Map<String, Object> attributes =
                Files.readAttributes(directory, "unix:uid,mode,isDirectory", LinkOption.NOFOLLOW_LINKS);
        Object own = ownUserId(directory);
        if (!Boolean.TRUE.equals(attributes.get("isDirectory"))) {
            throw new FileSystemException(directory.toString(), null, "is not a directory");
        }
        if (!own.equals(attributes.get("uid"))) {
            throw new FileSystemException(directory.toString(), null, "belongs to another user");
        }
        if (attributes.get("mode") instanceof Integer mode && (mode & 022) != 0) {
            throw new FileSystemException(directory.toString(), null, "can be written to by other users");
        }
    }

    private static Object ownUserId(Path directory) throws IOException {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (NoSuchFileException noProc) {
            String owner = Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS).getName();
            return owner.equals(System.getProperty("user.name")) ? Files.getAttribute(directory, "unix:uid") : -1;
        }
    }

    /**
     * Whether a segment lies here. It is not looked into.
     */
    public boolean has(WalSegmentName name) {
        return Files.exists(directory.resolve(name.text()), LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Looks for a segment and makes sure that it is what its name says. What does not fit, or is too old, is removed.
     *
     * @return the file, durable; null when there is none that can be used
     * @throws IOException when the spool cannot be read
     */
    public @Nullable Path find(WalSegmentName name) throws IOException {
        Path file = directory.resolve(name.text());
        String problem;
        // Through an open file: in the common case that there is none, one system call.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer head = ByteBuffer.allocate(WalPageHeader.LENGTH);
            while (head.hasRemaining() && channel.read(head) >= 0) {
                // until full or at the end of the file
            }
            byte[] bytes = new byte[head.flip().remaining()];
            head.get(bytes);
            problem = problem(name, bytes, channel.size());
            long age =
                    System.currentTimeMillis() - Files.getLastModifiedTime(file).toMillis();
            if (age > MAX_AGE_MILLIS) {
                problem = "it lies here for more than an hour";
            }
        } catch (NoSuchFileException e) {
            return null;
        }
        if (problem == null) {
            return file;
        }
        Files.deleteIfExists(file);
        return null;
    }

    /** What is wrong with a complete file, null when nothing is. */
    private @Nullable String problem(WalSegmentName name, byte[] head, long sizeBytes) {
        String problem = WalSegmentCheck.problem(name, head, sizeBytes);
        if (problem != null) {
            return problem;
        }
        WalPageHeader header = WalPageHeader.parse(ByteBuffer.wrap(head)).orElse(null);
        if (header == null) {
            return "its header is that of an unknown release of PostgreSQL";
        }
        return header.systemIdentifier() == systemIdentifier
                ? null
                : "it comes from another cluster: its system identifier is " + header.systemId();
    }

    /**
     * Begins to receive a segment, under a name that nobody takes for a segment.
     *
     * @throws IOException when the file cannot be created
     */
    public Incoming begin(WalSegmentName name) throws IOException {
        return new Incoming(name);
    }

    /** A segment on its way into the spool. Not thread-safe. */
    public final class Incoming implements AutoCloseable {
        private final WalSegmentName name;
        private final Path temporary;
        private final FileChannel channel;
        private final byte[] head = new byte[WalPageHeader.LENGTH];
        private long sizeBytes;
        private long most = MOST_BYTES;
        private boolean named;

        private Incoming(WalSegmentName name) throws IOException {
            this.name = name;
            this.temporary = directory.resolve("." + name.text() + "." + OwnProcess.pid() + TEMPORARY_SUFFIX);
            Files.deleteIfExists(temporary);
            this.channel = FileChannel.open(
                    temporary, Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW), MODE_0600);
        }

        /**
         * Writes the next bytes.
         *
         * @throws IOException when they cannot be written, or are more than the header announces: whoever sends without end is not to fill
         *     the disk
         */
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (sizeBytes < head.length) {
                int at = (int) sizeBytes;
                System.arraycopy(bytes, offset, head, at, Math.min(head.length - at, length));
                if (at + length >= head.length) {
                    most = WalPageHeader.parse(ByteBuffer.wrap(head))
                            .map(WalPageHeader::segmentSizeBytes)
                            .orElse(most);
                }
            }
            sizeBytes += length;
            if (sizeBytes > most) {
                throw new IOException(
                        name.text() + " is longer than " + most + " bytes, which a segment of its header has");
            }
            ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        }

        /**
         * Looks whether everything is there that belongs to the name, makes its content durable and gives it the name.
         *
         * @return what is wrong with it, null when nothing is and the segment has its name
         * @throws IOException when it cannot be made durable or be renamed
         */
        public @Nullable String complete() throws IOException {
            String problem = problem(name, sizeBytes < head.length ? new byte[0] : head, sizeBytes);
            if (problem != null) {
                return problem;
            }
            channel.force(true);
            channel.close();
            // A name that is lost with the power costs one more transfer; so the directory needs no fsync.
            Files.move(temporary, directory.resolve(name.text()), StandardCopyOption.ATOMIC_MOVE);
            named = true;
            return null;
        }

        /** Removes what was received, unless it was complete. */
        @Override
        public void close() throws IOException {
            channel.close();
            if (!named) {
                Files.deleteIfExists(temporary);
            }
        }
    }

    /** Removes a segment, if it is here. */
    public void remove(WalSegmentName name) throws IOException {
        Files.deleteIfExists(directory.resolve(name.text()));
    }

    /** Removes all segments. Those on their way stay, since somebody may be writing to them. */
    public void clear() throws IOException {
        for (String name : names()) {
            if (WalFileName.isSegment(name)) {
                Files.deleteIfExists(directory.resolve(name));
            }
        }
    }

    /** Removes what writers that were killed have left, and segments that are too old. Only for the one process that writes. */
    public void removeLeftovers() throws IOException {
        long oldest = System.currentTimeMillis() - MAX_AGE_MILLIS;
        for (String name : names()) {
            Path file = directory.resolve(name);
            boolean temporary = name.startsWith(".") && name.endsWith(TEMPORARY_SUFFIX);
            if (temporary || (WalFileName.isSegment(name) && file.toFile().lastModified() < oldest)) {
                Files.deleteIfExists(file);
            }
        }
    }

    private String[] names() {
        String[] names = new File(directory.toString()).list();
        return names == null ? new String[0] : names;
    }
}
