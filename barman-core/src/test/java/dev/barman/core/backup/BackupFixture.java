// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.archive.ArchiveWalService;
import dev.barman.core.archive.ArchiveWalService.Occasion;
import dev.barman.core.archive.ServerWalArchive;
import dev.barman.core.archive.ServerWalIndex;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.message.RecordingMessages;
import dev.barman.core.postgres.PostgresClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

/** A configured server {@code main} below a temporary directory, and the service that backs it up. */
final class BackupFixture {
    final Path home;
    final Path directory;
    final Path configurationFile;
    final RecordingMessages messages = new RecordingMessages();
    final ServerConfig server;
    final BackupCatalog catalog;
    final HookRunner hooks;
    Clock clock = Clock.tick(Clock.fixed(Instant.parse("2026-11-20T11:19:48Z"), ZoneOffset.UTC), Duration.ofSeconds(1));
    boolean checksPass = true;

    /** @param options lines of the server's section, connection strings among them */
    BackupFixture(Path home, String... options) throws Exception {
        this.home = home;
        this.directory = home.resolve("main");
        this.configurationFile = home.resolve("barman.conf");
        Files.createDirectories(home);
        Files.writeString(
                configurationFile,
                "[barman]\nbarman_home = " + home + "\nbarman_user = " + System.getProperty("user.name")
                        + "\n[main]\nbackup_method = postgres\nimmediate_checkpoint = true\n"
                        + String.join("\n", options) + "\n");
        this.server = BarmanConfiguration.load(configurationFile.toString(), messages)
                .server("main")
                .orElseThrow();
        this.catalog = ServerCatalog.of(server).catalog();
        this.hooks = HookRunner.of(server, configurationFile.toString());
    }

    BackupService service(PostgresClient client, BackupMethod method) throws Exception {
        ArchiveWalService archiver = new ArchiveWalService(server, hooks, messages, Clock.systemUTC());
        return new BackupService(
                server,
                catalog,
                client,
                method,
                () -> checksPass,
                () -> archiver.archive(Occasion.INTERNAL),
                new WalRemover(
                        server.name(),
                        ServerWalIndex.of(server),
                        ServerWalArchive.of(server).storage(),
                        hooks,
                        messages),
                new CheckBackupService(catalog, server, messages),
                hooks,
                messages,
                clock);
    }

    BackupInfo only() throws Exception {
        List<BackupInfo> all = catalog.load().all();
        if (all.size() != 1) {
            throw new AssertionError("not one backup: " + all);
        }
        return all.get(0);
    }
}
