// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.testing.PostgresCluster;
import dev.barman.storage.cloud.s3.S3TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A bucket on a private S3 server, with what fills and reads it: our commands in this process or in one of their own, and those of Debian's package
 * {@code barman-cli-cloud}. Not thread-safe.
 */
final class S3BackupBucket implements AutoCloseable {
    static final String URL = "s3://backup-bucket/path";

    private static final String BUCKET = "backup-bucket";
    private static final Path PEER = Path.of("/usr/bin/barman-cloud-restore");
    /** Fields that Debian's release does not know, and because of which it does not list a backup. */
    private static final List<String> NEWER_FIELDS = List.of(
            "children_backup_ids", "cluster_size", "data_checksums", "encryption", "parent_backup_id", "summarize_wal");

    private final Path directory;
    private final S3TestServer server;

    /** What the last command in this process printed. */
    String out = "";

    /** What the last command in this process complained of. */
    String err = "";

    private S3BackupBucket(Path directory, S3TestServer server) {
        this.directory = directory;
        this.server = server;
    }

    /** A command's method of the same name. */
    interface Command {
        int run(String[] args, PrintStream out, PrintStream err);
    }

    /**
     * Starts the server with an empty bucket.
     *
     * @param directory an empty one
     */
    static S3BackupBucket start(Path directory) throws IOException, InterruptedException {
        S3TestServer server =
                S3TestServer.start(Path.of("target/s3proxy/s3proxy.jar").toAbsolutePath(), directory);
        Files.createDirectory(server.objects().resolve(BUCKET));
        return new S3BackupBucket(directory, server);
    }

    S3TestServer server() {
        return server;
    }

    static boolean hasPeer() {
        return Files.isExecutable(PEER);
    }

    /** Runs a command of ours in this process, and returns its exit code. */
    int run(Command command, String... args) {
        List<String> all =
                new ArrayList<>(List.of("--endpoint-url", server.endpoint().toString()));
        all.addAll(Arrays.asList(args));
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        int code = command.run(
                all.toArray(new String[0]), new PrintStream(outBytes, true), new PrintStream(errBytes, true));
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return code;
    }

