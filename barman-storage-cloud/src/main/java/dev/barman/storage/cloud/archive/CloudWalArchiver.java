// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.WalFileName;
import dev.barman.wal.archive.ArchiveListener;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.compress.CompressionSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Archives WAL from PostgreSQL's {@code pg_wal} into a bucket: the file that PostgreSQL asks for and, where others are waiting, the
 * ready segments behind it, several at a time.
 *
 * <p>With a state directory the archiver remembers what it archived, so that the call for a segment that came along ends without asking
 * the store, writes the WAL index, and keeps copies of files that must not be archived. The order of the durable steps: in the
 * store, in the index, in the record, success returned. Killed between any two of them, the next call for the same file heals: it finds its object
 * identical and adds what is missing. The index never has a hole: of what was archived ahead only what follows without a gap is
 * recorded. {@code .history}, {@code .backup} and {@code .partial} files are always stored or compared, never skipped.
 *
 * <p>A state directory that cannot be written to is a warning, and only the requested file is archived, without index.
 *
 * <p>Not thread-safe; several processes may use one bucket and one state directory. In memory at the same time are the requested segment
 * and at most {@link Builder#memory} bytes of others, or one of them if that is larger. The uploads that a call gave up waiting for count
 * until they end; they may outlive {@link #close}, on daemon threads, at most by what the store's own timeouts and repetitions take.
 */
public final class CloudWalArchiver implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration AHEAD = Duration.ofSeconds(30);
    private static final long MEMORY = 512L << 20;

    /** Opens the bucket when it is needed, at most once. */
    @FunctionalInterface
    public interface StoreOpener {
        /**
         * @return the bucket, which is closed with the archiver
         * @throws StorageException when it cannot be used
         */
        ObjectStore open() throws StorageException;
    }

    private final Builder settings;
    private final @Nullable ArchiveState state;
    private final UploadsAhead.Abandoned abandoned = new UploadsAhead.Abandoned();
    private @Nullable ObjectStore store;
    private @Nullable WalUploader uploader;

    private CloudWalArchiver(Builder settings) {
        this.settings = settings;
        this.state = settings.directory == null
                ? null
                : new ArchiveState(
                        settings.directory,
                        settings.server,
                        settings.destination,
                        settings.patience,
                        settings.warnings,
                        settings.clock);
    }

    /**
     * Begins to describe an archiver.
     *
     * @param stores opens the bucket
     * @param keys where the files of the server are in it
     */
    public static Builder builder(StoreOpener stores, WalKeys keys) {
        return new Builder(stores, keys);
    }

    /** How an archiver works. What is not said: no compression, no tags, no state directory, no listener. Not thread-safe. */
    public static final class Builder {
        private final StoreOpener stores;
        private final WalKeys keys;
        private @Nullable CompressionSettings compression;
        private Map<String, String> tags = Map.of();
        private Map<String, String> historyTags = Map.of();
        private @Nullable StateDirectory directory;
        private String server = "";
        private String destination = "";
        private @Nullable ArchiveListener listener;
        private Consumer<String> warnings = new LoggedWarnings();
        private Clock clock = Clock.systemUTC();
        private Duration patience = PATIENCE;
        private Duration ahead = AHEAD;
        private long memory = MEMORY;

        private Builder(StoreOpener stores, WalKeys keys) {
            this.stores = stores;
            this.keys = keys;
        }

        /** How to compress new objects, null for not at all. */
        public Builder compression(@Nullable CompressionSettings value) {
            compression = value;
            return this;
        }

        /** Tags of new objects, and those of history files in their place (empty: the same). */
        public Builder tags(Map<String, String> ofAll, Map<String, String> ofHistories) {
            tags = ofAll;
            historyTags = ofHistories;
            return this;
        }

        /**
         * Where to keep record, index and copies.
         *
         * @param value the directory; made when it is needed
         * @param serverName the index is called {@code SERVER-xlog.db}
         * @param destinationName everything that tells one archive from another, in one line: a record about another is not used
         */
        public Builder state(StateDirectory value, String serverName, String destinationName) {
            directory = value;
            server = serverName;
            destination = destinationName;
            return this;
        }

        /**
         * Who takes part: {@code before} is called, in order, before an upload begins, {@code after}, in order, when the outcome is
         * final, both on the thread that calls {@link CloudWalArchiver#archive}. A veto of a segment behind the requested one only ends
         * archiving ahead.
         */
        public Builder listener(ArchiveListener value) {
            listener = value;
            return this;
        }

        /** Who is told what does not decide about success; otherwise the log. */
        public Builder warnings(Consumer<String> value) {
            warnings = value;
            return this;
        }

        /** For the names of copies. */
        public Builder clock(Clock value) {
            clock = value;
            return this;
        }

        /** How long to wait for another process that writes the index; five seconds unless said. */
        public Builder patience(Duration value) {
            patience = value;
            return this;
        }

        /**
         * For how long segments may be added to a call, after which it waits at most as long again for those that are on their way;
         * thirty seconds unless said.
         */
        public Builder ahead(Duration value) {
            ahead = value;
            return this;
        }

        /** How many bytes of segments may be in memory, and as many again of what compresses them outside of the heap; 512 MiB unless said. */
        public Builder memory(long bytes) {
            memory = bytes;
            return this;
        }

        /** {@return the archiver} */
        public CloudWalArchiver build() {
            return new CloudWalArchiver(this);
        }
    }

    private static final class LoggedWarnings implements Consumer<String> {
        @Override
        public void accept(String warning) {
            LoggerFactory.getLogger(CloudWalArchiver.class).warn(warning);
        }
    }

    /**
     * Archives one file and, with a state directory, the segments behind it.
     *
     * @param wal the file in PostgreSQL's {@code pg_wal}; only read
     * @param parallel how many segments at most; 0 or 1 for the file alone
     * @return what became of the file; only after {@link CloudArchiveResult#success} PostgreSQL may recycle it
     * @throws IllegalArgumentException when the file's name is not that of a WAL file
     * @throws NotRecordedException when it is in the store, but not in the index; or no copy of a file could be kept that must not be
     *     archived. To be repeated
     * @throws StorageException when the store refuses or cannot be reached
     * @throws IOException when the file cannot be read, or the listener threw it
     */
    public CloudArchiveResult archive(Path wal, int parallel) throws IOException {
        ArchiveRun.Ahead ahead =
                new ArchiveRun.Ahead(parallel, settings.ahead.toNanos(), settings.memory, settings.compression);
        return new ArchiveRun(
                        WalFileName.parse(String.valueOf(wal.getFileName())),
                        wal,
                        this::uploader,
                        state,
                        settings.warnings,
                        ahead,
                        abandoned,
                        new ListenerCalls(settings.listener))
                .archive();
    }

    private WalUploader uploader() throws StorageException {
        if (uploader == null) {
            store = settings.stores.open();
            uploader = new WalUploader(store, settings.keys, settings.compression, settings.tags, settings.historyTags);
        }
        return uploader;
    }

    /** Closes the bucket if it was opened; does not wait for uploads that a call gave up waiting for. */
    @Override
    public void close() {
        if (uploader != null) {
            uploader.close();
        }
        if (store != null) {
            store.close();
        }
    }
}
