// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.cron;

import dev.barman.core.BarmanException;
import dev.barman.core.archive.WalReceiver;
import dev.barman.core.backup.StaleBackups;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;

/**
 * The maintenance of one server: starts its archiver, keeps its WAL receiver running, looks after backups that wait for WAL or
 * whose process is gone, and enforces its retention policy. To be run every minute; runs of one server exclude each other.
 */
public final class CronService {
    private final ServerConfig server;
    private final BackupCatalog catalog;
    private final StaleBackups stale;
    private final RetentionEnforcement retention;
    private final BackgroundCommands background;
    private final Messages messages;

    public CronService(
            ServerConfig server,
            BackupCatalog catalog,
            StaleBackups stale,
            RetentionEnforcement retention,
            BackgroundCommands background,
            Messages messages) {
        this.server = server;
        this.catalog = catalog;
        this.stale = stale;
        this.retention = retention;
        this.background = background;
        this.messages = messages;
    }

    /**
     * Runs the maintenance under the server's cron lock; when another run holds it, says so and does nothing.
     *
     * @throws BarmanException when the catalogue cannot be read or a deletion fails
     * @throws IOException when a lock file cannot be used or a command not be started
     * @throws InterruptedException when the thread is interrupted while a receiver is stopped
     */
    public void run() throws BarmanException, IOException, InterruptedException {
        try (LockFile lock = LockFile.tryAcquire(server.directories().lockFile("cron"))) {
            if (!server.passive()) {
                WalReceiver.overrides(server).ifPresent(messages::info);
                startArchiver();
                superviseReceiver();
                startBackupCheck();
                stale.recover();
            }
            retention.enforce();
        } catch (LockBusyException e) {
            messages.info("Another cron process is already running on server " + server.name()
                    + ". Skipping to the next server");
        }
    }

    private void startArchiver() throws IOException {
        if (isBusy("archive-wal")) {
            messages.info("Another archive-wal process is already running on server " + server.name()
                    + ". Skipping to the next server");
            return;
        }
        messages.info("Starting WAL archiving for server " + server.name());
        background.start("archive-wal", server.name());
    }

    private void superviseReceiver() throws IOException, InterruptedException {
        OptionalLong receiver = LockFile.probe(server.directories().lockFile("receive-wal"));
        if (!server.archiving().streamingArchiver()) {
            if (receiver.isPresent()) {
                WalReceiver.stop(server, messages);
            }
        } else if (receiver.isEmpty()) {
            messages.info("Starting streaming archiver for server " + server.name());
            background.start("receive-wal", server.name());
        }
    }

    private void startBackupCheck() throws BarmanException, IOException {
        List<BackupInfo> waiting = catalog.backups(status -> status == BackupStatus.WAITING_FOR_WALS);
        if (waiting.isEmpty()) {
            return;
        }
        String id = waiting.get(0).id().value();
        if (LockFile.probe(server.directories().backupLockFile(id)).isPresent()) {
            return;
        }
        messages.info("Starting check-backup for backup " + id + " of server " + server.name());
        background.start("check-backup", server.name(), id);
    }

    private boolean isBusy(String task) throws IOException {
        return LockFile.probe(server.directories().lockFile(task)).isPresent();
    }
}
