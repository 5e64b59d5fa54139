// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import dev.barman.core.ConfigException;
import dev.barman.core.archive.ServerWalArchive;
import dev.barman.core.archive.ServerWalIndex;
import dev.barman.core.catalog.ArchivedHistories;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupWalInfo;
import dev.barman.core.catalog.Backups;
import dev.barman.core.catalog.KeepAnnotation;
import dev.barman.core.catalog.WalStatistics;
import dev.barman.core.config.BackupMethodName;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.retention.RetentionPolicy;
import dev.barman.core.retention.RetentionReport;
import dev.barman.wal.catalog.LockedXlogDb;
import java.io.IOException;
import java.time.Clock;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The backups of a configured server, its WAL index and its retention policy, together. Every call looks at the disk. */
public final class ServerCatalog {
    private final ServerConfig server;
    private final BackupCatalog catalog;

    private ServerCatalog(ServerConfig server, BackupCatalog catalog) {
        this.server = server;
        this.catalog = catalog;
    }

    /** The catalogue of a server; touches no file. */
    public static ServerCatalog of(ServerConfig server) {
        BackupCatalog catalog = new BackupCatalog(
                server.name(),
                mode(server),
                server.directories().basebackups(),
                server.directories().meta());
        return new ServerCatalog(server, catalog);
    }

    /** What the metadata of a new backup calls its method. */
    static @Nullable String mode(ServerConfig server) {
        if (server.passive()) {
            return "passive";
        }
        BackupMethodName method = server.backup().method();
        if (method == null) {
            return null;
        }
        return switch (method) {
            case RSYNC, LOCAL_RSYNC ->
                server.backup().options().contains("exclusive_backup") ? "rsync-exclusive" : "rsync-concurrent";
            case POSTGRES -> "postgres";
            case SNAPSHOT -> "snapshot-concurrent";
        };
    }

    /** The server's configuration. */
    public ServerConfig server() {
        return server;
    }

    /** The backups. */
    public BackupCatalog catalog() {
        return catalog;
    }

    /** The WAL index. */
    public LockedXlogDb index() {
        return ServerWalIndex.of(server);
    }

    /**
     * The timeline histories in the WAL archive.
     *
     * @throws ConfigException when the compression options do not fit together, or the archive is at a URL that cannot be used
     */
    public ArchivedHistories histories() throws ConfigException {
        return new ArchivedHistories(
                ServerWalArchive.readable(server),
                server.archiving().compression().orElse(null));
    }

    /**
     * The WAL figures of some backups, in one pass over the index.
     *
     * @throws IOException when the index cannot be read or a line in it is damaged
     */
    public Map<BackupId, BackupWalInfo> walFigures(Backups backups, Collection<BackupInfo> wanted) throws IOException {
        return index().read(index -> WalStatistics.of(index, backups, wanted));
    }

    /**
     * The verdict of the retention policy on all backups; {@link RetentionReport#none()} without a policy.
     *
     * @throws BarmanException when the keep requests cannot be read
     */
    public RetentionReport retention(Backups backups, Clock clock) throws BarmanException {
        RetentionPolicy policy = server.retention().policy();
        if (policy == null) {
            return RetentionReport.none();
        }
        KeepAnnotation keep = catalog.keepAnnotation();
        return RetentionReport.of(
                policy,
                server.name(),
                server.retention().minimumRedundancy(),
                backups.all(),
                keep.targets(backups),
                clock);
    }
}
