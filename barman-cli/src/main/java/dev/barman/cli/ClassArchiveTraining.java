// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;

/**
 * Runs commands so that their classes are loaded, for {@code lib/prepare}, which writes the loaded classes into the class
 * archive. Works on a configuration of its own below a temporary directory; whether a command succeeds does not matter.
 */
public final class ClassArchiveTraining {
    /** Stands for a directory to restore into. */
    private static final String RESTORED = "RESTORED";

    private static final List<String[]> RUNS = List.of(
            new String[] {"--version"},
            new String[] {"--help"},
            new String[] {"-d", "list-servers", "--minimal"},
            new String[] {"-f", "json", "list-servers"},
            new String[] {"show-servers", "all"},
            new String[] {"-f", "json", "show-servers", "all"},
            new String[] {"check", "--nagios", "all"},
            new String[] {"check", "all"},
            new String[] {"-f", "json", "check", "all"},
            new String[] {"status", "all"},
            new String[] {"rebuild-xlogdb", "training"},
            new String[] {"archive-wal", "training"},
            new String[] {"list-backups", "all"},
            new String[] {"-f", "json", "list-backups", "all"},
            new String[] {"show-backup", "training", "latest"},
            new String[] {"-f", "json", "show-backup", "training", "oldest"},
            new String[] {"list-files", "training", "latest"},
            new String[] {"check-backup", "training", "latest"},
            new String[] {"get-wal", "training", "000000010000000000000001"},
            new String[] {"get-wal", "--stream", "training", "000000010000000000000001"},
            new String[] {"get-wal", "-p", "8", "training", "000000010000000000000001"},
            new String[] {"put-wal", "training"},
            new String[] {"put-wal", "--stream", "training"},
            new String[] {"restore", "training", "latest", RESTORED},
            new String[] {"backup", "training"},
            new String[] {"switch-wal", "training"},
            new String[] {"receive-wal", "training"},
            new String[] {"cron"},
            new String[] {"delete", "training", "oldest"});

    private static final int SEGMENT_BYTES = 1 << 20;
    private static final int TAR_BLOCK = 512;

    /** The metadata of a backup, with a digit of its own for each @. */
    private static final String BACKUP_INFO = """
            backup_label='START WAL LOCATION: 0/@000028 (file 00000001000000000000000@)\\nSTART TIMELINE: 1\\n'
            backup_name=training
            begin_offset=40
            begin_time=2026-01-0@ 00:00:00.520580+00:00
            begin_wal=00000001000000000000000@
            begin_xlog=0/@000028
            children_backup_ids=None
            cluster_size=23256777
            compression=gzip
            config_file=/pg/postgresql.conf
            copy_stats={'copy_time': 1.415114, 'total_time': 1.415114, 'number_of_workers': 1}
            data_checksums=on
            deduplicated_size=3272151
            encryption=None
            end_offset=0
            end_time=2026-01-0@ 00:00:02.962845+00:00
            end_wal=00000001000000000000000@
            end_xlog=0/@000130
            error=None
            hba_file=/pg/pg_hba.conf
            ident_file=/pg/pg_ident.conf
            included_files=['/pg/postgresql.auto.conf']
            mode=postgres
            parent_backup_id=None
            pgdata=/pg
            server_name=training
            size=3272151
            status=DONE
            summarize_wal=None
            systemid=7710210665329484190
            tablespaces=[('tbs1', 16387, '/srv/tbs1')]
            timeline=1
            version=150018
            xlog_segment_size=1048576
            """;

    private ClassArchiveTraining() {}

    private static String[] inside(Path home, String[] run) {
        String[] words = run.clone();
        for (int i = 0; i < words.length; i++) {
            if (words[i].equals(RESTORED)) {
                words[i] = home.resolve("restored").toString();
            }
        }
        return words;
    }

    /** Runs all commands and deletes what they left. */
    public static void main(String[] args) throws IOException {
        Path home = Files.createTempDirectory("barman-training");
        try {
            Path config = home.resolve("barman.conf");
            Files.writeString(
                    config,
                    "[barman]\nbarman_home = " + home + "\nbarman_user = " + System.getProperty("user.name")
                            + "\nlog_file = " + home.resolve("barman.log")
                            + "\n[training]\ndescription = none\nconninfo = host=" + home
                            + " user=none dbname=none\nstreaming_conninfo = host=" + home
                            + " user=none\nbackup_method = postgres\narchiver = on\ncompression = gzip\n");
            sampleCatalogue(home.resolve("training"));
            PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
            Map<String, String> environment = Map.of(
                    "BARMAN_CONFIG_FILE", config.toString(), "HOME", home.toString(), "BARMAN_PROGRAM", "/bin/true");
            for (String[] run : RUNS) {
                InputStream stdin =
                        run[0].equals("put-wal") && run.length == 2 ? sentWal() : InputStream.nullInputStream();
                try {
                    Main.run(inside(home, run), environment, stdin, nowhere, nowhere);
                } catch (IllegalArgumentException e) {
                    nowhere.print(e);
                }
            }
            RunAs.switchTo(List.of("list-servers"), environment);
        } finally {
            delete(home);
        }
    }

    /** Two backups, three archived WALs and one that has just arrived. */
    private static void sampleCatalogue(Path server) throws IOException {
        Path meta = Files.createDirectories(server.resolve("meta"));
        for (int day = 1; day <= 2; day++) {
            String id = "2026010" + day + "T000000";
            Files.createDirectories(server.resolve("base").resolve(id).resolve("data"));
            Files.writeString(meta.resolve(id + "-backup.info"), BACKUP_INFO.replace('@', (char) ('0' + day)));
        }
        Path archived = Files.createDirectories(server.resolve("wals").resolve("0000000100000000"));
        for (int segment = 1; segment <= 3; segment++) {
            Files.write(archived.resolve("00000001000000000000000" + segment), new byte[SEGMENT_BYTES]);
        }
        Path arrived = Files.createDirectories(server.resolve("incoming")).resolve("000000010000000000000004");
        Files.write(arrived, new byte[SEGMENT_BYTES]);
    }

    /** What barman-wal-archive sends. */
    static InputStream sentWal() {
        String wal = "000000010000000000000005";
        byte[] content = new byte[SEGMENT_BYTES];
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        byte[] mtime = "30 mtime=1795182073.500000000\n".getBytes(StandardCharsets.US_ASCII);
        member(tar, "././@PaxHeader", 'x', mtime);
        member(tar, wal, '0', content);
        String sums = "30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58 *" + wal + "\n";
        member(tar, "SHA256SUMS", '0', sums.getBytes(StandardCharsets.US_ASCII));
        tar.writeBytes(new byte[2 * TAR_BLOCK]);
        return new ByteArrayInputStream(tar.toByteArray());
    }

    private static void member(ByteArrayOutputStream tar, String name, char type, byte[] content) {
        String fields =
                "0000644\0000000000\0000000000\000%011o\00000000000000\000        %c".formatted(content.length, type);
        ByteBuffer header = ByteBuffer.allocate(TAR_BLOCK);
        header.put(0, name.getBytes(StandardCharsets.US_ASCII));
        header.put(100, fields.getBytes(StandardCharsets.US_ASCII));
        header.put(257, "ustar\00000".getBytes(StandardCharsets.US_ASCII));
        int sum = 0;
        for (byte b : header.array()) {
            sum += b;
        }
        header.put(148, "%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII));
        tar.writeBytes(header.array());
        tar.writeBytes(content);
        tar.writeBytes(new byte[-content.length & (TAR_BLOCK - 1)]);
    }

    private static void delete(Path root) throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException e) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
