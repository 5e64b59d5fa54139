// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.testing.PostgresCluster;
import dev.barman.storage.cloud.s3.S3TestServer;
import dev.barman.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The archiving of a real PostgreSQL server with {@code barman-cloud-wal-archive --parallel}, through its launcher. Before it is called, each
 * file that PostgreSQL asks for is copied, to compare what arrives. Until {@link #open} every call fails, so that a backlog
 * grows. Not thread-safe.
 */
final class CloudArchivingCluster {
    private static final String SERVER = "main";

    private final Path directory;
    private final Path bucket;
    private final String command;

    /**
     * @param directory where PostgreSQL's user may write, for copies and state
     * @param bucket the bucket as a directory
     */
    CloudArchivingCluster(Path directory, S3TestServer store, Path bucket, int parallel) throws IOException {
        this.directory = Files.createDirectory(directory);
        this.bucket = bucket;
        Files.createDirectory(asked());
        // Counts the starts of Java, and tells by which process ids to end the newest and its launcher.
        Path java = script(
                "java",
                "echo $$ $PPID >>" + directory + "/starts\nexec "
                        + Path.of(System.getProperty("java.home"), "bin", "java") + " \"$@\"");
        this.command = script(
                        "archive",
                        "test -e " + directory.resolve("open") + " || exit 1",
                        "cp \"$1\" " + asked() + "/${1##*/}.$$ && mv " + asked() + "/${1##*/}.$$ " + asked()
                                + "/${1##*/} || exit 1",
                        "echo ${1##*/} >>" + directory + "/order",
                        "AWS_ACCESS_KEY_ID=" + S3TestServer.ACCESS_KEY + " AWS_SECRET_ACCESS_KEY="
                                + S3TestServer.SECRET_KEY + " AWS_CONFIG_FILE=/dev/null"
                                + " AWS_SHARED_CREDENTIALS_FILE=/dev/null",
                        "export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE",
                        "BARMAN_JAVA=" + java + " HOME=" + directory + " exec " + launcher() + " --parallel " + parallel
                                + " --state-directory " + state() + " --endpoint-url " + store.endpoint() + " s3://"
                                + bucket.getFileName() + "/p " + SERVER + " \"$1\" 2>>" + directory.resolve("err"))
                + " %p";
        own(directory);
    }

    private static Path launcher() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("target").toAbsolutePath())) {
            return files.filter(file -> Files.isDirectory(file.resolve("bin")))
                    .findFirst()
                    .orElseThrow()
                    .resolve("bin/barman-cloud-wal-archive");
        }
    }

    private Path script(String name, String... lines) throws IOException {
        Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    private static void own(Path path) throws IOException {
        if (PostgresCluster.isRoot()) {
            try {
                new ProcessBuilder("chown", "-R", PostgresCluster.SUPERUSER + ":", path.toString())
                        .start()
                        .waitFor();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
    }

    private Path asked() {
        return directory.resolve("asked");
    }

    private Path state() {
        return directory.resolve("state");
    }

    /** Value of {@code archive_command}. */
    String command() {
        return command;
    }

    /** From now on calls may succeed. */
    void open() throws IOException {
        Files.createFile(directory.resolve("open"));
    }

    /** The starts of Java: its process id, and that of its launcher. */
    List<String> starts() throws IOException {
        Path starts = directory.resolve("starts");
        return Files.exists(starts) ? Files.readAllLines(starts) : List.of();
    }

    /** What PostgreSQL asked for, in that order, with repetitions. */
    List<String> order() throws IOException {
        return Files.readAllLines(directory.resolve("order"));
    }

    private String errors() throws IOException {
        Path err = directory.resolve("err");
        return Files.exists(err) ? Files.readString(err) : "";
    }

    /** Waits until nothing is left to archive. */
    void awaitEnd(PostgresCluster cluster, int seconds) throws Exception {
        Path status = cluster.data().resolve("pg_wal/archive_status");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (!waiting(status).isEmpty()) {
            if (System.nanoTime() > end) {
                throw new IOException("not archived: " + waiting(status) + "\n" + errors() + cluster.logText());
            }
            Thread.sleep(50);
        }
    }

    /** Waits for programs whose launcher or server was ended before them. */
    void awaitOrphans(int seconds) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (String start : starts()) {
            long pid = Long.parseLong(start.substring(0, start.indexOf(' ')));
            while (ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)) {
                if (System.nanoTime() > end) {
                    throw new IOException("process " + pid + " goes on\n" + errors());
                }
                Thread.sleep(20);
            }
        }
    }

    /** How many files PostgreSQL has not got rid of. */
    int waiting(PostgresCluster cluster) throws IOException {
        return waiting(cluster.data().resolve("pg_wal/archive_status")).size();
    }

    private static List<String> waiting(Path status) throws IOException {
        try (Stream<Path> files = Files.list(status)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".ready"))
                    .sorted()
                    .toList();
        }
    }

    /** The names in the index, in its order. */
    List<String> index() throws IOException {
        return Files.readAllLines(state().resolve(SERVER + "-xlog.db")).stream()
                .map(line -> line.substring(0, line.indexOf('\t')))
                .toList();
    }

    /** Everything that was asked for is in the bucket as it was, and nothing else is; each has one line in the index. */
    void assertComplete() throws IOException {
        Set<String> files = new HashSet<>();
        try (Stream<Path> copies = Files.list(asked())) {
            for (Path copy : copies.toList()) {
                String name = copy.getFileName().toString();
                if (!WalFileName.isWalFileName(name)) {
                    // Killed with PostgreSQL while it was copied. The call was repeated.
                    continue;
                }
                files.add(name);
                String path = name.endsWith(".history") ? name : name.substring(0, 16) + "/" + name;
                assertThat(bucket.resolve("p/" + SERVER + "/wals/" + path)).hasSameBinaryContentAs(copy);
            }
        }
        List<String> stored = S3TestServer.objectsBelow(bucket).stream()
                .map(file -> file.getFileName().toString())
                .toList();
        assertThat(stored).containsExactlyInAnyOrderElementsOf(files);
        assertThat(index()).as("index").doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(files);
        assertThat(state().resolve("errors")).doesNotExist();
        assertThat(state().toFile().list())
                .as("state directory")
                .containsExactlyInAnyOrder(
                        "archived-segments", "lock", SERVER + "-xlog.db", "." + SERVER + "-xlogdb.lock");
    }
}
