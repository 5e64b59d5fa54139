// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import dev.barman.core.archive.ServerWalArchive;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.message.Messages;
import dev.barman.core.message.RecordingMessages;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.storage.WalStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;

/** A server {@code main} in a directory of its own, with backups and archived WAL files made by hand. */
final class CatalogFixture {
    final Path home;
    final RecordingMessages messages = new RecordingMessages();

    private final Path configuration;

    /**
     * Makes the configuration; what is there already stays.
     *
     * @param options further lines of the server's section
     */
    CatalogFixture(Path home, String... options) throws IOException {
        this.home = home;
        this.configuration = home.resolve("barman.conf");
        if (options.length > 0 || !Files.exists(configuration)) {
            Files.writeString(configuration, """
                    [barman]
                    barman_home = %s
                    [main]
                    conninfo = host=127.0.0.1
                    streaming_conninfo = host=127.0.0.1
                    backup_method = postgres
                    streaming_archiver = on
                    %s
                    """.formatted(home, String.join("\n", options)));
        }
    }

    ServerConfig server() throws BarmanException {
        return BarmanConfiguration.load(configuration.toString(), new RecordingMessages())
                .server("main")
                .orElseThrow();
    }

    ServerCatalog catalog() throws BarmanException {
        return ServerCatalog.of(server());
    }

    WalStorage storage() throws BarmanException {
        return ServerWalArchive.of(server()).storage();
    }

    HookRunner hooks() throws BarmanException {
        return HookRunner.of(server(), configuration.toString());
    }

    DeleteService deletion() throws BarmanException {
        return deletion(storage(), messages, step -> {});
    }

    DeleteService deletion(WalStorage storage, Messages output, DeleteStep.Observer observer) throws BarmanException {
        return new DeleteService(catalog(), storage, hooks(), output, Clock.systemUTC(), observer);
    }

    static BackupId id(int number) {
        return BackupId.of(String.format("20261120T%06d", number));
    }

    static BackupInfo.Builder backup(int number, BackupStatus status) {
        return BackupInfo.builder(id(number))
                .serverName("main")
                .mode("postgres")
                .status(status);
    }

    /** A complete backup of segments of timeline 1. */
    static BackupInfo.Builder backup(int number, int begin, int end) {
        return backup(number, BackupStatus.DONE)
                .timeline(TimelineId.of(1))
                .beginWal(segment(begin))
                .endWal(segment(end));
    }

    static WalSegmentName segment(int number) {
        return WalSegmentName.of(TimelineId.of(1), 0, number);
    }

    /** Saves the metadata and makes two files of the backup. */
    BackupInfo add(BackupInfo.Builder builder) throws BarmanException, IOException {
        BackupInfo backup = builder.build();
        catalog().catalog().save(backup);
        write("main/base/" + backup.id() + "/data/PG_VERSION", "15\n");
        write("main/base/" + backup.id() + "/data/base/1/112", "112");
        return backup;
    }

    /** Puts WAL files into the archive, ten bytes each, and their lines into the index. */
    void archive(List<String> names) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (String name : names) {
            write("main/wals/" + WalFileName.parse(name).archivePath(), "0123456789");
            lines.append(name).append("\t10\t1795179124.5\tNone\tNone\n");
        }
        Path index = home.resolve("main/wals/main-xlog.db");
        String known = Files.exists(index) ? Files.readString(index) : "";
        write("main/wals/main-xlog.db", known + lines);
    }

    void archive(int from, int to) throws IOException {
        for (int number = from; number <= to; number++) {
            archive(List.of(segment(number).text()));
        }
    }

    /** The names in the index, in its order. */
    List<String> indexed() throws IOException {
        return Files.readAllLines(home.resolve("main/wals/main-xlog.db")).stream()
                .map(line -> line.split("\t")[0])
                .toList();
    }

    /** The names of the archived files, sorted. */
    List<String> archived() throws IOException {
        return files("main/wals").stream()
                .map(path -> path.substring(path.lastIndexOf('/') + 1))
                .filter(name -> !name.endsWith("-xlog.db"))
                .toList();
    }

    void write(String path, String content) throws IOException {
        Path file = home.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    /** The files below a directory of the fixture, relative to it, sorted. */
    List<String> files(String path) throws IOException {
        Path root = home.resolve(path);
        if (!Files.exists(root)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    /** The directories right below one, sorted. */
    List<String> directories(String path) throws IOException {
        try (Stream<Path> files = Files.list(home.resolve(path))) {
            return files.filter(Files::isDirectory)
                    .map(file -> file.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }
}
