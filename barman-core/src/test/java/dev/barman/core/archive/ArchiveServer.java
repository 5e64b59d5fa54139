// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.ConfigException;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.message.RecordingMessages;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.archive.ArchiveSummary;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.compress.ContentReader;
import dev.barman.wal.storage.SampleWals;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A configured server {@code main} with directories below a temporary one, whose WAL arrives by hand. */
final class ArchiveServer {
    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T11:19:48.123Z"), ZoneOffset.UTC);
    static final String STAMP = "20261120T111948Z";
    static final WalSegmentSize SEGMENT_SIZE = WalSegmentSize.of(1 << 20);

    final Path home;
    final Path directory;
    final Path incoming;
    final Path streaming;
    final Path wals;
    final Path errors;
    final RecordingMessages messages = new RecordingMessages();
    final ServerConfig config;

    /** What PostgreSQL says when it is asked for its system identifier. */
    Supplier<Optional<String>> postgres = Optional::empty;

    /** @param options lines of the server's section, besides those that every server here has */
    ArchiveServer(Path home, String... options) throws IOException, ConfigException {
        this.home = home;
        this.directory = home.resolve("main");
        this.incoming = Files.createDirectories(directory.resolve("incoming"));
        this.streaming = Files.createDirectories(directory.resolve("streaming"));
        this.wals = directory.resolve("wals");
        this.errors = directory.resolve("errors");
        Path file = home.resolve("barman.conf");
        Files.writeString(
                file,
                "[barman]\nbarman_home = " + home + "\nbarman_user = " + System.getProperty("user.name")
                        + "\n[main]\nconninfo = host=127.0.0.1\nbackup_method = postgres\n"
                        + "streaming_conninfo = host=127.0.0.1\n" + String.join("\n", options) + "\n");
        this.config = BarmanConfiguration.load(file.toString(), messages)
                .server("main")
                .orElseThrow();
    }

    ArchiveWalService service() {
        return new ArchiveWalService(
                config, HookRunner.of(config, "barman.conf"), messages, CLOCK, new ArchiveWalService.Parts() {
                    @Override
                    public Optional<String> systemIdOfPostgres(ServerConfig server) {
                        return postgres.get();
                    }
                });
    }

    ArchiveSummary archive() throws Exception {
        messages.clear();
        return service().archive(ArchiveWalService.Occasion.DIRECT);
    }

    /** Puts a complete 1 MiB segment of the usual cluster into a directory. */
    Path arrive(Path where, String name) throws IOException {
        return arrive(where, name, segment(name, SampleWals.SYSTEM_ID));
    }

    Path arrive(Path where, String name, byte[] content) throws IOException {
        return SampleWals.write(where, name, content);
    }

    static byte[] segment(String name, String systemId) {
        return SampleWals.segment(WalSegmentName.parse(name), SEGMENT_SIZE, systemId);
    }

    void identify(String systemId) throws IOException {
        Files.writeString(
                directory.resolve("identity.json"),
                "{\n    \"systemid\": \"" + systemId + "\",\n    \"version\": \"15\"\n}\n");
    }

    XlogDb index() {
        return new XlogDb(config.directories().xlogdbFile());
    }

    List<String> indexed() throws IOException {
        return index().entries().stream().map(WalEntry::name).toList();
    }

    /** What the archive holds under a name, uncompressed. */
    byte[] stored(String name) throws IOException, ConfigException {
        Path file = wals.resolve(WalFileName.parse(name).archivePath());
        try (InputStream in =
                ContentReader.of(ServerWalArchive.of(config).compression()).openStored(file)) {
            return in.readAllBytes();
        }
    }

    /** The files below a directory, relative and sorted, without the index. */
    static List<String> files(Path root) throws IOException {
        if (!Files.exists(root)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.filter(path -> !Files.isDirectory(path))
                    .map(path -> root.relativize(path).toString())
                    .filter(name -> !name.endsWith("-xlog.db"))
                    .sorted()
                    .toList();
        }
    }
}
