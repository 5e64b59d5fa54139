// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Restores a base backup from a bucket. Several objects are unpacked at the same time, of the data directory as of tablespaces; where they are
 * compressed, they are decompressed ahead. As many are unpacked as there are processors, at least {@value #MIN_UNPACKERS} and at most
 * {@value #MAX_UNPACKERS}. While connections are fast each object that is not compressed has one; all others together have {@value #CONNECTIONS},
 * which fetch them ahead, and, for each of these and each object, a piece of 8 MiB in memory. One use.
 */
final class CloudBackupReader {
    private static final int MIN_UNPACKERS = 2;
    private static final int MAX_UNPACKERS = 4;
    private static final int CONNECTIONS = 8;
    private static final int PIECE_BYTES = 8 << 20;
    private static final int DECOMPRESSED_BYTES = 1 << 20;
    /** How much of its time a decompressor may wait for one connection before several fetch ahead for it. */
    private static final double MOST_WAITING = 0.25;

    private final ObjectStore store;
    private final CloudLog log;
    private final TerminationSignals signals;
    private final Ownership ownership = new Ownership();

    CloudBackupReader(ObjectStore store, CloudLog log, TerminationSignals signals) {
        this.store = store;
        this.log = log;
        this.signals = signals;
    }

    /** A directory and the archives that fill it. */
    private record Job(String name, RestoredTree tree, List<BackupArchive> parts) {}

    /** An object, and what it fills. */
    private record Unpacking(RestoredTree tree, BackupArchive part) {}

    /**
     * Restores.
     *
     * @param backup a complete backup
     * @param target the new data directory; missing or empty
     * @param locations where tablespaces go, by name; others go where they were
     * @throws CloudException when a directory is not empty or an archive is missing; nothing was written then
     * @throws StorageException when the store fails; what was written stays, and the same call goes on from there
     * @throws TerminatedException when a signal came; likewise
     * @throws IOException when an archive is damaged or cannot be unpacked; what was written is removed
     */
    void restore(CloudBackup backup, Path target, Map<String, Path> locations)
            throws CloudException, IOException, BarmanException {
        try (FileSyncer syncer = new FileSyncer()) {
            restore(backup, target, locations, syncer);
        }
    }

    private void restore(CloudBackup backup, Path target, Map<String, Path> locations, FileSyncer syncer)
            throws CloudException, IOException, BarmanException {
        Job data = new Job(BackupArchive.DATA, tree(target, syncer), parts(backup, BackupArchive.DATA));
        Map<Tablespace, Job> tablespaces = new LinkedHashMap<>();
        for (Tablespace tablespace : backup.info().tablespaces()) {
            if (isInData(backup, tablespace)) {
                refuseLocation(tablespace, locations);
                continue;
            }
            Path location = locations.getOrDefault(tablespace.name(), Path.of(tablespace.location()));
            String name = Long.toString(tablespace.oid());
            tablespaces.put(tablespace, new Job(name, tree(location, syncer), parts(backup, name)));
        }
        List<Job> jobs = new ArrayList<>(List.of(data));
        jobs.addAll(tablespaces.values());
        // Nothing is written any more when the mark's lock is given up.
        try (RestoreMark mark = new RestoreMark(data.tree().root(), describe(backup, jobs));
                syncer) {
            restore(backup.info(), data, tablespaces, mark);
        }
    }

    private void restore(BackupInfo info, Job data, Map<Tablespace, Job> tablespaces, RestoreMark mark)
            throws CloudException, IOException, BarmanException {
        List<Job> jobs = new ArrayList<>(List.of(data));
        jobs.addAll(tablespaces.values());
        boolean resumed = mark.isThere();
        refuseOccupied(jobs, resumed);
        data.tree().create(resumed);
        mark.lock(resumed);
        boolean kept = false;
        try {
            if (resumed) {
                log.info("Going on with the restore that was interrupted");
                data.tree().removeControlFile();
            } else {
                mark.put();
            }
            for (Job job : tablespaces.values()) {
                job.tree().create(resumed);
            }
            unpack(jobs, resumed);
            complete(info, data, tablespaces);
            mark.remove();
            kept = true;
        } catch (StorageException | TerminatedException e) {
            // Another attempt may succeed, and goes on.
            kept = true;
            throw e;
        } finally {
            if (!kept) {
                discard(jobs);
            }
        }
        if (resumed) {
            long bytes = 0;
            for (Job job : jobs) {
                bytes += job.tree().passedOver();
            }
            log.info("Files with " + bytes + " bytes were restored already");
        }
    }

    /** A tablespace in place, as developers have them, is a directory in {@code pg_tblspc} and has no archive of its own. */
    private static boolean isInData(CloudBackup backup, Tablespace tablespace) {
        if (Path.of(tablespace.location()).isAbsolute()) {
            return false;
        }
        String name = Long.toString(tablespace.oid());
        return BackupArchive.of(backup).stream()
                .noneMatch(archive -> archive.name().equals(name));
    }

    private static void refuseLocation(Tablespace tablespace, Map<String, Path> locations) throws CloudException {
        if (locations.containsKey(tablespace.name())) {
            throw new CloudException(
                    CloudExit.FAILED,
                    "Tablespace " + tablespace.name() + " lies in the data directory (" + tablespace.location()
                            + ") and cannot have another location");
        }
    }

    /** What tells this restore from any other. */
    private static String describe(CloudBackup backup, List<Job> jobs) {
        StringBuilder words = new StringBuilder("restore of " + backup.info().id() + "\n");
        for (Job job : jobs) {
            words.append("into ").append(job.tree().root()).append('\n');
            for (BackupArchive part : job.parts()) {
                ObjectInfo object = part.object();
                words.append(object.key())
                        .append(' ')
                        .append(object.sizeBytes())
                        .append(' ')
                        .append(object.lastModified())
                        .append('\n');
            }
        }
        return words.toString();
    }

    /** Of an interrupted restore everything in the directories is its own. */
    private static void refuseOccupied(List<Job> jobs, boolean resumed) throws CloudException, IOException {
        Set<Path> roots = new HashSet<>();
        for (Job job : jobs) {
            Path root = job.tree().root();
            if (!resumed && job.tree().isOccupied()) {
                String hint = RestoreMark.isIn(root)
                        ? ": it has the unfinished restore of something else; repeat that restore, or remove the directory"
                        : "";
                throw new CloudException(
                        CloudExit.FAILED, "Destination " + root + " already exists and it is not empty" + hint);
            }
            if (!roots.add(root)) {
                throw new CloudException(CloudExit.FAILED, "Two tablespaces would be restored into " + root);
            }
        }
    }

    private RestoredTree tree(Path directory, FileSyncer syncer) {
        return new RestoredTree(directory.toAbsolutePath().normalize(), ownership, log, signals, syncer);
    }

    /** The parts of an archive, none missing between them. */
    private static List<BackupArchive> parts(CloudBackup backup, String name) throws CloudException {
        List<BackupArchive> parts = new ArrayList<>();
        for (BackupArchive archive : BackupArchive.of(backup)) {
            if (archive.name().equals(name)) {
                parts.add(archive);
            }
        }
        String id = backup.info().id().value();
        if (parts.isEmpty()) {
            throw new CloudException(
                    CloudExit.FAILED, "Backup " + id + " is not complete: there is no " + name + ".tar in the bucket");
        }
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i).part() != i) {
                throw new CloudException(
                        CloudExit.FAILED,
                        "Backup " + id + " is not complete, or has a part twice: part " + i + " of " + name
                                + ".tar was expected where the bucket has "
                                + parts.get(i).object().key());
            }
        }
        return parts;
    }

    private void unpack(List<Job> jobs, boolean resumed) throws IOException, BarmanException {
        List<Unpacking> largestFirst = jobs.stream()
                .flatMap(job -> job.parts().stream().map(part -> new Unpacking(job.tree(), part)))
                // So that all end at about the same time.
                .sorted(Comparator.comparingLong((Unpacking unpacking) ->
                                unpacking.part().object().sizeBytes())
                        .reversed())
                .toList();
        int atATime = Math.max(
                MIN_UNPACKERS, Math.min(MAX_UNPACKERS, Runtime.getRuntime().availableProcessors()));
        int threads = Math.min(largestFirst.size(), atATime);
        int ahead = CONNECTIONS / threads;
        // What was restored already is passed over: there one would not want to have asked for more than a piece.
        ConnectionSpeed plain = resumed ? ConnectionSpeed.slow() : ConnectionSpeed.unknown();
        ConnectionSpeed compressed = resumed ? ConnectionSpeed.slow() : ConnectionSpeed.unknown(MOST_WAITING);
        ExecutorService fetchers = Executors.newFixedThreadPool(CONNECTIONS, task -> new Thread(task, "restore-fetch"));
        ExecutorService unpackers = Executors.newFixedThreadPool(threads, task -> new Thread(task, "restore-unpack"));
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        try {
            for (Unpacking unpacking : largestFirst) {
                unpackers.execute(() -> {
                    try {
                        ConnectionSpeed speed = unpacking.part().compression() == null ? plain : compressed;
                        unpack(unpacking.tree(), unpacking.part(), speed, fetchers, ahead, failure);
                    } catch (IOException | BarmanException | RuntimeException | Error e) {
                        failure.compareAndSet(null, e);
                    }
                });
            }
        } finally {
            unpackers.shutdown();
            // So that nobody writes any more when a failure is dealt with: they end soon, then or after a signal.
            Uninterruptibles.awaitTerminationUninterruptibly(unpackers);
            fetchers.shutdown();
        }
        Throwable first = failure.get();
        if (first != null) {
            Throwables.throwIfInstanceOf(first, IOException.class);
            Throwables.throwIfInstanceOf(first, BarmanException.class);
            throw new IOException("Cannot restore: " + first, first);
        }
    }

    private void unpack(
            RestoredTree tree,
            BackupArchive part,
            ConnectionSpeed speed,
            ExecutorService fetchers,
            int ahead,
            AtomicReference<@Nullable Throwable> failure)
            throws IOException, TerminatedException {
        if (failure.get() != null) {
            return;
        }
        String name = part.object().key().value();
        try (InputStream stored = new ObjectDownload(store, part.object(), speed, fetchers, PIECE_BYTES, ahead);
                InputStream plain =
                        part.compression() == null ? stored : decompressed(stored, part.compression(), name)) {
            tree.unpack(new WhileNothingFails(plain, failure), name, part.part());
        }
    }

    /** Ends the work on an archive when that on another one has failed. */
    private static final class WhileNothingFails extends FilterInputStream {
        private final AtomicReference<@Nullable Throwable> failure;

        WhileNothingFails(InputStream in, AtomicReference<@Nullable Throwable> failure) {
            super(in);
            this.failure = failure;
        }

        private void check() throws IOException {
            if (failure.get() != null) {
                throw new IOException("given up after the failure of another archive");
            }
        }

        @Override
        public int read() throws IOException {
            check();
            return in.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            check();
            return in.read(bytes, offset, length);
        }
    }

    /** Is decompressed by a thread of its own, which ends when the stream is closed: files are written meanwhile. */
    private static InputStream decompressed(InputStream stored, CompressionAlgorithm compression, String what)
            throws IOException {
        InputStream plain = WalCodec.of(CompressionSettings.of(compression))
                .decompressing(new BufferedInputStream(stored, 1 << 16));
        return new ReadAhead(plain, what, DECOMPRESSED_BYTES);
    }

    private static void complete(BackupInfo info, Job data, Map<Tablespace, Job> tablespaces)
            throws CloudException, IOException, TerminatedException {
        RestoredTree tree = data.tree();
        String missing = null;
        if (!Files.isRegularFile(tree.root().resolve("backup_label"), LinkOption.NOFOLLOW_LINKS)) {
            missing = "backup_label";
        } else if (!tree.hasControlFile()) {
            missing = ControlFile.NAME;
        }
        if (missing != null) {
            throw new CloudException(
                    CloudExit.FAILED, "Backup " + info.id() + " is not complete: there is no " + missing + " in it");
        }
        String version = info.majorVersion();
        tree.addDirectory(version != null && version.startsWith("9.") ? "pg_xlog" : "pg_wal");
        tree.addDirectory("pg_tblspc");
        for (Map.Entry<Tablespace, Job> tablespace : tablespaces.entrySet()) {
            RestoredTree other = tablespace.getValue().tree();
            tree.addLink("pg_tblspc/" + tablespace.getKey().oid(), other.root());
            other.giveTo(tree.owner());
            other.finish();
        }
        // The last one: it writes the control file.
        tree.finish();
    }

    /** The data directory, with the mark, last: killed before that, the next attempt knows whose the rest is. */
    private void discard(List<Job> jobs) {
        RestoredTree data = jobs.get(0).tree();
        try {
            data.removeControlFile();
        } catch (IOException e) {
            log.warning("The control file in " + data.root() + " could not be removed: " + e.getMessage());
        }
        for (int i = jobs.size() - 1; i >= 0; i--) {
            Job job = jobs.get(i);
            try {
                job.tree().discard();
            } catch (IOException e) {
                log.warning("What was restored to " + job.tree().root() + " could not be removed: " + e.getMessage());
            }
        }
    }
}
