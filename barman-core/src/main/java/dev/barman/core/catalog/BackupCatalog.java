// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.BarmanException;
import dev.barman.file.AtomicFile;
import dev.barman.file.Fsync;
import dev.barman.file.IoReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The backups of one server on disk. Immutable and thread-safe; every call looks at the disk. Locking is the caller's.
 *
 * <p>Metadata is in {@code meta/<ID>-backup.info}; {@code base/<ID>/backup.info}, the place before Barman 3.13.2, is read where the new one
 * is missing, and never written.
 */
public final class BackupCatalog {
    private static final Logger LOG = LoggerFactory.getLogger("barman.catalog");
    private static final String SUFFIX = "-backup.info";
    private static final String OLD_NAME = "backup.info";

    private final String serverName;
    private final @Nullable String mode;
    private final Path base;
    private final Path meta;

    /**
     * Creates a catalogue; nothing is read yet, and the directories need not exist.
     *
     * @param serverName what records without a server name get
     * @param mode what records without a mode get, null when the server makes no backups
     * @param base the directory of the base backups
     * @param meta the directory of the metadata
     */
    public BackupCatalog(String serverName, @Nullable String mode, Path base, Path meta) {
        this.serverName = serverName;
        this.mode = mode;
        this.base = base;
        this.meta = meta;
    }

    /** The server's name. */
    public String serverName() {
        return serverName;
    }

    /**
     * Reads all backups.
     *
     * @throws BarmanException when a directory or a metadata file cannot be read, or one is damaged: a catalogue with a hole must not
     *     decide what is obsolete
     */
    public Backups load() throws BarmanException {
        TreeMap<BackupId, Path> files = new TreeMap<>();
        for (String name : names(base)) {
            Path file = base.resolve(name).resolve(OLD_NAME);
            if (Files.isRegularFile(file)) {
                files.put(BackupId.of(name), file);
            }
        }
        for (String name : names(meta)) {
            if (isMetadata(name)) {
                files.put(BackupId.of(name.substring(0, name.indexOf(SUFFIX))), meta.resolve(name));
            }
        }
        List<BackupInfo> backups = new ArrayList<>(files.size());
        for (var entry : files.entrySet()) {
            read(entry.getKey(), entry.getValue()).ifPresent(backups::add);
        }
        return new Backups(backups);
    }

    /** The backups with a status that passes the filter, in ascending order of their ids. */
    public List<BackupInfo> backups(Predicate<BackupStatus> filter) throws BarmanException {
        return load().with(filter);
    }

    /** The ids of all backups in ascending order, without reading their metadata. */
    public List<BackupId> ids() throws BarmanException {
        TreeSet<BackupId> ids = new TreeSet<>();
        for (String name : names(base)) {
            if (Files.isRegularFile(base.resolve(name).resolve(OLD_NAME))) {
                ids.add(BackupId.of(name));
            }
        }
        for (String name : names(meta)) {
            if (isMetadata(name)) {
                ids.add(BackupId.of(name.substring(0, name.indexOf(SUFFIX))));
            }
        }
        return new ArrayList<>(ids);
    }

    /**
     * An id for a backup that begins now: greater than that of every backup, and of every directory among the base backups, so that
     * nothing that is there is ever written into.
     */
    public BackupId newId(Clock clock) throws BarmanException {
        List<BackupId> existing = new ArrayList<>(ids());
        for (String name : names(base)) {
            existing.add(BackupId.of(name));
        }
        return BackupId.next(clock, existing);
    }

    /** Reads one backup, no other. */
    public Optional<BackupInfo> find(BackupId id) throws BarmanException {
        Optional<BackupInfo> found = read(id, newInfoFile(id));
        return found.isPresent() ? found : read(id, oldInfoFile(id));
    }

    /** The backup that a word on the command line means, see {@link Backups#resolve}. An id is read without the others. */
    public Optional<BackupInfo> resolve(String word) throws BarmanException {
        return BackupId.isWellFormed(word) ? find(BackupId.of(word)) : load().resolve(word);
    }

    /** The completely copied backup before this one. */
    public Optional<BackupInfo> previous(BackupId id) throws BarmanException {
        return load().previous(id);
    }

    /** The completely copied backup after this one. */
    public Optional<BackupInfo> next(BackupId id) throws BarmanException {
        return load().next(id);
    }

