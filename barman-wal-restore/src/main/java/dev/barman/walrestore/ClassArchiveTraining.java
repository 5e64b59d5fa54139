// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.process.ProgramEnd;
import dev.barman.wal.spool.SpoolLocation;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the commands so that their classes are loaded, for {@code lib/prepare}, which writes the loaded classes into the class
 * archive. A script stands for the server; whether a transfer succeeds does not matter, but all of them do.
 */
public final class ClassArchiveTraining {
    private static final int SEGMENT_BYTES = 1 << 20;
    private static final long SYSTEM_ID = 1;
    private static final String FIRST = "000000010000000000000001";
    private static final String SECOND = "000000010000000000000002";
    private static final String MISSING = "000000010000000000000003";

    private ClassArchiveTraining() {}

    /** Runs the commands and deletes what they left. */
    public static void main(String[] args) throws IOException {
        train();
    }

    /** The exit codes of the runs that transfer something, in order. */
    static List<Integer> train() throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        List<Integer> codes = new ArrayList<>();
        Path directory = Files.createTempDirectory("barman-training");
        try {
            Path barman = barman(directory);
            String local = "--local-command=sh " + ShellWords.quote(barman.toString());
            String target = directory.resolve("RECOVERYXLOG").toString();
            WalRestoreMain.run(new String[] {"--version"}, nowhere, nowhere);
            WalRestoreMain.run(new String[] {"--help"}, nowhere, nowhere);
            codes.add(WalRestoreMain.run(new String[] {local, "host", "server", FIRST, target}, nowhere, nowhere));
            codes.add(WalRestoreMain.run(new String[] {local, "host", "server", MISSING, target}, nowhere, nowhere));
            WalSpool spool = spool(directory.resolve("spool"));
            String[] fromSpool = {
                local, "-p", "8", "--spool-dir", directory.resolve("spool").toString(), "host", "server", FIRST, target
            };
            codes.add(WalRestoreMain.run(fromSpool, nowhere, nowhere));
            codes.add(PrefetchMain.run(
                    new String[] {
                        "--directory=" + spool.directory(),
                        "--system-id=" + SYSTEM_ID,
                        "--segment-size=" + SEGMENT_BYTES,
                        "--parallel=8",
                        "--idle=200",
                        "--standby=" + directory,
                        local,
                        "host",
                        "server",
                        FIRST
                    },
                    nowhere));
            WalArchiveMain.run(new String[] {"--version"}, nowhere, nowhere);
            String[] archive = {
                local, "host", "server", directory.resolve(FIRST).toString()
            };
            codes.add(WalArchiveMain.run(archive, nowhere, nowhere));
            // Two that are sent in one go, then the second, which is known.
            Path wal = dataDirectory(directory.resolve("data"));
            for (String name : List.of(FIRST, SECOND)) {
                String[] ahead = {
                    local,
                    "--parallel=2",
                    "--state-directory=" + directory.resolve("state"),
                    "host",
                    "server",
                    wal.resolve(name).toString()
                };
                codes.add(WalArchiveMain.run(ahead, nowhere, nowhere));
            }
            codes.add(SendMain.run(sender(directory, local), nowhere));
            // By which every run ends.
            nowhere.print(ProgramEnd.class);
            return codes;
        } finally {
            delete(directory);
        }
    }

    /** A run of the background process, which finds a call that waits for a segment. */
    private static String[] sender(Path directory, String local) throws IOException {
        Path state = Files.createDirectory(directory.resolve("sender-state"));
        Thread call = new Thread(
                () -> {
                    try {
                        while (!Files.exists(state.resolve("sender"))) {
                            Thread.sleep(1);
                        }
                        Files.writeString(state.resolve("want.1"), SECOND);
                    } catch (IOException | InterruptedException e) {
                        // Then the process ends without having sent anything.
                    }
                },
                "call");
        call.setDaemon(true);
        call.start();
        return new String[] {
            "--directory=" + state,
            "--data-directory=" + directory.resolve("data"),
            "--postmaster=0",
            "--command-line=",
            "--keep-connection=1",
            "--parallel=2",
            local,
            "host",
            "server"
        };
    }

    /** A script that has the first two segments, and takes everything it is sent. */
    private static Path barman(Path directory) throws IOException {
        write(directory.resolve(FIRST), 1);
        write(directory.resolve(SECOND), 2);
        String cat = "cat " + ShellWords.quote(directory.toString()) + "/";
        return Files.writeString(
                directory.resolve("barman"),
                "case \"$*\" in put-wal*--stream*) echo 'barman-wal-delivery 1'; echo stored; echo stored; cat >/dev/null ;;"
                        + " *--stream*) exit 2 ;; put-wal*) cat >/dev/null ;; *1) " + cat + FIRST + " ;; *2) " + cat
                        + SECOND + " ;; *) echo \"ERROR: WAL file '" + MISSING
                        + "' not found in server 'server'\" >&2; exit 1 ;; esac\n");
    }

    /** What archiving looks at in a data directory; returns its directory of WAL. */
    private static Path dataDirectory(Path data) throws IOException {
        Path wal = Files.createDirectories(data.resolve("pg_wal"));
        Files.createDirectories(wal.resolve("archive_status"));
        write(wal.resolve(FIRST), 1);
        write(wal.resolve(SECOND), 2);
        Files.createFile(wal.resolve("archive_status").resolve(SECOND + ".ready"));
        ByteBuffer control =
                ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN).putLong(0, SYSTEM_ID);
        Files.write(Files.createDirectories(data.resolve("global")).resolve("pg_control"), control.array());
        return wal;
    }

    private static WalSpool spool(Path base) throws IOException {
        Path ofServer = SpoolLocation.ofServer(base, "host", "server");
        WalSpool spool = new WalSpool(
                SpoolLocation.ofStandby(ofServer, SYSTEM_ID, Path.of("").toAbsolutePath()), SYSTEM_ID);
        spool.create(base);
        Files.writeString(ofServer.resolve("system-id"), Long.toString(SYSTEM_ID));
        write(spool.directory().resolve(FIRST), 1);
        return spool;
    }

    /** A segment of PostgreSQL 15 as far as its header. */
    private static void write(Path file, long number) throws IOException {
        ByteBuffer page = ByteBuffer.allocate(SEGMENT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        page.putShort(0, (short) 0xD110);
        page.putShort(2, (short) 2);
        page.putInt(4, 1);
        page.putLong(8, number * SEGMENT_BYTES);
        page.putLong(24, SYSTEM_ID);
        page.putInt(32, SEGMENT_BYTES);
        page.putInt(36, 8192);
        Files.write(file, page.array());
    }

    private static void delete(Path directory) throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, java.io.IOException failure) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
