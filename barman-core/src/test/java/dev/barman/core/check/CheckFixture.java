// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.archive.PendingWals;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.RecordingMessages;
import dev.barman.core.postgres.FakePostgresClient;
import dev.barman.core.postgres.FakeStreamingConnection;
import dev.barman.core.status.ServerInspection;
import dev.barman.core.tools.PgTools;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** One server {@code srv} below a temporary directory, with a PostgreSQL in memory and PostgreSQL programs that are scripts. */
final class CheckFixture {
    static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

    final Path home;
    final FakePostgresClient postgres = new FakePostgresClient();
    final FakePostgresClient primary = new FakePostgresClient();
    final FakeStreamingConnection streaming = new FakeStreamingConnection();
    final List<String> archiverRuns = new ArrayList<>();
    PendingWals pendingWals = () -> archiverRuns.add("archive");
    int timeoutSeconds = 30;

    private final ServerConfig server;

    CheckFixture(Path directory, String... options) throws Exception {
        home = Files.createDirectories(directory.resolve("home")).toRealPath();
        Path tools = Files.createDirectories(home.resolve("tools"));
        tool(tools, "pg_basebackup");
        tool(tools, "pg_receivewal");
        Path config = home.resolve("barman.conf");
        Files.writeString(
                config,
                "[barman]\nbarman_home = " + home + "\n[srv]\nconninfo = host=pg\npath_prefix = " + tools + "\n"
                        + String.join("\n", options) + "\n");
        server = BarmanConfiguration.load(config.toString(), new RecordingMessages())
                .server("srv")
                .orElseThrow();
    }

    private static void tool(Path directory, String name) throws Exception {
        Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\necho \"" + name + " (PostgreSQL) 15.18\"\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    ServerConfig server() {
        return server;
    }

    BackupCatalog catalog() {
        return new BackupCatalog(
                "srv",
                null,
                server.directories().basebackups(),
                server.directories().meta());
    }

    CheckContext context() {
        ServerInspection inspection = new ServerInspection(
                server,
                server.passive() ? null : postgres,
                primary,
                streaming,
                PgTools.of(server.connection().pathPrefix()));
        return new CheckContext(
                server,
                inspection,
                inspection,
                catalog(),
                new LockedXlogDb(
                        new XlogDb(server.directories().xlogdbFile()),
                        server.directories().lockFile("xlogdb")),
                pendingWals,
                Clock.fixed(NOW, ZoneOffset.UTC),
                timeoutSeconds);
    }

    /** Runs all checks; the lines of the console. */
    List<String> run() throws InterruptedException {
        List<String> lines = new ArrayList<>();
        CheckReport report = CheckService.run(context(), result -> lines.add(line(result)));
        List<String> reported =
                report.results().stream().map(CheckFixture::line).toList();
        if (!lines.equals(reported)) {
            throw new AssertionError("results while running " + lines + " are not those reported " + reported);
        }
        return lines;
    }

    /** The result of one check, by the head of its line. */
    String run(String name) throws InterruptedException {
        return run().stream()
                .filter(line -> line.startsWith(name + ":"))
                .findFirst()
                .orElse("");
    }

    static String line(CheckResult result) {
        return result.name() + ": " + (result.passed() ? "OK" : "FAILED")
                + (result.hint().isEmpty() ? "" : " (" + result.hint() + ")");
    }

    void archived(String... names) throws Exception {
        Files.createDirectories(server.directories().wals());
        List<WalEntry> entries = new ArrayList<>();
        for (String name : names) {
            entries.add(new WalEntry(name, 1024, NOW.getEpochSecond() - 60, null, null));
        }
        new XlogDb(server.directories().xlogdbFile()).append(entries);
    }

    BackupInfo backup(String id, BackupStatus status, long size) throws Exception {
        BackupInfo info = BackupInfo.builder(BackupId.of(id))
                .status(status)
                .mode("postgres")
                .size(size)
                .beginWal(WalSegmentName.parse("000000010000000000000002"))
                .endWal(WalSegmentName.parse("000000010000000000000003"))
                .endTime(OffsetDateTime.ofInstant(NOW.minusSeconds(90), ZoneOffset.UTC))
                .build();
        catalog().save(info);
        return info;
    }
}
