// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
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
            new String[] {"archive-wal", "training"},
            new String[] {"list-backups", "all"},
            new String[] {"-f", "json", "list-backups", "all"},
            new String[] {"show-backup", "training", "latest"},
            new String[] {"list-files", "training", "latest"},
            new String[] {"check-backup", "training", "latest"},
            new String[] {"delete", "training", "latest"},
            new String[] {"get-wal", "training", "000000010000000000000001"},
            new String[] {"get-wal", "-p", "8", "training", "000000010000000000000001"},
            new String[] {"put-wal", "training"},
            new String[] {"rebuild-xlogdb", "training"},
            new String[] {"restore", "training", "latest", "/nonexistent/barman-training"},
            new String[] {"backup", "training"},
            new String[] {"switch-wal", "training"},
            new String[] {"receive-wal", "training"});

    private ClassArchiveTraining() {}

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
            PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
            Map<String, String> environment = Map.of("BARMAN_CONFIG_FILE", config.toString(), "HOME", home.toString());
            for (String[] run : RUNS) {
                try {
                    Main.run(run, environment, nowhere, nowhere);
                } catch (IllegalArgumentException e) {
                    nowhere.print(e);
                }
            }
            RunAs.switchTo(List.of("list-servers"), environment);
        } finally {
            delete(home);
        }
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
