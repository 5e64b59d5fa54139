// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.file.Fsync;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.encrypt.WalCipher;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does everything that comes before the final name: compression, encryption, comparison with what is stored, and the fsync of the
 * content. Thread-safe; several WALs are prepared at once.
 */
final class WalPreparer {
    private static final Logger logger = LoggerFactory.getLogger(WalPreparer.class);

    private final @Nullable WalCodec codec;
    /** More compressions than processors would take the caches from each other: a third of the time with zstd. */
    private final Semaphore compressions;

    private final @Nullable WalCipher cipher;
    private final StoredContent storedContent;
    private final HashDirectories directories;
    private final CommitStep.Observer observer;
    private volatile boolean linksWork = true;

    WalPreparer(
            @Nullable WalCodec codec,
            int compressionsAtOnce,
            @Nullable WalCipher cipher,
            StoredContent storedContent,
            HashDirectories directories,
            CommitStep.Observer observer) {
        this.codec = codec;
        this.compressions = new Semaphore(compressionsAtOnce);
        this.cipher = cipher;
        this.storedContent = storedContent;
        this.directories = directories;
        this.observer = observer;
    }

    /** Temporary files of a WAL; nobody but the one archiver of a server writes them, so their names can be fixed. */
    static Path temporaryOf(Path target) {
        return target.resolveSibling(target.getFileName() + ".tmp");
    }

    private static Path encryptedTemporaryOf(Path target) {
        return target.resolveSibling(target.getFileName() + ".tmp.gpg");
    }

    /**
     * Prepares one WAL.
     *
     * @throws IOException when that fails; no temporary file is left then
     */
    PreparedWal prepare(WalToStore wal) throws IOException {
        Path target = directories.targetOf(wal.name());
        removeTemporaries(target);
        if (Files.exists(target)) {
            return compareWithStored(wal, target);
        }
        if (codecFor(wal) == null && cipher == null && linksWork && sameFileSystem(wal.file(), target)) {
            Fsync.file(wal.file());
            requireUnchanged(wal);
            observer.reached(CommitStep.CONTENT_DURABLE, wal.name().text());
            return new PreparedWal.Linkable(wal, target, entry(wal, wal.sizeBytes(), sourceCompression(wal), null));
        }
        return encode(wal, target);
    }

    /** Prepares a WAL again whose source turned out not to be linkable, and stops trying for the others. */
    PreparedWal prepareWithoutLink(PreparedWal.Linkable linkable) throws IOException {
        linksWork = false;
        return encode(linkable.wal(), linkable.target());
    }

    /** Removes what a prepared WAL that is not committed left in the archive. */
    static void discard(PreparedWal prepared) {
        if (prepared instanceof PreparedWal.Encoded encoded) {
            try {
                Files.deleteIfExists(encoded.temporary());
            } catch (IOException e) {
                logger.debug("Cannot remove {}: {}", encoded.temporary(), e.getMessage());
            }
        }
    }

    private PreparedWal compareWithStored(WalToStore wal, Path target) throws IOException {
        boolean identical = storedContent.sameAs(target, wal);
        // Whoever stored it may have been interrupted before its own fsync.
        Fsync.file(target);
        return new PreparedWal.Existing(wal, target, storedContent.describe(target, wal.name()), identical);
    }

    private PreparedWal encode(WalToStore wal, Path target) throws IOException {
        Path temporary = temporaryOf(target);
        Path encrypted = encryptedTemporaryOf(target);
        boolean done = false;
        try {
            WalCodec chosen = codecFor(wal);
            Path result = wal.file();
            if (chosen != null || cipher == null) {
                write(wal, chosen, temporary);
                result = temporary;
            }
            if (cipher != null) {
                cipher.encrypt(result, encrypted);
                Files.deleteIfExists(temporary);
                result = encrypted;
            }
            requireUnchanged(wal);
            copyAttributes(wal, result);
            Fsync.file(result);
            observer.reached(CommitStep.CONTENT_DURABLE, wal.name().text());
            String compression =
                    chosen == null ? sourceCompression(wal) : chosen.algorithm().id();
            WalEntry entry = entry(wal, Files.size(result), compression, cipher == null ? null : cipher.id());
            done = true;
            return new PreparedWal.Encoded(wal, target, entry, result);
        } finally {
            if (!done) {
                removeTemporaries(target);
            }
        }
    }

    private void write(WalToStore wal, @Nullable WalCodec codec, Path temporary) throws IOException {
        try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            if (codec != null) {
                compressions.acquireUninterruptibly();
                try {
                    codec.compress(wal.file(), out);
                } finally {
                    compressions.release();
                }
                return;
            }
            try (FileChannel in = FileChannel.open(wal.file(), StandardOpenOption.READ)) {
                long size = in.size();
                for (long position = 0; position < size; ) {
                    long moved = in.transferTo(position, size - position, out);
                    if (moved <= 0) {
                        throw new IOException(wal.file() + " became shorter while it was copied");
                    }
                    position += moved;
                }
            }
        }
    }

    private @Nullable WalCodec codecFor(WalToStore wal) {
        return wal.compression().isEmpty() ? codec : null;
    }

    private static @Nullable String sourceCompression(WalToStore wal) {
        return wal.compression().map(CompressionAlgorithm::id).orElse(null);
    }

    private static WalEntry entry(
            WalToStore wal, long sizeBytes, @Nullable String compression, @Nullable String encryption) {
        return new WalEntry(
                wal.name().text(), sizeBytes, WalEntry.epochSeconds(wal.modified()), compression, encryption);
    }

    /** A source that somebody still writes must not get into the archive half old, half new. */
    private static void requireUnchanged(WalToStore wal) throws IOException {
        BasicFileAttributes now = Files.readAttributes(wal.file(), BasicFileAttributes.class);
        if (now.size() != wal.sizeBytes() || !now.lastModifiedTime().toInstant().equals(wal.modified())) {
            throw new IOException(wal.file() + " changed while it was being archived (" + wal.sizeBytes()
                    + " bytes, then " + now.size() + "): archive_command must write to a temporary name and rename");
        }
    }

    /** Mode and modification time go with the WAL, as they do when it is moved. */
    private static void copyAttributes(WalToStore wal, Path result) throws IOException {
        PosixFileAttributeView source = Files.getFileAttributeView(wal.file(), PosixFileAttributeView.class);
        if (source != null) {
            Files.setPosixFilePermissions(result, source.readAttributes().permissions());
        }
        Files.getFileAttributeView(result, BasicFileAttributeView.class)
                .setTimes(FileTime.from(wal.modified()), null, null);
    }

    private static boolean sameFileSystem(Path source, Path target) throws IOException {
        Object sourceDevice = Files.getAttribute(source, "unix:dev");
        return sourceDevice != null
                && sourceDevice.equals(Files.getAttribute(LocalDirectories.parentOf(target), "unix:dev"));
    }

    private static void removeTemporaries(Path target) throws IOException {
        Files.deleteIfExists(temporaryOf(target));
        Files.deleteIfExists(encryptedTemporaryOf(target));
    }
}
