// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real, private PostgreSQL server for integration tests: a cluster in its own temporary directory, listening on a free
 * loopback port and on a Unix socket in that directory only, stopped and removed on {@link #close()}.
 *
 * <p>PostgreSQL refuses to run as root, so tests that run as root start it as the system user {@code postgres} (Debian's
 * package creates that user). Not thread-safe.
 */
public final class PostgresCluster implements AutoCloseable {
    /** The superuser of every cluster made here; authentication is {@code trust}. */
    public static final String SUPERUSER = "postgres";

    private final Path directory;
    private final Path data;
    private final int port;
    private boolean running;

    private PostgresCluster(Path directory, Path data, int port) {
        this.directory = directory;
        this.data = data;
        this.port = port;
    }

    /** The directory of PostgreSQL's server programs: of the highest version below the distribution's directory, else PATH. */
    public static Optional<Path> binDirectory() {
        Path debian = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(debian)) {
            try (Stream<Path> versions = Files.list(debian)) {
                Optional<Path> found = versions.map(v -> v.resolve("bin"))
                        .filter(b -> Files.isExecutable(b.resolve("postgres")))
                        .max(Comparator.comparingInt(b -> Integer.parseInt(
                                b.getParent().getFileName().toString().replaceAll("\\D.*", ""))));
                if (found.isPresent()) {
                    return found;
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return Arrays.stream(System.getenv("PATH").split(":"))
                .map(Path::of)
                .filter(p -> Files.isExecutable(p.resolve("postgres")))
                .findFirst();
    }

    /** Whether the tests run as root and so PostgreSQL as another user. */
    public static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** A new cluster with the default segment size (16 MiB), not started. */
    public static PostgresCluster create() throws IOException {
        return create(16);
    }

    /** A new cluster with segments of so many MiB, replication allowed, not started. */
    public static PostgresCluster create(int walSegmentSizeMiB) throws IOException {
        Path directory = newDirectory();
        PostgresCluster cluster = new PostgresCluster(directory, directory.resolve("data"), freePort());
        try {
            cluster.initdb(walSegmentSizeMiB);
            return cluster;
        } catch (IOException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /**
     * Takes over a data directory that something else wrote (a restore), on a port of its own. The directory's files are
     * given to the user who runs PostgreSQL. Settings that would make the two servers meet are overridden at start.
     */
    public static PostgresCluster adopt(Path data) throws IOException {
        Path directory = newDirectory();
        if (isRoot()) {
            run(List.of("chown", "-R", SUPERUSER + ":", data.toString()));
        }
        for (Path p = data.getParent(); p != null && p.startsWith("/tmp/"); p = p.getParent()) {
            makeTraversable(p);
        }
        return new PostgresCluster(directory, data, freePort());
    }

    private static Path newDirectory() throws IOException {
        Path directory = Files.createTempDirectory("barman-it-pg-");
        makeTraversable(directory);
        if (isRoot()) {
            run(List.of("chown", SUPERUSER + ":", directory.toString()));
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> killLeftover(directory)));
        return directory;
    }

    private static void makeTraversable(Path p) throws IOException {
        var permissions = Files.getPosixFilePermissions(p);
        permissions.addAll(PosixFilePermissions.fromString("r-xr-xr-x"));
        Files.setPosixFilePermissions(p, permissions);
    }

    private void initdb(int walSegmentSizeMiB) throws IOException {
        asPostgres(
                program("initdb"),
                "-D",
                data.toString(),
                "-U",
                SUPERUSER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "--wal-segsize=" + walSegmentSizeMiB);
        configure(
                "fsync = off",
                "wal_level = replica",
                "max_wal_senders = 10",
                "max_replication_slots = 10",
                "shared_buffers = 32MB",
                "max_wal_size = 512MB",
                "log_min_messages = log",
                "autovacuum = off");
    }

    /** Appends lines to {@code postgresql.conf}; they count from the next start or reload. */
    public PostgresCluster configure(String... lines) throws IOException {
        Files.writeString(
                data.resolve("postgresql.conf"),
                String.join("\n", lines) + "\n",
                StandardCharsets.UTF_8,
                StandardOpenOption.APPEND);
        return this;
    }

    /** Starts the server and waits until it accepts connections. Throws with the server's log when it does not start. */
    public PostgresCluster start() throws IOException {
        return startWith("");
    }

    /** Starts the server like {@link #start}, with more options of its command line. */
    public PostgresCluster startWith(String options) throws IOException {
        Path log = log();
        try {
            asPostgres(
                    program("pg_ctl"),
                    "-D",
                    data.toString(),
                    "-w",
                    "-t",
                    "60",
                    "-l",
                    log.toString(),
                    "-o",
                    "-p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories=" + directory
                            + " -c external_pid_file= " + options,
                    "start");
        } catch (IOException e) {
            throw new IOException(e.getMessage() + "\n" + logText(), e);
        }
        running = true;
        return this;
    }

    /** Starts the server and returns without waiting for it: for clusters that end or pause during recovery. */
    public PostgresCluster startWithoutWaiting() throws IOException {
        asPostgres(
                program("pg_ctl"),
                "-D",
                data.toString(),
                "-W",
                "-l",
                log().toString(),
                "-o",
                "-p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories=" + directory,
                "start");
        running = true;
        return this;
    }

    /** Stops the server ({@code fast}); does nothing when it does not run. */
    public void stop() throws IOException {
        if (running) {
            asPostgres(program("pg_ctl"), "-D", data.toString(), "-w", "-m", "fast", "stop");
            running = false;
        }
    }

    /** Stops the server as a crash would ({@code immediate}). */
    public void crash() throws IOException {
        if (running && isRunning()) {
            asPostgres(program("pg_ctl"), "-D", data.toString(), "-w", "-m", "immediate", "stop");
            running = false;
        }
    }

    /** Whether the server runs; one that was started may have ended by itself since. */
    public boolean isRunning() throws IOException {
        try {
            asPostgres(program("pg_ctl"), "-D", data.toString(), "status");
            return true;
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).startsWith("exit 3 ")) {
                return false;
            }
            throw e;
        }
    }

    /** Makes the server read its configuration again. */
    public void reload() throws IOException {
        asPostgres(program("pg_ctl"), "-D", data.toString(), "reload");
    }

    /** Runs SQL through psql in database {@code postgres} and returns its unaligned output without the final newline. */
    public String sql(String sql) throws IOException {
        return asPostgres(
                        program("psql"),
                        "-XAtq",
                        "-v",
                        "ON_ERROR_STOP=1",
                        "-h",
                        "127.0.0.1",
                        "-p",
                        Integer.toString(port),
                        "-U",
                        SUPERUSER,
                        "-d",
                        "postgres",
                        "-c",
                        sql)
                .stripTrailing();
    }

    /** Repeats a query until it gives the wanted answer. */
    public void await(String sql, String wanted, int seconds) throws IOException {
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(seconds);
        String got = "";
        do {
            try {
                got = sql(sql);
            } catch (IOException e) {
                got = String.valueOf(e.getMessage());
            }
            if (wanted.equals(got)) {
                return;
            }
            // Asking starts programs: what takes long would take longer.
            pause(System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(5) ? 100 : 1000);
        } while (System.nanoTime() < end);
        throw new IOException("after " + seconds + " s `" + sql + "` still gives `" + got + "`, wanted `" + wanted
                + "`\n" + logText());
    }

    /** Finishes the current segment and returns its name. */
    public String switchWal() throws IOException {
        return sql("select pg_walfile_name(pg_switch_wal())");
    }

    /** A libpq connection string for the superuser. */
    public String conninfo() {
        return "host=127.0.0.1 port=" + port + " user=" + SUPERUSER + " dbname=postgres";
    }

    /** A libpq connection string for replication, without a database. */
    public String streamingConninfo() {
        return "host=127.0.0.1 port=" + port + " user=" + SUPERUSER;
    }

    /** The loopback port it listens on. */
    public int port() {
        return port;
    }

    /** The data directory. */
    public Path data() {
        return data;
    }

    /** The directory of this cluster: socket, log; the data directory too unless adopted. */
    public Path directory() {
        return directory;
    }

    /** The server's log file. */
    public Path log() {
        return directory.resolve("server.log");
    }

    /** What the server has logged so far. */
    public String logText() throws IOException {
        return Files.exists(log()) ? Files.readString(log(), StandardCharsets.UTF_8) : "";
    }

    /** Runs a command as the user who owns the cluster and returns its standard output; fails on a non-zero exit. */
    public static String asPostgres(String... command) throws IOException {
        List<String> all = new ArrayList<>();
        if (isRoot()) {
            all.addAll(List.of("runuser", "-u", SUPERUSER, "--"));
        }
        all.addAll(List.of(command));
        return run(all);
    }

    /** The path of one of PostgreSQL's programs. */
    public static String program(String name) {
        return binDirectory()
                .map(d -> d.resolve(name).toString())
                .orElseThrow(() -> new IllegalStateException(
                        "no PostgreSQL server programs found: install Debian's package postgresql"));
    }

    /** A free port of the loopback interface. */
    public static int freePort() throws IOException {
        try (ServerSocket s = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return s.getLocalPort();
        }
    }

    @Override
    public void close() throws IOException {
        try {
            crash();
        } finally {
            killLeftover(directory);
            deleteTree(directory);
        }
    }

    /** Removes a directory tree, links themselves and not what they point to. */
    public static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException exc) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException exc) throws IOException {
                Files.deleteIfExists(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void killLeftover(Path directory) {
        Path pidFile = directory.resolve("data/postmaster.pid");
        try {
            if (Files.exists(pidFile)) {
                long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).strip());
                ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            }
        } catch (IOException | RuntimeException e) {
            System.err.println("could not stop the server in " + directory + ": " + e);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static String run(List<String> command) throws IOException {
        Path out = Files.createTempFile("barman-it-", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .directory(Path.of("/").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            if (!process.waitFor(180, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("timed out: " + command);
            }
            String text = Files.readString(out, StandardCharsets.UTF_8);
            if (process.exitValue() != 0) {
                throw new IOException("exit " + process.exitValue() + " of " + command + "\n" + text);
            }
            return text;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            Files.deleteIfExists(out);
        }
    }
}
