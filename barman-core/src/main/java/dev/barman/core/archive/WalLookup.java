// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.ConfigException;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.config.ServerDirectories;
import dev.barman.file.IoReason;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.compress.CompressionDetector;
import dev.barman.wal.encrypt.EncryptionDetector;
import dev.barman.wal.storage.StoredWal;
import dev.barman.wal.storage.WalStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a WAL file of a server is: in its archive, or where it waits to get there. Files are looked up by name. What cannot be looked at
 * is never taken for absent. Not thread-safe.
 */
final class WalLookup {
    private static final Logger logger = LoggerFactory.getLogger("barman.server");

    /** The least and the greatest number of segments in a log: of 1 GiB and of 1 MiB. */
    private static final long MIN_SEGMENTS = 4;

    private static final long MAX_SEGMENTS = 4096;

    private final ServerConfig server;
    private @Nullable WalStorage archive;

    WalLookup(ServerConfig server) {
        this.server = server;
    }

    private WalStorage archive() throws ConfigException {
        if (archive == null) {
            archive = ServerWalArchive.readable(server);
        }
        return archive;
    }

    /**
     * Finds a file. The search order is Barman's; the archive is looked into again since the archiver may have moved the file meanwhile.
     *
     * @param partial whether a partial segment will do when there is no complete one
     * @return the file, to be closed by the caller; empty when there is none
     * @throws IOException when that cannot be found out
     * @throws ConfigException when the archive is at a URL that cannot be used
     */
    Optional<FoundWal> find(WalFileName name, boolean partial) throws IOException, ConfigException {
        IOException unanswered = null;
        try {
            Optional<FoundWal> archived = archived(name);
            if (archived.isPresent()) {
                return archived;
            }
        } catch (IOException e) {
            // It may still wait to be archived.
            unanswered = e;
        }
        Optional<FoundWal> waiting = waiting(name);
        if (waiting.isPresent()) {
            if (unanswered != null) {
                logger.warn("Sending {} without the archive, which does not answer: {}", name, IoReason.of(unanswered));
            }
            return waiting;
        }
        if (unanswered != null) {
            throw unanswered;
        }
        if (partial && name instanceof WalSegmentName segment) {
            Optional<FoundWal> part = partial(segment);
            if (part.isPresent()) {
                return part;
            }
        }
        Optional<FoundWal> archived = archived(name);
        if (archived.isEmpty()) {
            requireAnswers(name);
        }
        return archived;
    }

    private Optional<FoundWal> archived(WalFileName name) throws IOException, ConfigException {
        return archive().fetch(name).map(stored -> FoundWal.archived(name, stored));
    }

    private Optional<FoundWal> waiting(WalFileName name) throws IOException {
        ServerDirectories directories = server.directories();
        for (Path directory : List.of(directories.incoming(), directories.streaming())) {
            Path file = directory.resolve(name.text());
            if (isComplete(file, name)) {
                return Optional.of(FoundWal.waiting(name, file));
            }
        }
        return Optional.empty();
    }

    private Optional<FoundWal> partial(WalSegmentName segment) throws IOException, ConfigException {
        ServerDirectories directories = server.directories();
        WalFileName name = WalFileName.parse(segment.text() + ".partial");
        Path streaming = directories.streaming().resolve(name.text());
        if (Files.isRegularFile(streaming)) {
            return Optional.of(FoundWal.waiting(name, streaming));
        }
        Path whole = directories.streaming().resolve(segment.text());
        if (isComplete(whole, segment)) {
            return Optional.of(FoundWal.waiting(segment, whole));
        }
        Optional<FoundWal> archived = archived(name);
        if (archived.isPresent()) {
            return archived;
        }
        Path incoming = directories.incoming().resolve(name.text());
        return Files.isRegularFile(incoming) ? Optional.of(FoundWal.waiting(name, incoming)) : Optional.empty();
    }

    private void requireAnswers(WalFileName name) throws IOException {
        ServerDirectories directories = server.directories();
        requireVisible(directories.incoming().resolve(name.text()));
        requireVisible(directories.streaming().resolve(name.text()));
        if (!Files.isDirectory(directories.backup())) {
            // A file system that is not mounted looks like an archive without files.
            throw new NotDirectoryException(directories.backup().toString());
        }
    }

    /** A place that cannot be looked at must not pass for one without the file: whoever recovers would stop there. */
    private static void requireVisible(Path file) throws IOException {
        try {
            file.getFileSystem().provider().checkAccess(file);
        } catch (NoSuchFileException absent) {
            // This is the proof that was wanted.
        }
    }

    /** A segment outside of the archive may still be written; PostgreSQL must never get a part of it as the whole. */
    private static boolean isComplete(Path file, WalFileName name) throws IOException {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        if (!(name instanceof WalSegmentName)) {
            return true;
        }
        try {
            long size = Files.size(file);
            Optional<WalPageHeader> header = WalPageHeader.read(file);
            boolean complete = header.isPresent()
                    ? size >= header.get().segmentSizeBytes()
                    : size >= WalPageHeader.LENGTH || (size > 0 && isTransformed(file));
            if (!complete) {
                logger.warn("{} is incomplete ({} bytes) and not used", file, size);
            }
            return complete;
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    /** What is compressed or encrypted tells nothing by its size. */
    private static boolean isTransformed(Path file) throws IOException {
        return EncryptionDetector.isEncrypted(file)
                || CompressionDetector.STANDARD.detect(file).isPresent();
    }

    /** As {@link #find}, without getting hold of the file. */
    private boolean isThere(WalFileName name) throws IOException, ConfigException {
        IOException unanswered = null;
        try {
            Optional<StoredWal> archived = archive().stat(name);
            if (archived.isPresent()) {
                return true;
            }
        } catch (IOException e) {
            unanswered = e;
        }
        if (waiting(name).isPresent()) {
            return true;
        }
        if (unanswered != null) {
            throw unanswered;
        }
        if (archive().stat(name).isPresent()) {
            return true;
        }
        requireAnswers(name);
        return false;
    }

    /**
     * The names of WAL files that could be got from one on, as a client asks that wants to prefetch.
     *
     * <p>The segment size is not known. At a first missing name whose segment number is one at which a log ends at some segment size,
     * the search goes on with the next log; otherwise it ends. A name that is not a whole segment gives at most itself.
     *
     * @param size the most names
     */
    List<String> peek(WalFileName first, int size) throws IOException, ConfigException {
        List<String> names = new ArrayList<>();
        if (!(first instanceof WalSegmentName wal)) {
            if (size > 0 && isThere(first)) {
                names.add(first.text());
            }
            return names;
        }
        long log = wal.log();
        long segment = wal.segment();
        WalSegmentName next = wal;
        while (names.size() < size) {
            if (isThere(next)) {
                names.add(next.text());
                segment++;
            } else if (segment >= MIN_SEGMENTS
                    && segment <= MAX_SEGMENTS
                    && Long.bitCount(segment) == 1
                    && !names.isEmpty()) {
                log++;
                segment = 0;
            } else {
                return names;
            }
            next = WalSegmentName.of(wal.timeline(), log, segment);
        }
        return names;
    }
}
