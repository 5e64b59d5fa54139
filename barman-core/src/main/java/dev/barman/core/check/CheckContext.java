// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import dev.barman.core.archive.PendingWals;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupWalInfo;
import dev.barman.core.catalog.Backups;
import dev.barman.core.catalog.WalStatistics;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.status.ServerInspection;
import dev.barman.file.IoReason;
import dev.barman.wal.catalog.LockedXlogDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the checks of one server look at, each thing read once. Not thread-safe. */
public final class CheckContext implements AutoCloseable {
    private final ServerConfig server;
    private final ServerInspection inspection;
    private final ServerInspection walInspection;
    private final BackupCatalog catalog;
    private final LockedXlogDb index;
    private final PendingWals pendingWals;
    private final Clock clock;
    private final int timeoutSeconds;

    private @Nullable Backups backups;
    private @Nullable BackupWalInfo latestWals;
    private @Nullable Optional<String> directoryProblem;

    /**
     * A context; it closes the inspections.
     *
     * @param inspection facts over the connections of backups
     * @param walInspection facts over the connections of WAL streaming; may be the same object
     * @param index the WAL index
     * @param timeoutSeconds the limit for all checks together, 0 for none
     */
    public CheckContext(
            ServerConfig server,
            ServerInspection inspection,
            ServerInspection walInspection,
            BackupCatalog catalog,
            LockedXlogDb index,
            PendingWals pendingWals,
            Clock clock,
            int timeoutSeconds) {
        this.server = server;
        this.inspection = inspection;
        this.walInspection = walInspection;
        this.catalog = catalog;
        this.index = index;
        this.pendingWals = pendingWals;
        this.clock = clock;
        this.timeoutSeconds = Math.max(0, timeoutSeconds);
    }

    ServerConfig server() {
        return server;
    }

    ServerInspection inspection() {
        return inspection;
    }

    ServerInspection walInspection() {
        return walInspection;
    }

    PendingWals pendingWals() {
        return pendingWals;
    }

    Clock clock() {
        return clock;
    }

    int timeoutSeconds() {
        return timeoutSeconds;
    }

    Backups backups() throws BarmanException {
        Backups known = backups;
        if (known == null) {
            known = catalog.load();
            backups = known;
        }
        return known;
    }

    /** The latest backup whose copy is complete. */
    Optional<BackupInfo> latestBackup() throws BarmanException {
        return backups().latest();
    }

    /** The WAL figures of the latest backup; empty when there is none. */
    Optional<BackupWalInfo> latestWals() throws BarmanException, IOException {
        if (latestWals == null) {
            Optional<BackupInfo> latest = latestBackup();
            if (latest.isEmpty()) {
                return Optional.empty();
            }
            BackupInfo backup = latest.get();
            Backups all = backups();
            latestWals = hasIndex()
                    ? index.read(entries -> WalStatistics.of(entries, all, List.of(backup)))
                            .get(backup.id())
                    : BackupWalInfo.none(backup);
        }
        return Optional.ofNullable(latestWals);
    }

    boolean walArchiveIsEmpty() throws IOException {
        return !hasIndex() || index.read(entries -> entries.isEmpty());
    }

    /** Reading the index of an archive that does not exist would make one. */
    private boolean hasIndex() {
        return Files.exists(index.file())
                || (server.directories().walsUrl() == null
                        && Files.isDirectory(server.directories().wals()));
    }

    /** Creates the server's directories that are missing; returns what went wrong, asked and tried once. */
    Optional<String> directoryProblem() {
        Optional<String> known = directoryProblem;
        if (known == null) {
            known = createDirectories();
            directoryProblem = known;
        }
        return known;
    }

    private Optional<String> createDirectories() {
        for (Path directory : server.directories().toCreate()) {
            try {
                Files.createDirectories(directory);
            } catch (IOException e) {
                return Optional.of(IoReason.of(e));
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        inspection.close();
        walInspection.close();
    }
}