    /** Starts a backup in a process of its own. */
    Process startBackup(PostgresCluster cluster, Path errFile, String name, String... options) throws IOException {
        List<String> argv = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                CloudBackupMain.class.getName(),
                "--endpoint-url",
                server.endpoint().toString(),
                "-d",
                cluster.conninfo(),
                "--immediate-checkpoint"));
        argv.addAll(Arrays.asList(options));
        argv.addAll(List.of(URL, name));
        return start(errFile, argv);
    }

    private static Process start(Path errFile, List<String> argv) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(argv).redirectErrorStream(true).redirectOutput(errFile.toFile());
        builder.environment().put("AWS_ACCESS_KEY_ID", S3TestServer.ACCESS_KEY);
        builder.environment().put("AWS_SECRET_ACCESS_KEY", S3TestServer.SECRET_KEY);
        builder.environment().put("AWS_CONFIG_FILE", "/dev/null");
        builder.environment().put("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        return builder.start();
    }

    /** Runs a command of Debian's package, which is to succeed, and returns what it prints. */
    String peer(String program, String... args) throws IOException, InterruptedException {
        List<String> argv = new ArrayList<>(List.of(
                "/usr/bin/" + program, "--endpoint-url", server.endpoint().toString()));
        argv.addAll(Arrays.asList(args));
        Path output = Files.createTempFile(directory, "peer", ".out");
        int code = start(output, argv).waitFor();
        String text = Files.readString(output);
        assertThat(code).as(text).isZero();
        return text;
    }

    /** Where the server keeps the backups of a server of PostgreSQL. */
    Path base(String name) {
        return server.objects().resolve(BUCKET).resolve("path").resolve(name).resolve("base");
    }

    /** The id of the newest backup. */
    String newestId(String name) throws IOException {
        try (Stream<Path> ids = Files.list(base(name))) {
            return ids.map(path -> path.getFileName().toString())
                    .max(String::compareTo)
                    .orElseThrow();
        }
    }

    /** The files of the newest backup. */
    Path newest(String name) throws IOException {
        return base(name).resolve(newestId(name));
    }

    /** The lines of the newest backup's {@code backup.info}. */
    Map<String, String> info(String name) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String line : Files.readAllLines(newest(name).resolve("backup.info"))) {
            fields.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
        }
        return fields;
    }

    /** Debian's release knows fewer fields, and does not list a backup with others. */
    void makeReadableForThePeer(String name) throws IOException {
        Path file = newest(name).resolve("backup.info");
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        lines.removeIf(line -> NEWER_FIELDS.contains(line.substring(0, line.indexOf('='))));
        Files.write(file, lines);
    }

    /** The files below a directory, which may be missing; others may come and go meanwhile. */
    static List<String> files(Path directory) throws IOException {
        return S3TestServer.objectsBelow(directory).stream()
                .map(file -> directory.relativize(file).toString())
                .toList();
    }

    /** The files in which the server keeps parts of uploads for a server of PostgreSQL that are neither complete nor given up. */
    List<String> unfinishedParts(String name) throws IOException {
        return files(server.objects().resolve(BUCKET)).stream()
                .filter(file -> file.startsWith(".mpus-") && file.contains("-path/" + name + "/"))
                .filter(file -> file.matches(".*-[0-9]+"))
                .toList();
    }

    /**
     * Waits until there are parts of so many uploads at the same time.
     *
     * @param archive what the names of the archive's objects begin with; empty for any
     */
    void awaitUploads(String name, String archive, int uploads, Process backup, Path errFile)
            throws IOException, InterruptedException {
        for (int i = 0; i < 600 && unfinishedUploads(name, archive) < uploads; i++) {
            assertThat(backup.isAlive()).as(Files.readString(errFile)).isTrue();
            Thread.sleep(50);
        }
        assertThat(unfinishedUploads(name, archive)).isGreaterThanOrEqualTo(uploads);
    }

    private long unfinishedUploads(String name, String archive) throws IOException {
        return unfinishedParts(name).stream()
                .map(file -> file.substring(0, file.lastIndexOf('-')))
                .filter(file -> file.contains("/" + archive))
                .distinct()
                .count();
    }

    /** Of the only backup nothing is there but the reason why it failed. */
    void assertFailed(String name, String reason) throws IOException {
        assertThat(files(base(name))).containsExactly(newestId(name) + "/backup.info");
        assertThat(info(name))
                .containsEntry("status", "FAILED")
                .containsEntry("error", "failure uploading data (" + reason + ")")
                .containsEntry("end_xlog", "None");
        assertThat(unfinishedParts(name)).isEmpty();
    }

    /** Removes what is left of uploads, as a rule of the bucket would. */
    void removeUnfinished() throws IOException {
        try (Stream<Path> entries = Files.list(server.objects().resolve(BUCKET))) {
            for (Path entry : entries.toList()) {
                if (entry.getFileName().toString().startsWith(".")) {
                    PostgresCluster.deleteTree(entry);
                }
            }
        }
    }

    /** Sends signal {@code signal} to a process. */
    static void kill(String signal, Process process) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Moves the WAL files of a directory into the archive of server {@code main}. */
    void archiveWal(Path archived) throws IOException {
        try (Stream<Path> files = Files.list(archived)) {
            for (Path file : files.sorted().toList()) {
                assertThat(run(
                                (args, o, e) -> CloudWalArchiveMain.run(args, Map.of(), o, e),
                                "-z",
                                URL,
                                "main",
                                file.toString()))
                        .as(err)
                        .isZero();
                Files.delete(file);
            }
        }
    }

    /** Has a restored data directory recover to a restore point, with WAL of the archive that Debian's command gets. */
    void recoverTo(Path target, String point) throws IOException {
        Files.createFile(target.resolve("recovery.signal"));
        Files.writeString(
                target.resolve("postgresql.auto.conf"),
                "archive_mode = off\nrecovery_target_name = '" + point
                        + "'\nrecovery_target_action = promote\nrestore_command = 'env AWS_ACCESS_KEY_ID="
                        + S3TestServer.ACCESS_KEY + " AWS_SECRET_ACCESS_KEY=" + S3TestServer.SECRET_KEY
                        + " AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null"
                        + " /usr/bin/barman-cloud-wal-restore --endpoint-url " + server.endpoint() + " " + URL
                        + " main %f %p'\n");
    }

    /** A value of {@code archive_command} that copies to a directory. PostgreSQL runs as a user who may not be allowed to read our class path. */
    static String archiveCommand(Path archived) {
        return "cp %p " + archived + "/tmp && mv " + archived + "/tmp " + archived + "/%f";
    }

    /** Makes a directory in which PostgreSQL may write. */
    static Path directoryOf(PostgresCluster cluster, String name) throws IOException {
        Path made = Files.createDirectory(cluster.directory().resolve(name));
        if (PostgresCluster.isRoot()) {
            Files.setOwner(made, Files.getOwner(cluster.directory()));
        }
        return made;
    }

    @Override
    public void close() throws InterruptedException {
        server.close();
    }
}
