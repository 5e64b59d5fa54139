// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.BarmanException;
import dev.barman.core.archive.ServerWalArchive;
import dev.barman.core.archive.ServerWalIndex;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.message.RecordingMessages;
import dev.barman.core.recovery.RestoreService.WalArchive;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A small catalogue of one server, {@code main}, with one backup and a WAL archive of 1 MiB segments. */
final class RestoreFixture {
    static final BackupId ID = BackupId.of("20261120T125201");
    static final FileTime MODIFIED = FileTime.from(Instant.parse("2026-11-20T12:00:00.123456Z"));
    static final int SEGMENT_BYTES = 1 << 20;

    final Path root;
    final Path destination;
    final RecordingMessages messages = new RecordingMessages();
    int archivings;

    @Nullable
    BarmanException archivingFailure;

    private final ServerConfig server;
    private final BackupCatalog catalog;

    RestoreFixture(Path directory, String... options) throws Exception {
        root = directory.toRealPath();
        destination = root.resolve("restored/data");
        Path home = Files.createDirectories(root.resolve("home"));
        Path file = Files.writeString(
                root.resolve("barman.conf"),
                "[barman]\nbarman_home = " + home
                        + "\n[main]\nconninfo = host=x\nbackup_method = postgres\narchiver = on\n"
                        + String.join("\n", options) + "\n");
        server = BarmanConfiguration.load(file.toString(), messages)
                .server("main")
                .orElseThrow();
        for (Path needed : server.directories().toCreate()) {
            Files.createDirectories(needed);
        }
        Files.createDirectories(server.directories().meta());
        catalog = new BackupCatalog(
                "main",
                null,
                server.directories().basebackups(),
                server.directories().meta());
    }

    static BackupInfo.Builder info() {
        return BackupInfo.builder(ID)
                .serverName("main")
                .mode("postgres")
                .status(BackupStatus.DONE)
                .version(150018)
                .timeline(TimelineId.of(1))
                .xlogSegmentSize(WalSegmentSize.of(SEGMENT_BYTES))
                .beginWal(WalSegmentName.parse("000000010000000000000002"))
                .beginXlog(Lsn.parse("0/200028"))
                .endWal(WalSegmentName.parse("000000010000000000000002"))
                .endXlog(Lsn.parse("0/200100"))
                .beginTime(OffsetDateTime.parse("2026-11-20T12:52:01Z"))
                .endTime(OffsetDateTime.parse("2026-11-20T12:52:03.5Z"));
    }

    ServerConfig server() {
        return server;
    }

    Path backupDirectory() {
        return catalog.directory(ID);
    }

    /** Saves the metadata and writes a data directory with everything a restore treats in its own way. */
    void plainBackup(BackupInfo.Builder info) throws Exception {
        Path data = backupDirectory().resolve("data");
        file(data.resolve("PG_VERSION"), "15\n");
        file(data.resolve("global/pg_control"), "control");
        file(data.resolve("base/1/112"), "table");
        file(data.resolve("pg_wal/000000010000000000000002"), "not this one");
        file(data.resolve("log/postgresql.log"), "old log");
        file(data.resolve("postmaster.pid"), "1");
        file(data.resolve("recovery.conf"), "old");
        file(data.resolve("tablespace_map"), "old");
        file(data.resolve("backup_manifest"), "manifest");
        file(data.resolve("postgresql.conf"), "port = 1\narchive_command = 'x'\nhba_file = '/elsewhere'\n");
        file(data.resolve("postgresql.auto.conf"), "# auto\nrecovery_target_xid = '1'\n");
        file(data.resolve("pg_hba.conf"), "hba");
        file(data.resolve("pg_ident.conf"), "ident");
        Files.createDirectories(data.resolve("pg_tblspc"));
        Files.createSymbolicLink(data.resolve("pg_tblspc/16400"), Path.of("/somewhere"));
        Files.createSymbolicLink(data.resolve("link"), Path.of("PG_VERSION"));
        Path tablespace = backupDirectory().resolve("16400");
        file(tablespace.resolve("PG_15_202209061/5/16409"), "in tablespace");
        for (Path directory : List.of(data, tablespace)) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        }
        catalog.save(info.build());
    }

    void save(BackupInfo info) throws BarmanException {
        catalog.save(info);
    }

    static void file(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Files.setLastModifiedTime(file, MODIFIED);
    }

    static byte[] walContent(String name) {
        byte[] content = new byte[SEGMENT_BYTES];
        Arrays.fill(content, (byte) name.charAt(name.length() - 1));
        return content;
    }

    /** Puts a WAL file into the archive, compressed or not, and into the index. */
    void wal(String name, @Nullable CompressionAlgorithm compression) throws IOException {
        Path file = server.directories().wals().resolve(WalFileName.parse(name).archivePath());
        Files.createDirectories(file.getParent());
        byte[] content = name.length() == 24 ? walContent(name) : ("text of " + name).getBytes();
        if (compression != null) {
            ByteArrayOutputStream compressed = new ByteArrayOutputStream();
            try (WalCodec codec = WalCodec.of(CompressionSettings.of(compression));
                    OutputStream out = codec.compressing(compressed)) {
                out.write(content);
            }
            content = compressed.toByteArray();
        }
        Files.write(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Files.setLastModifiedTime(file, MODIFIED);
        WalEntry entry = new WalEntry(name, content.length, 1.5, compression == null ? null : compression.id(), null);
        ServerWalIndex.of(server).write(index -> {
            index.append(List.of(entry));
            return true;
        });
    }

    RestoreReport restore(RestoreRequest.Builder request) throws Exception {
        ServerWalArchive archive = ServerWalArchive.of(server);
        WalDelivery delivery = new WalDelivery("main", archive.storage(), archive.compression(), archive.decryption());
        return new RestoreService(
                        server,
                        "barman",
                        catalog,
                        new WalArchive(ServerWalIndex.of(server), delivery, () -> {
                            archivings++;
                            if (archivingFailure != null) {
                                throw archivingFailure;
                            }
                        }),
                        HookRunner.of(server, "/etc/barman.conf"),
                        messages,
                        Clock.fixed(Instant.parse("2026-11-20T13:00:00Z"), ZoneOffset.UTC))
                .restore(request.build());
    }

    RestoreRequest.Builder request() {
        return RestoreRequest.of("latest", destination.toString());
    }
}