    /**
     * Writes the metadata of a backup to its new place, atomically; durable when this returns. A file at the old place stays, the new one
     * wins.
     */
    public void save(BackupInfo info) throws BarmanException {
        Path file = newInfoFile(info.id());
        try {
            if (!Files.isDirectory(meta)) {
                Files.createDirectories(meta);
                Path parent = meta.toAbsolutePath().getParent();
                if (parent != null) {
                    Fsync.directory(parent);
                }
            }
            AtomicFile.write(file, BackupInfoFormat.format(info).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new BarmanException("cannot write backup metadata " + file + ": " + IoReason.of(e, file), e);
        }
    }

    /**
     * Removes the metadata of a backup from both places, durably. Not an error when there is none. What else is in the backup's directory
     * stays.
     */
    public void remove(BackupId id) throws BarmanException {
        for (Path file : List.of(oldInfoFile(id), newInfoFile(id))) {
            try {
                if (Files.deleteIfExists(file)) {
                    Path directory = file.toAbsolutePath().getParent();
                    if (directory != null) {
                        Fsync.directory(directory);
                    }
                }
            } catch (IOException e) {
                throw new BarmanException("cannot remove backup metadata " + file + ": " + IoReason.of(e, file), e);
            }
        }
    }

    /** Where the metadata of a backup is: at the new place, unless only the old one has it. */
    public Path infoFile(BackupId id) {
        Path file = newInfoFile(id);
        return !Files.exists(file) && Files.exists(oldInfoFile(id)) ? oldInfoFile(id) : file;
    }

    /** The directory of a backup; it need not exist. */
    public Path directory(BackupId id) {
        return base.resolve(id.value());
    }

    /** The directory with the copy of PGDATA: {@code data}, or {@code pgdata} in the oldest layout. */
    public Path dataDirectory(BackupId id) {
        Path oldest = directory(id).resolve("pgdata");
        return Files.isDirectory(oldest) ? oldest : directory(id).resolve("data");
    }

    /** The directory with the copy of a tablespace. */
    public Path tablespaceDirectory(BackupId id, long oid) {
        Path oldest = directory(id).resolve("pgdata");
        return Files.isDirectory(oldest)
                ? oldest.resolve("pg_tblspc").resolve(Long.toString(oid))
                : directory(id).resolve(Long.toString(oid));
    }

    /**
     * Whether nothing is left of a backup but its metadata: the result of a deletion that was interrupted, or done by hand. A backup that
     * never wrote anything, or whose data is in a cloud's snapshots, is none.
     */
    public boolean isOrphan(BackupInfo info) throws BarmanException {
        if (info.status() == BackupStatus.EMPTY || info.type() == BackupType.SNAPSHOT) {
            return false;
        }
        if (!Files.isDirectory(directory(info.id()))) {
            return true;
        }
        List<String> names = names(directory(info.id()));
        return names.size() == 1 && names.get(0).equals(OLD_NAME);
    }

    /** The keep requests of this catalogue's backups. */
    public KeepAnnotation keepAnnotation() {
        return new KeepAnnotation(new Annotations(base, meta));
    }

    /** The marks of unfinished deletions. */
    public DeleteMarker deleteMarker() {
        return new DeleteMarker(new Annotations(base, meta));
    }

    private Path newInfoFile(BackupId id) {
        return meta.resolve(id + SUFFIX);
    }

    private Path oldInfoFile(BackupId id) {
        return base.resolve(id.value()).resolve(OLD_NAME);
    }

    private static boolean isMetadata(String name) {
        return name.endsWith(SUFFIX) && name.indexOf(SUFFIX) > 0;
    }

    /** Empty when the file does not exist, or is deleted just now. */
    private Optional<BackupInfo> read(BackupId id, Path file) throws BarmanException {
        byte[] content;
        try {
            content = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new BarmanException("cannot read backup metadata " + file + ": " + IoReason.of(e, file), e);
        }
        BackupInfo info = BackupInfoFormat.parse(content, id, file.toString(), serverName, mode);
        for (String field : info.unknownFields().keySet()) {
            LOG.warn("Unknown field '{}' found in backup metadata {}: kept as it is", field, file);
        }
        return Optional.of(info);
    }

    /** The names in a directory, hidden ones left out as a shell pattern would; none when it does not exist. */
    static List<String> names(Path directory) throws BarmanException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!name.startsWith(".")) {
                    names.add(name);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw unlisted(directory, Objects.requireNonNull(e.getCause()));
        } catch (IOException e) {
            throw unlisted(directory, e);
        }
        return names;
    }

    private static BarmanException unlisted(Path directory, IOException e) {
        return new BarmanException("cannot list directory " + directory + ": " + IoReason.of(e, directory), e);
    }
}
