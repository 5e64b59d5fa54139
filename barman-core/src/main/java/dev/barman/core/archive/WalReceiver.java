// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.BarmanException;
import dev.barman.core.ConfigException;
import dev.barman.core.PostgresException;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.postgres.ReplicationSlot;
import dev.barman.core.postgres.ServerSettings;
import dev.barman.core.postgres.StreamingConnection;
import dev.barman.core.postgres.StreamingStatus;
import dev.barman.core.signal.ProcessTermination;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.core.tools.LeftoverPrograms;
import dev.barman.core.tools.PgReceiveWal;
import dev.barman.core.tools.PgTool;
import dev.barman.core.tools.PgTools;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import dev.barman.process.Command;
import dev.barman.process.CommandResult;
import dev.barman.process.CommandRunner;
import dev.barman.process.RunningCommand;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives WAL of one server through {@code pg_receivewal} into its streaming directory ({@code receive-wal}), in the
 * foreground, until it is told to end or the connection does. Not thread-safe.
 */
public final class WalReceiver {

    private static final Logger LOG = LoggerFactory.getLogger("barman.server");

    private static final String TASK = "receive-wal";
    private static final String PARTIAL = ".partial";
    private static final int SIGNALLED = 128;
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final ServerConfig server;
    private final PostgresClient client;
    private final StreamingConnection streaming;
    private final PgTools tools;
    private final PostgresEnvironment environment;
    private final Messages messages;

    /**
     * A receiver for one server; the caller closes the connections.
     *
     * @param client the regular connection of the host WAL comes from
     * @param streaming the streaming connection of that host
     * @param environment where connection defaults come from
     */
    public WalReceiver(
            ServerConfig server,
            PostgresClient client,
            StreamingConnection streaming,
            PgTools tools,
            PostgresEnvironment environment,
            Messages messages) {
        this.server = server;
        this.client = client;
        this.streaming = streaming;
        this.tools = tools;
        this.environment = environment;
        this.messages = messages;
    }

    /**
     * Refuses a server that does not stream.
     *
     * @throws BarmanException if {@code streaming_archiver} is off
     */
    public static void requireStreaming(ServerConfig server) throws BarmanException {
        if (!server.archiving().streamingArchiver()) {
            throw new BarmanException("Unable to start receive-wal process: streaming_archiver option set to 'off' in"
                    + " barman configuration file");
        }
    }

    /**
     * Receives until the end. Returns normally after a signal that asked for it.
     *
     * @throws BarmanException if the receiver cannot start or ends by itself; it never ends well by itself
     */
    public void receive() throws BarmanException, IOException {
        messages.info("Starting receive-wal for server " + server.name());
        try (LockFile lock = LockFile.tryAcquire(server.directories().lockFile(TASK));
                TerminationSignals signals = TerminationSignals.install()) {
            LeftoverPrograms.terminate(directoryArgument());
            run(command(), signals);
        } catch (LockBusyException e) {
            throw new BarmanException(
                    "Another receive-wal process is already running for server " + server.name() + ".", e);
        }
    }

    /** As {@link PgReceiveWal} writes it. */
    private String directoryArgument() {
        return "--directory=" + server.directories().streaming();
    }

    private Command command() throws BarmanException, IOException {
        PgTool tool = tools.receiveWal().orElseThrow(() -> failure("pg_receivewal not present in $PATH"));
        if (!tool.version().isCompatibleWith(client.version())) {
            throw failure("pg_receivewal version not compatible with PostgreSQL server version");
        }
        String slot = server.archiving().slotName();
        if (slot != null) {
            checkSlot(slot);
        }
        ServerSettings settings = client.status().settings();
        Path directory = server.directories().streaming();
        Files.createDirectories(directory);
        truncateBrokenPartials(directory, settings.walSegmentSize().bytes());
        String name = server.archiving().streamingArchiverName();
        client.close();
        streaming.close();
        return PgReceiveWal.command(
                tool, new PgReceiveWal.Request(dsn(name), directory, slot, settings.isSynchronous(name)), tools.path());
    }

    private ConnInfo.ToolDsn dsn(String name) throws BarmanException {
        String text = server.connection().effectiveWalStreamingConninfo();
        if (text == null) {
            throw failure("streaming connection not configured");
        }
        try {
            return ConnInfo.parse(text).toStreaming().toToolDsn(name, environment);
        } catch (IllegalArgumentException e) {
            throw failure("streaming_conninfo: " + e.getMessage());
        }
    }

    private void checkSlot(String name) throws BarmanException {
        Optional<ReplicationSlot> slot = client.replicationSlot(name);
        if (slot.isEmpty()) {
            if (!server.archiving().createSlotAuto()) {
                throw failure("replication slot '" + name + "' doesn't exist. Please execute 'barman receive-wal"
                        + " --create-slot " + server.name() + "'");
            }
            messages.info("Creating replication slot '" + name + "'");
            new ReplicationSlots(server, streaming, messages).create(true);
        } else if (slot.get().active()) {
            throw failure("replication slot '" + name + "' is already in use");
        }
    }

    private static BarmanException failure(String text) {
        return new BarmanException("ArchiverFailure:" + text);
    }

