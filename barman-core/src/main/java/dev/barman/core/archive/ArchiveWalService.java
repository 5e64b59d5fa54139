// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.ServerIdentity;
import dev.barman.core.config.HookEvent;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.config.ServerDirectories;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.message.Messages;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import dev.barman.storage.local.ErrorsDirectory;
import dev.barman.wal.archive.ArchiveListener;
import dev.barman.wal.archive.ArchiveSummary;
import dev.barman.wal.archive.Quarantine;
import dev.barman.wal.archive.WalArchiver;
import dev.barman.wal.archive.WalBatch;
import dev.barman.wal.archive.WalSource;
import dev.barman.wal.compress.CompressionDetector;
import dev.barman.wal.storage.WalStorage;
import java.io.IOException;
import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One archive pass of a server: everything that waits in {@code streaming}, then everything in {@code incoming}, each if its
 * archiver is on.
 *
 * <p>WAL of another cluster is not archived. Which cluster is the server's own is read from {@code identity.json}, which the first
 * backup writes; before that PostgreSQL is asked, and when it cannot be, all WAL is archived. Repeatable: whatever ends a pass early, the next one goes on from there, and nothing is lost. Instances
 * are cheap; not thread-safe.
 */
public final class ArchiveWalService {
    private static final String LOCK = "archive-wal";

    private final ServerConfig server;
    private final HookRunner hooks;
    private final Messages messages;
    private final Clock clock;
    private final Parts parts;

    /** Makes what a pass works with; crash tests put their own in between. */
    interface Parts {
        /** Opens the archive. */
        default WalStorage storage(ServerWalArchive archive) {
            return archive.storage();
        }

        /** Gives the source that is to be used in the place of this one. */
        default WalSource source(WalSource source) {
            return source;
        }

        /** Asks the server's PostgreSQL for its system identifier; empty when it cannot be asked. */
        default Optional<String> systemIdOfPostgres(ServerConfig server) {
            return PostgresSystemId.of(server);
        }
    }

    /**
     * A service for one server.
     *
     * @param clock gives the stamps of files in the errors directory
     */
    public ArchiveWalService(ServerConfig server, HookRunner hooks, Messages messages, Clock clock) {
        this(server, hooks, messages, clock, new Parts() {});
    }

    ArchiveWalService(ServerConfig server, HookRunner hooks, Messages messages, Clock clock, Parts parts) {
        this.server = server;
        this.hooks = hooks;
        this.messages = messages;
        this.clock = clock;
        this.parts = parts;
    }

    /** Why a pass is made, which decides what a person reads about it. */
    public enum Occasion {
        /** Somebody asked for it: an empty pass is told too, and WAL of another cluster is an error of the command. */
        DIRECT,
        /** Another operation needs the archive to be up to date. */
        INTERNAL
    }

    /**
     * Makes a pass under the server's archive lock.
     *
     * @return what both archivers did together
     * @throws LockBusyException when another process archives for this server at the moment
     * @throws BarmanException when a WAL cannot be archived or a directory not be read: which, why and what to do; the WALs before it
     *     are archived, the others are where they were
     * @throws IOException when the lock file cannot be used
     */
    public ArchiveSummary archive(Occasion occasion) throws BarmanException, IOException {
        ServerDirectories directories = server.directories();
        ServerWalArchive archive = ServerWalArchive.of(server);
        try (LockFile lock = LockFile.tryAcquire(directories.lockFile(LOCK))) {
            WalStorage storage = parts.storage(archive);
            Optional<ServerIdentity> identity = ServerIdentity.read(directories.identityFile());
            try {
                Pass pass = new Pass(storage, identity, occasion == Occasion.DIRECT);
                return pass.run(directories, CompressionDetector.of(archive.compression()));
            } catch (IOException e) {
                throw new BarmanException(String.valueOf(e.getMessage()), e);
            } finally {
                storage.close();
            }
        }
    }

    private final class Pass {
        private final WalStorage storage;
        private final boolean direct;
        private final Quarantine quarantine;
        private final Optional<ArchiveListener> listener;
        private @Nullable Optional<String> systemId;

        Pass(WalStorage storage, Optional<ServerIdentity> identity, boolean direct) {
            this.storage = storage;
            if (identity.isPresent()) {
                this.systemId = identity.map(ServerIdentity::systemId);
            }
            this.direct = direct;
            this.quarantine = new ErrorsDirectory(server.directories().errors(), clock);
            this.listener = hooks.hasScripts(HookEvent.ARCHIVE)
                    ? Optional.of(new HookArchiveListener(hooks, storage))
                    : Optional.empty();
        }

        ArchiveSummary run(ServerDirectories directories, CompressionDetector detector) throws IOException {
            ArchiveSummary summary = ArchiveSummary.NOTHING;
            if (server.archiving().streamingArchiver()) {
                WalSource source = new StreamingWalSource(
                        directories.streaming(), server.archiving().streamingArchiverBatchSize());
                summary = summary.plus(archiveFrom(source, "streaming"));
            }
            if (server.archiving().fileArchiver()) {
                WalSource source = new FileWalSource(
                        directories.incoming(), server.archiving().archiverBatchSize(), detector);
                summary = summary.plus(archiveFrom(source, "file archival"));
            }
            return summary;
        }

        private ArchiveSummary archiveFrom(WalSource configured, String name) throws IOException {
            WalSource source = parts.source(configured);
            ArchiveMessages progress = new ArchiveMessages(messages, server.name(), name, direct);
            WalBatch batch = source.nextBatch();
            progress.begin(batch);
            return new WalArchiver(source, storage, quarantine, progress, listener, this::systemId).archive(batch);
        }

        /** PostgreSQL is asked once in a pass, and only when there is a segment to judge. */
        private Optional<String> systemId() {
            Optional<String> known = systemId;
            if (known == null) {
                known = parts.systemIdOfPostgres(server);
                systemId = known;
            }
            return known;
        }
    }
}
