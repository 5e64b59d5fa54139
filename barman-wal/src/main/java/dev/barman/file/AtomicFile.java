// SPDX-License-Identifier: Apache-2.0
package dev.barman.file;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileOwnerAttributeView;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Replaces a file as a whole: temporary file beside it, fsync, rename, fsync of the directory. A reader, and a machine that
 * loses power, sees the old content or the new one, never a mixture and never an empty file.
 *
 * <p>The temporary file is {@code <name>.<random>.tmp} in the same directory. It is removed when writing fails; after a kill it
 * stays behind, and {@link #removeLeftovers} cleans up where a lock guarantees that nobody is writing.
 */
public final class AtomicFile {
    private static final int BUFFER_SIZE = 1 << 16;
    private static final String SUFFIX = ".tmp";

    private AtomicFile() {}

    /** Produces the content of a file. */
    @FunctionalInterface
    public interface ContentWriter {
        /** Writes everything to a buffered stream; closing it is harmless and not needed. */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Replaces the content of {@code target}, or creates it. An existing file's mode, and owner and group where permitted, are
     * kept; a new one gets the mode of the process's umask. Durable when this returns.
     *
     * @throws IOException when anything fails; the target then has its old content, unless only the last step, the fsync of the
     *     directory, failed
     */
    public static void write(Path target, byte[] content) throws IOException {
        write(target, out -> out.write(content), null);
    }

    /**
     * As {@link #write(Path, byte[])}, with the mode of the new content given.
     *
     * @param mode such as {@code "rw-------"}, set whatever the umask; null keeps that of an existing file
     */
    public static void write(Path target, byte[] content, @Nullable String mode) throws IOException {
        write(target, out -> out.write(content), mode);
    }

    /**
     * As {@link #write(Path, byte[], String)}, for content too large for memory. When {@code writer} throws, the target stays as
     * it was.
     */
    public static void write(Path target, ContentWriter writer, @Nullable String mode) throws IOException {
        Path temporary = temporaryFor(target);
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                if (mode != null) {
                    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString(mode));
                } else {
                    copyOwnership(target, temporary);
                }
                OutputStream out =
                        new BufferedOutputStream(Channels.newOutputStream(new Unclosed(channel)), BUFFER_SIZE);
                writer.writeTo(out);
                out.flush();
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (Throwable failure) {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException e) {
                failure.addSuppressed(e);
            }
            throw failure;
        }
        Fsync.directory(directoryOf(target));
    }

    /**
     * Removes temporary files that killed writers of {@code target} left behind. Call it only under a lock that every writer of
     * the target takes.
     *
     * @throws IOException when the directory cannot be listed or a leftover not be removed
     */
    public static void removeLeftovers(Path target) throws IOException {
        String prefix = target.getFileName() + ".";
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(
                directoryOf(target),
                entry -> isTemporaryOf(prefix, entry.getFileName().toString()))) {
            for (Path entry : entries) {
                Files.deleteIfExists(entry);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private static boolean isTemporaryOf(String prefix, String name) {
        int digits = name.length() - prefix.length() - SUFFIX.length();
        if (digits < 1 || digits > 16 || !name.startsWith(prefix) || !name.endsWith(SUFFIX)) {
            return false;
        }
        for (int i = prefix.length(); i < prefix.length() + digits; i++) {
            if (Character.digit(name.charAt(i), 16) < 0) {
                return false;
            }
        }
        return true;
    }

    private static Path temporaryFor(Path target) {
        long random = ThreadLocalRandom.current().nextLong();
        return target.resolveSibling(target.getFileName() + "." + Long.toHexString(random) + SUFFIX);
    }

    private static Path directoryOf(Path target) {
        Path parent = target.toAbsolutePath().getParent();
        return parent == null ? target.toAbsolutePath() : parent;
    }

    /** What an index or a metadata file was readable for must not change because it is rewritten by another user (root, say). */
    private static void copyOwnership(Path from, Path to) throws IOException {
        PosixFileAttributes old;
        try {
            old = Files.readAttributes(from, PosixFileAttributes.class);
        } catch (NoSuchFileException e) {
            return;
        }
        PosixFileAttributeView view = Files.getFileAttributeView(to, PosixFileAttributeView.class);
        PosixFileAttributes fresh = view.readAttributes();
        try {
            if (!fresh.group().equals(old.group())) {
                view.setGroup(old.group());
            }
            if (!fresh.owner().equals(old.owner())) {
                Files.getFileAttributeView(to, FileOwnerAttributeView.class).setOwner(old.owner());
            }
        } catch (IOException notPermitted) {
            // only root, or a member of the group, may: the file is then owned by who wrote it, as with any editor
        }
        Set<PosixFilePermission> permissions = old.permissions();
        if (!fresh.permissions().equals(permissions)) {
            view.setPermissions(permissions);
        }
    }

    /** Lets the content writer close its stream although the channel is still to be fsynced. */
    private record Unclosed(FileChannel channel) implements WritableByteChannel {
        @Override
        public int write(ByteBuffer source) throws IOException {
            return channel.write(source);
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() {
            // the owner closes it
        }
    }
}
