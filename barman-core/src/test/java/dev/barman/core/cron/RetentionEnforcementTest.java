// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.cron;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.KeepTarget;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.RecordingMessages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetentionEnforcementTest {
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

    @TempDir
    Path home;

    private final RecordingMessages messages = new RecordingMessages();
    private final List<String> deleted = new ArrayList<>();

    private ServerConfig server(String policy) throws Exception {
        Path config = Files.writeString(
                home.resolve("barman.conf"),
                "[barman]\nbarman_home = " + home
                        + "\n[srv]\nconninfo = host=pg\nbackup_method = postgres\narchiver = on\n" + policy + "\n");
        return BarmanConfiguration.load(config.toString(), messages)
                .server("srv")
                .orElseThrow();
    }

    private BackupCatalog catalog(ServerConfig server) {
        return new BackupCatalog(
                "srv",
                null,
                server.directories().basebackups(),
                server.directories().meta());
    }

    private void backup(BackupCatalog catalog, String id, BackupStatus status) throws Exception {
        Files.createDirectories(catalog.directory(BackupId.of(id)).resolve("data"));
        catalog.save(BackupInfo.builder(BackupId.of(id))
                .status(status)
                .mode("postgres")
                .endTime(OffsetDateTime.ofInstant(NOW.minusSeconds(60), ZoneOffset.UTC))
                .build());
    }

    private void enforce(ServerConfig server, BackupCatalog catalog) throws Exception {
        new RetentionEnforcement(
                        server, catalog, id -> deleted.add(id.value()), messages, Clock.fixed(NOW, ZoneOffset.UTC))
                .enforce();
    }

    @Test
    void obsoleteBackupsAndUnfinishedDeletionsGoInOrderAndKeptOnesStay() throws Exception {
        ServerConfig server = server("retention_policy = REDUNDANCY 1");
        BackupCatalog catalog = catalog(server);
        backup(catalog, "20261101T000000", BackupStatus.DONE);
        backup(catalog, "20261102T000000", BackupStatus.DONE);
        backup(catalog, "20261103T000000", BackupStatus.FAILED);
        backup(catalog, "20261104T000000", BackupStatus.FAILED);
        backup(catalog, "20261105T000000", BackupStatus.DONE);
        backup(catalog, "20261106T000000", BackupStatus.DONE);
        catalog.keepAnnotation().keep(BackupId.of("20261102T000000"), KeepTarget.FULL);
        catalog.deleteMarker().set(BackupId.of("20261104T000000"));
        enforce(server, catalog);
        assertThat(deleted).containsExactly("20261101T000000", "20261104T000000", "20261105T000000");
        assertThat(messages.visible()).isEmpty();
    }

    /** Whose deletion was killed after the data went is DONE on record: counted, it would cost the last backup that is whole. */
    @Test
    void backupWhoseDeletionHasBegunIsNoReasonToDeleteAnother() throws Exception {
        ServerConfig server = server("retention_policy = REDUNDANCY 1");
        BackupCatalog catalog = catalog(server);
        backup(catalog, "20261101T000000", BackupStatus.DONE);
        backup(catalog, "20261102T000000", BackupStatus.DONE);
        catalog.deleteMarker().set(BackupId.of("20261102T000000"));
        enforce(server, catalog);
        assertThat(deleted).containsExactly("20261102T000000");
    }

    @Test
    void recordWithoutDataIsNoReasonToDeleteABackup() throws Exception {
        ServerConfig server = server("retention_policy = REDUNDANCY 1");
        BackupCatalog catalog = catalog(server);
        backup(catalog, "20261101T000000", BackupStatus.DONE);
        catalog.save(BackupInfo.builder(BackupId.of("20261102T000000"))
                .status(BackupStatus.DONE)
                .mode("postgres")
                .build());
        enforce(server, catalog);
        assertThat(deleted).isEmpty();
    }

    @Test
    void withoutAPolicyNothingIsDeletedNotEvenAnUnfinishedDeletion() throws Exception {
        ServerConfig server = server("");
        BackupCatalog catalog = catalog(server);
        backup(catalog, "20261101T000000", BackupStatus.DONE);
        catalog.deleteMarker().set(BackupId.of("20261101T000000"));
        enforce(server, catalog);
        assertThat(deleted).isEmpty();
    }

    @Test
    void recordWithoutDataIsReportedAndNeverDeleted() throws Exception {
        ServerConfig server = server("retention_policy = REDUNDANCY 1");
        BackupCatalog catalog = catalog(server);
        catalog.save(BackupInfo.builder(BackupId.of("20261101T000000"))
                .status(BackupStatus.DONE)
                .mode("postgres")
                .build());
        backup(catalog, "20261106T000000", BackupStatus.DONE);
        enforce(server, catalog);
        assertThat(deleted).isEmpty();
        assertThat(messages.visible())
                .containsExactly(
                        "WARNING: Backup '20261101T000000' is an orphan backup, this is possibly the result of an incomplete"
                                + " delete operation. Please manually delete the following files or directories if present:\n"
                                + "* " + home + "/srv/base/20261101T000000 \n"
                                + "* " + home + "/srv/meta/20261101T000000-backup.info \n");
    }
}
