// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.cron;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.backup.StaleBackups;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.RecordingMessages;
import dev.barman.file.LockFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CronServiceTest {
    @TempDir
    Path home;

    private final RecordingMessages messages = new RecordingMessages();
    private final List<String> started = new ArrayList<>();
    private ServerConfig server;

    private CronService service(String... options) throws Exception {
        Path config = Files.writeString(
                home.resolve("barman.conf"),
                "[barman]\nbarman_home = " + home
                        + "\n[srv]\nconninfo = host=pg\nbackup_method = postgres\narchiver = on\n"
                        + String.join("\n", options) + "\n");
        server = BarmanConfiguration.load(config.toString(), messages)
                .server("srv")
                .orElseThrow();
        BackupCatalog catalog = catalog();
        return new CronService(
                server,
                catalog,
                new StaleBackups(catalog, server.directories(), messages),
                new RetentionEnforcement(server, catalog, id -> true, messages, Clock.systemUTC()),
                words -> started.add(String.join(" ", words)),
                messages);
    }

    private BackupCatalog catalog() {
        return new BackupCatalog(
                "srv",
                "postgres",
                server.directories().basebackups(),
                server.directories().meta());
    }

    private void backup(String id, BackupStatus status) throws Exception {
        catalog()
                .save(BackupInfo.builder(BackupId.of(id))
                        .status(status)
                        .mode("postgres")
                        .build());
    }

    @Test
    void archiverReceiverAndBackupCheckAreStartedInOrder() throws Exception {
        CronService cron = service("streaming_archiver = on", "slot_name = barman");
        backup("20261120T100000", BackupStatus.WAITING_FOR_WALS);
        backup("20261120T110000", BackupStatus.WAITING_FOR_WALS);
        cron.run();
        assertThat(started).containsExactly("archive-wal srv", "receive-wal srv", "check-backup srv 20261120T100000");
        assertThat(messages.visible())
                .containsExactly(
                        "Starting WAL archiving for server srv",
                        "Starting streaming archiver for server srv",
                        "Starting check-backup for backup 20261120T100000 of server srv");
    }

    @Test
    void whatRunsAlreadyIsNotStartedAgain() throws Exception {
        CronService cron = service("streaming_archiver = on", "slot_name = barman");
        backup("20261120T100000", BackupStatus.WAITING_FOR_WALS);
        try (LockFile archiver = LockFile.tryAcquire(server.directories().lockFile("archive-wal"));
                LockFile receiver = LockFile.tryAcquire(server.directories().lockFile("receive-wal"));
                LockFile check = LockFile.tryAcquire(server.directories().backupLockFile("20261120T100000"))) {
            cron.run();
        }
        assertThat(started).isEmpty();
        assertThat(messages.visible())
                .containsExactly(
                        "Another archive-wal process is already running on server srv. Skipping to the next server");
    }

    @Test
    void secondRunOfAServerOnlySaysSo() throws Exception {
        CronService cron = service();
        try (LockFile first = LockFile.tryAcquire(server.directories().lockFile("cron"))) {
            cron.run();
        }
        assertThat(started).isEmpty();
        assertThat(messages.visible())
                .containsExactly("Another cron process is already running on server srv. Skipping to the next server");
    }

    @Test
    void backupWhoseProcessIsGoneBecomesFailed() throws Exception {
        CronService cron = service();
        backup("20261120T100000", BackupStatus.STARTED);
        cron.run();
        assertThat(catalog().find(BackupId.of("20261120T100000")).orElseThrow().status())
                .isEqualTo(BackupStatus.FAILED);
    }

    @Test
    void backupThatRunsIsLeftAlone() throws Exception {
        CronService cron = service();
        backup("20261120T100000", BackupStatus.STARTED);
        try (LockFile running = LockFile.tryAcquire(server.directories().lockFile("backup"))) {
            cron.run();
        }
        assertThat(catalog().find(BackupId.of("20261120T100000")).orElseThrow().status())
                .isEqualTo(BackupStatus.STARTED);
    }

    @Test
    void separateWalConnectionIsAnnounced() throws Exception {
        service("streaming_archiver = on", "slot_name = barman", "wal_streaming_conninfo = host=replica")
                .run();
        assertThat(messages.visible())
                .contains("Configuration overrides applied: 'streaming_conninfo' overridden with 'host=replica' and"
                        + " 'conninfo' overridden with 'host=replica'");
    }

    @Test
    void freeLockFilesAreRemovedAndHeldOnesStay() throws Exception {
        service();
        Path free = server.directories().lockFile("archive-wal");
        LockFile.tryAcquire(free).close();
        Files.writeString(home.resolve("not-a.lock"), "");
        try (LockFile held = LockFile.tryAcquire(server.directories().lockFile("receive-wal"))) {
            LockCleanup.run(home);
            assertThat(held.path()).exists();
        }
        assertThat(free).doesNotExist();
        assertThat(home.resolve("not-a.lock")).exists();
    }
}
