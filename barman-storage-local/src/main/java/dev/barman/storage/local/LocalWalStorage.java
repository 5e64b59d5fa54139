// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.file.Fsync;
import dev.barman.file.IoReason;
import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.encrypt.WalCipher;
import dev.barman.wal.storage.SavePipeline;
import dev.barman.wal.storage.SavePipeline.Committed;
import dev.barman.wal.storage.StoreListener;
import dev.barman.wal.storage.StoredFile;
import dev.barman.wal.storage.StoredWal;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A WAL archive in a directory, laid out as Barman's {@code wals_directory}: {@code <timeline and log>/<name>}, histories in the
 * root, stored files under the WAL's own name with the source's mode and modification time.
 *
 * <p>Durable order of one save: content synchronised, final name, directories synchronised, index line synchronised; only then the
 * outcome is reported. Directory and index are synchronised once per group of WALs that are ready together. Compression runs on
 * several threads; names and lines are given in the order of the call. Without compression and encryption, and on one file
 * system, nothing is copied: the source is linked to its final name.
 *
 * <p>An archive is written by one process at a time; the temporary files {@code <name>.tmp} and {@code <name>.tmp.gpg} of one that
 * was killed are replaced when the WAL comes again. Memory: a few buffers per thread. Thread-safe for readers; one {@link #save} or
 * {@link #delete} at a time.
 */
public final class LocalWalStorage implements WalStorage {
    /** While some WALs wait for their fsync, others are compressed. */
    private static final int WAITING_THREADS = 2;

    private final Path root;
    private final LockedXlogDb index;
    private final @Nullable CompressionSettings compression;
    private final @Nullable WalCipher encryption;
    private final @Nullable WalCipher decryption;
    private final int threads;
    private final CommitStep.Observer observer;

    private LocalWalStorage(Builder builder) {
        this.root = builder.root;
        this.index = builder.index;
        this.compression = builder.compression;
        this.encryption = builder.encryption;
        this.decryption = builder.decryption;
        this.threads = builder.threads;
        this.observer = builder.observer;
    }

    /**
     * Starts the description of an archive.
     *
     * @param walsDirectory created with the first WAL if it is missing
     * @param index the archive's index; given a way to rebuild itself, a missing file is rebuilt before WALs are added
     */
    public static Builder in(Path walsDirectory, LockedXlogDb index) {
        return new Builder(walsDirectory, index);
    }

    /** Collects the settings of an archive. */
    public static final class Builder {
        private final Path root;
        private final LockedXlogDb index;
        private @Nullable CompressionSettings compression;
        private @Nullable WalCipher encryption;
        private @Nullable WalCipher decryption;
        private int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
        private CommitStep.Observer observer = (step, name) -> {};

        private Builder(Path root, LockedXlogDb index) {
            this.root = root;
            this.index = index;
        }

        /** Compresses what is stored, unless it comes compressed; null does not. */
        public Builder compression(@Nullable CompressionSettings settings) {
            this.compression = settings;
            return this;
        }

        /** Encrypts what is stored; null does not. */
        public Builder encryption(@Nullable WalCipher cipher) {
            this.encryption = cipher;
            return this;
        }

        /** Decrypts stored files to compare them with new ones; null takes encrypted files for different. */
        public Builder decryption(@Nullable WalCipher cipher) {
            this.decryption = cipher;
            return this;
        }

        /**
         * How many WALs are compressed at the same time; by default one per processor and at least two. There are fewer where that
         * would take more than half of the heap.
         *
         * @throws IllegalArgumentException if less than one
         */
        public Builder threads(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("threads: " + count);
            }
            this.threads = count;
            return this;
        }

        Builder observer(CommitStep.Observer steps) {
            this.observer = steps;
            return this;
        }

        /** The archive. */
        public LocalWalStorage build() {
            return new LocalWalStorage(this);
        }
    }

    @Override
    public void save(Iterator<WalToStore> wals, StoreListener listener) throws IOException {
        if (!wals.hasNext()) {
            return;
        }
        prepareIndex();
        try (WalCodec codec = compression == null ? null : WalCodec.of(compression)) {
            WalPreparer preparer = new WalPreparer(
                    codec,
                    compressionsAtOnce(codec),
                    encryption,
                    new StoredContent(compression, decryption),
                    new HashDirectories(root, observer),
                    observer);
            GroupCommitter committer = new GroupCommitter(index, preparer, observer);
            new SavePipeline<>(new Work(preparer, committer, root), listener, threads + WAITING_THREADS).run(wals);
        }
    }

    private record Work(WalPreparer preparer, GroupCommitter committer, Path root)
            implements SavePipeline.Work<PreparedWal> {
        @Override
        public PreparedWal prepare(WalToStore wal) throws IOException {
            return preparer.prepare(wal);
        }

        @Override
        public WalToStore wal(PreparedWal prepared) {
            return prepared.wal();
        }

        @Override
        public void discard(PreparedWal prepared) {
            WalPreparer.discard(prepared);
        }

        @Override
        public Committed commit(List<PreparedWal> group) throws IOException {
            return committer.commit(group);
        }

        /** On a disk that gets full the work done ahead may be what took the room. */
        @Override
        public boolean triesRestAfterFailure() {
            return true;
        }

        @Override
        public String explain(WalToStore wal, IOException failure) {
            String reason = IoReason.of(failure);
            return "Cannot archive " + wal.file() + " in " + root + ": " + reason + ". "
                    + Failures.hint(reason, root.toString());
        }
    }

    private void prepareIndex() throws IOException {
        try {
            index.prepare();
        } catch (IOException e) {
            String reason = IoReason.of(e);
            throw new IOException(
                    "Cannot make the missing WAL index " + index.file() + " of the archive " + root + ": " + reason
                            + ". "
                            + Failures.hint(
                                    reason,
                                    LocalDirectories.parentOf(index.file()).toString()),
                    e);
        }
    }

    /** Fewer than threads where they would take more than half of the heap. */
    private int compressionsAtOnce(@Nullable WalCodec codec) {
        long bytes = codec == null ? 0 : codec.heapBytesPerCall();
        long fitting = bytes == 0 ? threads : Runtime.getRuntime().maxMemory() / 2 / bytes;
        return (int) Math.max(1, Math.min(threads, fitting));
    }

    @Override
    public Optional<StoredWal> stat(WalFileName name) throws IOException {
        return stat(pathOf(name), name);
    }

    private static Optional<StoredWal> stat(Path file, WalFileName name) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(file, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            Path directory = LocalDirectories.parentOf(file);
            if (Files.exists(directory) && !Files.isDirectory(directory)) {
                // Some versions of Java say the same of both. Here nobody can tell what the archive holds.
                throw new FileSystemException(file.toString(), null, "Not a directory");
            }
            return Optional.empty();
        }
        if (!attributes.isRegularFile()) {
            return Optional.empty();
        }
        return Optional.of(new StoredWal(
                name, attributes.size(), attributes.lastModifiedTime().toInstant(), file.toString(), null));
    }

    @Override
    public boolean exists(WalFileName name) {
        return Files.isRegularFile(pathOf(name));
    }

    @Override
    public InputStream open(WalFileName name) throws IOException {
        return Files.newInputStream(pathOf(name));
    }

    /** {@inheritDoc} It is the archive's own file: nothing is copied. */
    @Override
    public Optional<StoredFile> fetch(WalFileName name) throws IOException {
        return stat(name).isPresent() ? Optional.of(StoredFile.inPlace(pathOf(name))) : Optional.empty();
    }

    @Override
    public String locationOf(WalFileName name, @Nullable String ofIndex) {
        return pathOf(name).toString();
    }

    /** The path a WAL has in this archive, whether it is there or not. */
    public Path pathOf(WalFileName name) {
        String hash = name.hashDirectory();
        return hash.isEmpty() ? root.resolve(name.text()) : root.resolve(hash).resolve(name.text());
    }

    /**
     * {@inheritDoc}
     *
     * <p>A hash directory goes when it is empty, and never with anything in it, however many files are removed. Durable when this
     * returns.
     */
    @Override
    public List<DeleteFailure> delete(Collection<? extends WalFileName> names) throws IOException {
        List<DeleteFailure> failures = new ArrayList<>();
        Set<Path> directories = new LinkedHashSet<>();
        for (WalFileName name : names) {
            Path file = pathOf(name);
            try {
                if (Files.deleteIfExists(file)) {
                    directories.add(LocalDirectories.parentOf(file));
                }
            } catch (IOException e) {
                failures.add(new DeleteFailure(name, IoReason.of(e)));
            }
        }
        for (Path directory : directories) {
            Fsync.directory(directory);
            if (!directory.equals(root.toAbsolutePath()) && removeIfEmpty(directory)) {
                Fsync.directory(root);
            }
        }
        return List.copyOf(failures);
    }

    private static boolean removeIfEmpty(Path directory) throws IOException {
        try {
            return Files.deleteIfExists(directory);
        } catch (DirectoryNotEmptyException e) {
            return false;
        }
    }

    @Override
    public void list(StoredWalVisitor visitor) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        for (Path entry : sortedEntries(root)) {
            String text = String.valueOf(entry.getFileName());
            if (Files.isDirectory(entry)) {
                for (Path file : sortedEntries(entry)) {
                    Optional<WalFileName> name = WalFileName.tryParse(String.valueOf(file.getFileName()));
                    if (name.isPresent() && name.get().hashDirectory().equals(text)) {
                        visit(file, name.get(), visitor);
                    }
                }
            } else if (WalFileName.isHistory(text)) {
                visit(entry, WalFileName.parse(text), visitor);
            }
        }
    }

    private static void visit(Path file, WalFileName name, StoredWalVisitor visitor) throws IOException {
        Optional<StoredWal> stored = stat(file, name);
        if (stored.isPresent()) {
            visitor.visit(stored.get());
        }
    }

    private static List<Path> sortedEntries(Path directory) throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(entries::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        } catch (NoSuchFileException e) {
            return List.of();
        }
        Collections.sort(entries);
        return entries;
    }

    @Override
    public String location() {
        return root.toString();
    }
}