    /**
     * The receiver refuses to start over a partial segment of another size than it makes. The WAL in it is streamed again: the
     * slot, or the server's own files, still have it.
     */
    private void truncateBrokenPartials(Path directory, long segmentBytes) throws IOException {
        for (Path partial : partials(directory)) {
            long size = Files.size(partial);
            if (size != 0 && size != segmentBytes) {
                messages.info("Truncating partial file " + partial + " that has wrong size " + size + " while "
                        + segmentBytes + " was expected.");
                try (FileChannel channel = FileChannel.open(partial, StandardOpenOption.WRITE)) {
                    channel.truncate(0);
                    channel.force(true);
                }
            }
        }
    }

    private static List<Path> partials(Path directory) throws IOException {
        List<Path> partials = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return partials;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*" + PARTIAL)) {
            for (Path entry : entries) {
                if (WalFileName.isWalFileName(String.valueOf(entry.getFileName()))) {
                    partials.add(entry);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return partials;
    }

    private void run(Command command, TerminationSignals signals) throws BarmanException, IOException {
        LOG.debug("{}", command);
        RunningCommand running = CommandRunner.start(command, this::say, this::say);
        try (TerminationSignals.Registration registration = signals.onSignal(() -> interrupt(running))) {
            long asked = 0;
            Optional<CommandResult> ended = running.await(Duration.ofSeconds(1));
            while (ended.isEmpty()) {
                if (signals.received().isPresent()) {
                    asked = asked == 0 ? System.nanoTime() : asked;
                    if (System.nanoTime() - asked > GRACE.toNanos()) {
                        running.destroyForcibly();
                    }
                }
                ended = running.await(Duration.ofSeconds(1));
            }
            TerminationSignals.Kind signal = signals.received().orElse(null);
            if (signal != null) {
                messages.info("SIG" + signal + " received. Terminate gracefully.");
                return;
            }
            int code = ended.get().exitCode();
            throw failure(
                    code > SIGNALLED
                            ? "pg_receivewal terminated by signal: " + (code - SIGNALLED)
                            : "pg_receivewal terminated with error code: " + code);
        } finally {
            running.destroy();
        }
    }

    private void say(String line) {
        messages.info(server.name() + ": " + line);
    }

    /** SIGINT makes every version flush what it has and end; releases before 15 die of SIGTERM on the spot. */
    private static void interrupt(RunningCommand running) {
        try {
            ProcessTermination.interrupt(running.pid());
        } catch (IOException e) {
            running.destroy();
        }
    }

    /**
     * Makes the receiver begin at the server's present position: replaces the partial segment by an empty one of the segment
     * that is written now. WAL between the two is not received.
     *
     * @throws BarmanException if a receiver runs
     */
    public void reset() throws BarmanException, IOException {
        try (LockFile lock = LockFile.tryAcquire(server.directories().lockFile(TASK))) {
            WalSegmentName current = currentSegment();
            Path directory = server.directories().streaming();
            List<Path> partials = partials(directory);
            Path wanted = directory.resolve(current + PARTIAL);
            if (partials.equals(List.of(wanted))) {
                messages.info("Nothing to do. Position of receive-wal is aligned.");
                return;
            }
            messages.info("Resetting receive-wal directory status");
            for (Path partial : partials) {
                if (!partial.equals(wanted)) {
                    messages.info("Removing status file " + partial);
                    Files.delete(partial);
                }
            }
            if (!partials.contains(wanted)) {
                messages.info("Creating status file " + wanted);
                Files.createFile(wanted);
            }
        } catch (LockBusyException e) {
            throw new BarmanException(
                    "Unable to reset the status of receive-wal for server " + server.name()
                            + ". Process is still running",
                    e);
        }
    }

    private WalSegmentName currentSegment() throws PostgresException {
        StreamingStatus now = streaming.identifySystem();
        return WalSegmentName.containing(now.timeline(), now.position(), client.walSegmentSize());
    }

    /** Ends the receiver of this server and waits for its end; says what happened. */
    public static boolean stop(ServerConfig server, Messages messages) throws IOException, InterruptedException {
        return ProcessTermination.terminate(server.directories().lockFile(TASK), server.name(), TASK, messages);
    }

    /** The text that tells of connection settings in force instead of the usual ones; empty when there are none. */
    public static Optional<String> overrides(ServerConfig server) throws ConfigException {
        String streamingConninfo = server.connection().walStreamingConninfo();
        String conninfo = server.connection().walConninfo();
        if (streamingConninfo == null && conninfo == null) {
            return Optional.empty();
        }
        return Optional.of("Configuration overrides applied: 'streaming_conninfo' overridden with '"
                + redacted(server.connection().effectiveWalStreamingConninfo()) + "' and 'conninfo' overridden with '"
                + redacted(server.connection().effectiveWalConninfo()) + "'");
    }

    static String redacted(@Nullable String conninfo) {
        if (conninfo == null) {
            return "null";
        }
        if (!ConnInfo.isValid(conninfo)) {
            // What cannot be parsed may have a password anywhere.
            return "(a connection string that is not valid)";
        }
        ConnInfo parsed = ConnInfo.parse(conninfo);
        return parsed.value("password").isPresent() ? parsed.toString() : conninfo;
    }
}
