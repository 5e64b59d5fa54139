// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.process.ProgramEnd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Runs the commands for base backups so that their classes are loaded, for {@code lib/prepare}, which writes the loaded classes into
 * the class archive. A small server of its own stands for the store.
 */
public final class BackupTraining {
    private static final String ID = "20260101T000000";

    private static final String BACKUP_INFO = """
            backup_label='START WAL LOCATION: 0/1000028 (file 000000010000000000000001)\\nSTART TIMELINE: 1\\n'
            begin_offset=40
            begin_time=2026-01-01 00:00:00.520580+00:00
            begin_wal=000000010000000000000001
            begin_xlog=0/1000028
            compression=None
            copy_stats={'copy_time': 1.415114, 'total_time': 1.415114, 'number_of_workers': 2}
            end_offset=304
            end_time=2026-01-01 00:00:02.962845+00:00
            end_wal=000000010000000000000001
            end_xlog=0/1000130
            error=None
            pgdata=/pg
            server_name=cloud
            size=None
            status=DONE
            systemid=7710210665329484190
            tablespaces=None
            timeline=1
            version=150018
            xlog_segment_size=16777216
            """;

    private BackupTraining() {}

    /** A command's method of the same name. */
    private interface Command {
        int run(String[] args, PrintStream out, PrintStream err);
    }

    /** Runs the commands and deletes what they left. */
    public static void main(String[] args) throws IOException {
        train();
        Optional<TrainingStore> store = TrainingStore.startTls();
        if (store.isPresent()) {
            trainTls(store.get());
        }
    }

    /** The exit codes of the runs that ask the store, in order. */
    static List<Integer> train() throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Path directory = Files.createTempDirectory("barman-training");
        try (TrainingStore store = TrainingStore.start()) {
            putBackup(store);
            store.put("server/wals/0000000100000000/000000010000000000000001", new byte[1]);
            CloudBackupListMain.run(new String[] {"--help"}, nowhere, nowhere);
            CloudBackupListMain.run(new String[] {"--version"}, nowhere, nowhere);
            Runs runs = new Runs(store, nowhere);
            runs.run(CloudBackupListMain::run, List.of());
            runs.run(CloudBackupListMain::run, List.of("--format", "json"));
            runs.run(CloudBackupShowMain::run, List.of(), ID);
            runs.run(CloudBackupShowMain::run, List.of("--format", "json"), "last");
            runs.run(CloudBackupKeepMain::run, List.of("--target", "full"), ID);
            runs.run(CloudBackupKeepMain::run, List.of("--status"), ID);
            runs.run(CloudBackupKeepMain::run, List.of("--release"), ID);
            runs.run(CloudCheckWalArchiveMain::run, List.of());
            runs.restore(directory.resolve("restored"));
            runs.run(CloudBackupDeleteMain::run, List.of("--dry-run", "-r", "REDUNDANCY 1"));
            runs.run(CloudBackupDeleteMain::run, List.of("-b", ID));
            runs.backUp(dataDirectory(directory));
            // By which every run ends.
            nowhere.print(ProgramEnd.class);
            return runs.codes;
        } finally {
            TrainingFiles.delete(directory);
        }
    }

    /** What speaking TLS needs besides. */
    private static void trainTls(TrainingStore tls) throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Path directory = Files.createTempDirectory("barman-training");
        try (TrainingStore store = tls) {
            putBackup(store);
            Runs runs = new Runs(store, nowhere);
            runs.run(CloudBackupListMain::run, List.of());
            runs.restore(directory.resolve("restored"));
            runs.backUp(dataDirectory(directory));
        } finally {
            TrainingFiles.delete(directory);
        }
    }

    private static void putBackup(TrainingStore store) throws IOException {
        store.put("server/base/" + ID + "/backup.info", BACKUP_INFO.getBytes(StandardCharsets.UTF_8));
        store.put("server/base/" + ID + "/data.tar.gz", archive());
    }

    /** The runs against one store. */
    private record Runs(TrainingStore store, PrintStream nowhere, List<Integer> codes) {
        Runs(TrainingStore store, PrintStream nowhere) {
            this(store, nowhere, new ArrayList<>());
        }

        void run(Command command, List<String> options, String... positionals) {
            Stream<String> common =
                    Stream.of("-v", "--endpoint-url", store.endpoint().toString());
            Stream<String> words = Stream.of(
                            common, options.stream(), Stream.of(store.url(), "server"), Arrays.stream(positionals))
                    .flatMap(part -> part);
            codes.add(command.run(words.toArray(String[]::new), nowhere, nowhere));
        }

        void restore(Path target) {
            run(CloudRestoreMain::run, List.of(), "auto", target.toString());
        }

        void backUp(Path data) throws IOException {
            try (TrainingPostgres postgres = TrainingPostgres.start(data)) {
                String connInfo =
                        "host=127.0.0.1 user=training dbname=training sslmode=disable connect_timeout=10 port="
                                + postgres.port();
                run(CloudBackupMain::run, List.of("-d", connInfo, "--immediate-checkpoint"));
            }
        }
    }

    /** As much of a data directory as a backup wants to see. */
    private static Path dataDirectory(Path parent) throws IOException {
        Path data = Files.createDirectories(parent.resolve("data"));
        for (String name : List.of("global/pg_control", "base/1/1", "PG_VERSION", "pg_wal/000000010000000000000002")) {
            Path file = data.resolve(name);
            Files.createDirectories(file.getParent());
            Files.write(file, new byte[8192]);
        }
        return data;
    }

    /** As much of a data directory as a restore wants to see. */
    private static byte[] archive() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
            for (String name : List.of("./", "global/", "base/", "global/pg_control", "base/1", "backup_label")) {
                TarArchiveEntry entry = new TarArchiveEntry(name);
                byte[] content = new byte[name.endsWith("/") ? 0 : 8192];
                entry.setSize(content.length);
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }
}
