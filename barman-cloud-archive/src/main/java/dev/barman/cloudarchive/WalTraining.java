// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.process.ProgramEnd;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.wal.spool.SpoolLocation;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs the commands for WAL so that their classes are loaded, for {@code lib/prepare}, which writes the loaded classes into the
 * class archive. A small server of its own stands for the store.
 */
public final class WalTraining {
    private static final int SEGMENT_BYTES = 1 << 20;
    private static final long SYSTEM_ID = 1;
    /** As many as there are ways to store them. */
    private static final int LAST = 7;

    private WalTraining() {}

    /** Runs the commands and deletes what they left. */
    public static void main(String[] args) throws IOException {
        train();
        Optional<TrainingStore> store = TrainingStore.startTls();
        if (store.isPresent()) {
            trainTls(store.get());
        }
    }

    /** What speaking TLS needs besides. */
    private static void trainTls(TrainingStore tls) throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Path directory = Files.createTempDirectory("barman-training");
        try (TrainingStore store = tls) {
            Path segment = segment(directory, 1);
            archive(nowhere, store, "-v", segment);
            archive(nowhere, store, "-v", segment);
            restore(nowhere, store, name(1), directory, 0);
            restore(nowhere, store, "00000002.history", directory, 0);
        } finally {
            TrainingFiles.delete(directory);
        }
    }

    /** The exit codes of the runs that transfer something, in order. */
    static List<Integer> train() throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        List<Integer> codes = new ArrayList<>();
        Path directory = Files.createTempDirectory("barman-training");
        Path wal = directory.resolve("pg_wal");
        try (TrainingStore store = TrainingStore.start()) {
            Files.createDirectory(wal);
            CloudWalArchiveMain.run(new String[] {"--version"}, Map.of(), nowhere, nowhere);
            CloudWalArchiveMain.run(new String[] {"--help"}, Map.of(), nowhere, nowhere);
            int number = 0;
            for (String compression : List.of("-v", "--gzip", "--zstd", "--lz4", "--snappy", "--xz", "--bzip2")) {
                Path segment = segment(wal, ++number);
                codes.add(archive(nowhere, store, compression, segment));
                // The same again, which is compared.
                codes.add(archive(nowhere, store, compression, segment));
            }
            train(nowhere, store, directory, codes);
            Path first = segment(wal, ++number);
            Path second = segment(wal, ++number);
            dataDirectory(directory, first, second);
            // Two that are archived in one go, then the second, which is known.
            String state = "--state-directory=" + directory.resolve("state");
            codes.add(archive(nowhere, store, state, first));
            codes.add(archive(nowhere, store, state, second));
            // By which every run ends.
            nowhere.print(ProgramEnd.class);
            return codes;
        } finally {
            TrainingFiles.delete(directory);
        }
    }

    /** Restores what was archived: each segment alone, one that is missing, one that lies ready, and those that follow it. */
    private static void train(PrintStream nowhere, TrainingStore store, Path directory, List<Integer> codes)
            throws IOException {
        CloudWalRestoreMain.run(new String[] {"--version"}, nowhere, nowhere);
        CloudWalRestoreMain.run(new String[] {"--help"}, nowhere, nowhere);
        for (int number = 1; number <= LAST; number++) {
            codes.add(restore(nowhere, store, name(number), directory, 0));
        }
        codes.add(restore(nowhere, store, name(LAST + 1), directory, 0));
        codes.add(restore(nowhere, store, "00000002.history", directory, 0));

        Path base = directory.resolve("spool");
        Path archive = CloudSpool.ofArchive(
                base,
                CloudLocation.parse(store.url(), CloudProvider.AWS_S3),
                store.endpoint().toString(),
                Map.of(),
                "server");
        WalSpool spool = new WalSpool(
                SpoolLocation.ofStandby(archive, SYSTEM_ID, Path.of("").toAbsolutePath()), SYSTEM_ID);
        spool.create(base);
        Files.writeString(archive.resolve("system-id"), Long.toString(SYSTEM_ID));
        segment(spool.directory(), 1);
        codes.add(restore(nowhere, store, name(1), directory, LAST));
        String[] words = {
            "--directory=" + spool.directory(),
            "--system-id=" + SYSTEM_ID,
            "--segment-size=" + SEGMENT_BYTES,
            "--parallel=" + LAST,
            "--idle=200",
            "--standby=" + directory,
            "--endpoint-url=" + store.endpoint(),
            store.url(),
            "server",
            name(1)
        };
        codes.add(WalPrefetchMain.run(words, nowhere, CloudOptions::open));
    }

    private static int restore(PrintStream nowhere, TrainingStore store, String name, Path directory, int jobs) {
        String[] words = {
            "--endpoint-url",
            store.endpoint().toString(),
            "-p",
            Integer.toString(jobs),
            "--spool-dir",
            directory.resolve("spool").toString(),
            store.url(),
            "server",
            name,
            directory.resolve("RECOVERYXLOG").toString()
        };
        return CloudWalRestoreMain.run(words, nowhere, nowhere);
    }

    private static int archive(PrintStream nowhere, TrainingStore store, String option, Path file) {
        String[] words = {option, "--endpoint-url", store.endpoint().toString(), store.url(), "server", file.toString()
        };
        return CloudWalArchiveMain.run(words, Map.of(), nowhere, nowhere);
    }

    private static String name(long number) {
        return "00000001000000000000000" + number;
    }

    /** What archiving looks at in a data directory. */
    private static void dataDirectory(Path data, Path... ready) throws IOException {
        Path status = Files.createDirectory(data.resolve("pg_wal/archive_status"));
        for (Path segment : ready) {
            Files.createFile(status.resolve(segment.getFileName() + ".ready"));
        }
        ByteBuffer control =
                ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN).putLong(0, SYSTEM_ID);
        Files.write(Files.createDirectory(data.resolve("global")).resolve("pg_control"), control.array());
    }

    /** A segment of PostgreSQL 15 as far as its header. */
    private static Path segment(Path directory, long number) throws IOException {
        ByteBuffer page = ByteBuffer.allocate(SEGMENT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        page.putShort(0, (short) 0xD110);
        page.putShort(2, (short) 2);
        page.putInt(4, 1);
        page.putLong(8, number * SEGMENT_BYTES);
        page.putLong(24, SYSTEM_ID);
        page.putInt(32, SEGMENT_BYTES);
        page.putInt(36, 8192);
        return Files.write(directory.resolve(name(number)), page.array());
    }
}
