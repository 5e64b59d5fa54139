// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.it;

import dev.barman.core.testing.PostgresCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A backup host for integration tests: a home directory, a configuration file and the {@code barman} command as users run
 * it, through the launcher of the distribution that the build made. Removed on {@link #close()}.
 */
final class BarmanHost implements AutoCloseable {
    private final Path directory;
    private final List<Process> background = new ArrayList<>();
    private final Map<String, String> environment = new TreeMap<>();

    private BarmanHost(Path directory) {
        this.directory = directory;
    }

    static BarmanHost create() throws IOException {
        Path directory = Files.createTempDirectory("barman-it-host-");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        BarmanHost host = new BarmanHost(directory);
        Files.createDirectories(host.home());
        return host;
    }

    /** What one run of a command left: exit status, standard output and standard error. */
    record Result(List<String> command, int exit, String out, String err) {
        Result ok() {
            if (exit != 0) {
                throw new AssertionError(this);
            }
            return this;
        }

        @Override
        public String toString() {
            return "exit " + exit + " of " + command + "\n--- out\n" + out + "--- err\n" + err;
        }
    }

    /** Writes the configuration: the global section with its options, then a server {@code main} for that cluster. */
    void configure(PostgresCluster cluster, Map<String, String> serverOptions) throws IOException {
        Map<String, String> server = new TreeMap<>();
        server.put("conninfo", cluster.conninfo());
        server.put("streaming_conninfo", cluster.streamingConninfo());
        server.put("backup_method", "postgres");
        server.put("immediate_checkpoint", "true");
        server.put("path_prefix", PostgresCluster.binDirectory().orElseThrow().toString());
        server.putAll(serverOptions);
        StringBuilder text = new StringBuilder();
        text.append("[barman]\nbarman_home = ").append(home());
        text.append("\nbarman_user = ").append(System.getProperty("user.name"));
        text.append("\nlog_file = ").append(log());
        text.append("\nlog_level = INFO\n\n[main]\ndescription = integration test\n");
        server.forEach(
                (name, value) -> text.append(name).append(" = ").append(value).append('\n'));
        Files.writeString(config(), text, StandardCharsets.UTF_8);
        // PostgreSQL may run as another user than the tests; its archive_command writes here.
        Files.createDirectories(incoming());
        Files.setPosixFilePermissions(incoming(), PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    /** An archive_command that copies into the incoming directory under a temporary name, then renames. */
    String copyingArchiveCommand() {
        Path in = incoming();
        return "archive_command = 'test ! -f " + in + "/%f && cp %p " + in + "/%f.tmp && mv " + in + "/%f.tmp " + in
                + "/%f'";
    }

    Result barman(String... args) throws IOException {
        return run(barmanCommand(args), environment);
    }

    /** Adds variables to the environment of the commands of this host. */
    BarmanHost environment(Map<String, String> variables) {
        environment.putAll(variables);
        return this;
    }

    List<String> barmanCommand(String... args) {
        List<String> command = new ArrayList<>(List.of(launcher().toString(), "-c", config().toString()));
        command.addAll(List.of(args));
        return command;
    }

    /** Starts a command that goes on; it is ended by {@link #close()} at the latest. */
    Process start(String... args) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(barmanCommand(args))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("background.log").toFile()));
        builder.environment().putAll(environment);
        Process process = builder.start();
        background.add(process);
        return process;
    }

    static Result run(List<String> command) throws IOException {
        return run(command, Map.of());
    }

    static Result run(List<String> command, Map<String, String> environment) throws IOException {
        Path out = Files.createTempFile("barman-it-", ".out");
        Path err = Files.createTempFile("barman-it-", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(180, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("timed out: " + command + "\n" + Files.readString(out) + Files.readString(err));
            }
            return new Result(command, process.exitValue(), Files.readString(out), Files.readString(err));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            Files.deleteIfExists(out);
            Files.deleteIfExists(err);
        }
    }

    /** The launcher that {@code mvn package} made. */
    static Path launcher() {
        return distribution("barman-cli").resolve("bin/barman");
    }

    /**
     * Installs the commands where PostgreSQL's user can run them, with a {@code barman} that knows the configuration and runs
     * as that user: what an {@code archive_command} on the same host calls. Returns the path of {@code barman}; {@code
     * barman-wal-archive} stands beside it.
     */
    Path wrapperForAnyUser() throws IOException {
        Path bin = Files.createDirectories(directory.resolve("bin"));
        Path server = directory.resolve("barman-cli");
        Path client = directory.resolve("barman-wal-restore");
        run(List.of("cp", "-R", distribution("barman-cli").toString(), server.toString()))
                .ok();
        run(List.of("cp", "-R", distribution("barman-wal-restore").toString(), client.toString()))
                .ok();
        Path config = directory.resolve("put-wal.conf");
        Files.writeString(
                config,
                Files.readString(config())
                        .replaceAll("(?m)^barman_user = .*$", "barman_user = " + databaseUser())
                        .replaceAll("(?m)^log_file = .*$", "log_file = " + directory.resolve("bin/put-wal.log")));
        script(bin.resolve("barman"), server.resolve("bin/barman") + " -c " + config);
        script(
                bin.resolve("barman-wal-archive"),
                client.resolve("bin/barman-wal-archive").toString());
        Files.setPosixFilePermissions(bin, PosixFilePermissions.fromString("rwxrwxrwx"));
        return bin.resolve("barman");
    }

    private static String databaseUser() {
        return PostgresCluster.isRoot() ? PostgresCluster.SUPERUSER : System.getProperty("user.name");
    }

    private static void script(Path file, String command) throws IOException {
        Files.writeString(file, "#!/bin/sh\nexec " + command + " \"$@\"\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** The assembled distribution of a front-end module. */
    static Path distribution(String module) {
        Path target = Path.of("..").toAbsolutePath().normalize().resolve(module).resolve("target");
        try (Stream<Path> children = Files.list(target)) {
            return children.filter(p -> Files.isDirectory(p.resolve("bin")))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no distribution in " + target + ": build it first"));
        } catch (IOException e) {
            throw new IllegalStateException("no distribution in " + target + ": build it first", e);
        }
    }

    /** Names of all archived files below {@code wals}, the index apart, sorted. */
    List<String> archivedFiles() throws IOException {
        try (Stream<Path> files = Files.walk(wals())) {
            return files.filter(Files::isRegularFile)
                    .map(p -> p.getFileName().toString())
                    .filter(n -> !n.endsWith("xlog.db"))
                    .sorted()
                    .toList();
        }
    }

    /** Names in the index, in its order. */
    List<String> indexedNames() throws IOException {
        return Files.readAllLines(wals().resolve("main-xlog.db")).stream()
                .map(l -> l.substring(0, l.indexOf('\t')))
                .toList();
    }

    Path directory() {
        return directory;
    }

    Path config() {
        return directory.resolve("barman.conf");
    }

    Path home() {
        return directory.resolve("home");
    }

    Path incoming() {
        return home().resolve("main/incoming");
    }

    Path wals() {
        return home().resolve("main/wals");
    }

    Path log() {
        return directory.resolve("barman.log");
    }

    String logText() throws IOException {
        return Files.exists(log()) ? Files.readString(log()) : "";
    }

    @Override
    public void close() throws IOException {
        for (Process process : background) {
            process.destroy();
            try {
                if (!process.waitFor(20, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        PostgresCluster.deleteTree(directory);
    }
}
