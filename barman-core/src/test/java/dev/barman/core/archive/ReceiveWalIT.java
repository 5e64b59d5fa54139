// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.archive.ArchiveWalService.Occasion;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.message.RecordingMessages;
import dev.barman.core.postgres.JdbcPostgresClient;
import dev.barman.core.postgres.JdbcStreamingConnection;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.core.testing.PostgresCluster;
import dev.barman.file.LockFile;
import dev.barman.wal.WalSegmentName;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Receiving WAL from a real server, the slot, and switching WAL. */
class ReceiveWalIT {

    private static PostgresCluster cluster;

    @TempDir
    Path home;

    private final RecordingMessages messages = new RecordingMessages();
    private Path configurationFile;
    private ServerConfig server;
    private JdbcPostgresClient client;
    private JdbcStreamingConnection streaming;
    private Process process;

    @BeforeAll
    static void startServer() throws IOException {
        cluster = PostgresCluster.create(1).start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        cluster.close();
    }

    @BeforeEach
    void configure() throws Exception {
        configure("slot_name = barman");
    }

    private void configure(String... options) throws Exception {
        configurationFile = home.resolve("barman.conf");
        Files.writeString(
                configurationFile,
                "[barman]\nbarman_home = " + home + "\nbarman_user = " + System.getProperty("user.name")
                        + "\n[main]\nbackup_method = postgres\nstreaming_archiver = on\narchiver = off\nconninfo = "
                        + cluster.conninfo() + "\nstreaming_conninfo = " + cluster.streamingConninfo() + "\n"
                        + String.join("\n", options) + "\n");
        server = BarmanConfiguration.load(configurationFile.toString(), messages)
                .server("main")
                .orElseThrow();
        client = ReceiverProcess.client(server);
        streaming = ReceiverProcess.streaming(server);
    }

    @AfterEach
    void stopReceiver() throws Exception {
        if (process != null && process.isAlive()) {
            WalReceiver.stop(server, messages);
            process.destroyForcibly();
        }
        client.close();
        streaming.close();
        cluster.await("select count(*) from pg_replication_slots where active", "0", 30);
        cluster.sql("select pg_drop_replication_slot(slot_name) from pg_replication_slots");
    }

    private File output() {
        return home.resolve("receiver.out").toFile();
    }

    private String said() throws IOException {
        return Files.readString(output().toPath());
    }

    private void start() throws Exception {
        process = ReceiverProcess.start(configurationFile, output());
    }

    private void awaitSaid(String text) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!said().contains(text)) {
            if (System.nanoTime() > end) {
                throw new AssertionError("never said \"" + text + "\" but:\n" + said());
            }
            Thread.sleep(20);
        }
    }

    private ArchiveWalService archiver() {
        return new ArchiveWalService(
                server, HookRunner.of(server, configurationFile.toString()), messages, Clock.systemUTC());
    }

    private void receiver(Action action) throws Exception {
        action.run(ReceiverProcess.receiver(server, client, streaming, messages));
    }

    private interface Action {
        void run(WalReceiver receiver) throws Exception;
    }

    private List<String> streamed() throws IOException {
        try (Stream<Path> files = Files.list(server.directories().streaming())) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void slotIsCreatedOnceAndDropped() throws Exception {
        ReplicationSlots slots = new ReplicationSlots(server, streaming, messages);
        slots.create(false);
        assertThat(messages.visible())
                .containsExactly(
                        "Creating physical replication slot 'barman' on server 'main'",
                        "Replication slot 'barman' created");
        assertThat(cluster.sql("select slot_name, slot_type from pg_replication_slots"))
                .isEqualTo("barman|physical");
        assertThatThrownBy(() -> slots.create(false)).hasMessage("Replication slot 'barman' already exists");
        messages.clear();
        slots.create(true);
        assertThat(messages.visible())
                .last()
                .isEqualTo("Replication slot 'barman' already exists and --if-not-exists was specified. Skipping"
                        + " creation");
        slots.drop();
        assertThat(messages.visible()).last().isEqualTo("Replication slot 'barman' dropped");
        assertThatThrownBy(slots::drop).hasMessage("Replication slot 'barman' does not exist");
    }

    @Test
    void slotNeedsAConnectionAndAName() throws Exception {
        assertThatThrownBy(() -> new ReplicationSlots(server, null, messages).create(false))
                .hasMessage("Unable to create a physical replication slot: streaming connection not configured");
        cluster.stop();
        try {
            assertThatThrownBy(() -> new ReplicationSlots(server, streaming, messages).create(false))
                    .hasMessage("Cannot connect to server 'main'");
        } finally {
            cluster.start();
        }
        assertThat(messages.visible()).isEmpty();
    }

    @Test
    void walIsReceivedArchivedAndTheReceiverStopsOnRequest() throws Exception {
        new ReplicationSlots(server, streaming, messages).create(false);
        start();
        awaitSaid("main: pg_receivewal: starting log streaming at ");
        assertThat(said()).startsWith("Starting receive-wal for server main\n");
        assertThat(LockFile.probe(server.directories().lockFile("receive-wal"))).hasValue(process.pid());
        assertThatThrownBy(() -> receiver(WalReceiver::receive))
                .hasMessage("Another receive-wal process is already running for server main.");
        assertThatThrownBy(() -> receiver(WalReceiver::reset))
                .hasMessage("Unable to reset the status of receive-wal for server main. Process is still running");

        messages.clear();
        SwitchWalService switching = new SwitchWalService(
                server,
                client,
                null,
                new WalArrival(server, () -> archiver().archive(Occasion.INTERNAL), messages),
                messages);
        client.createRestorePoint("something");
        WalSegmentName current = client.currentPosition().segment().orElseThrow();
        switching.switchWal(true, 60);
        assertThat(messages.visible())
                .contains("The WAL file " + current + " has been closed on server 'main'")
                .contains("Waiting for the WAL file " + current + " from server 'main' (max: 60 seconds)")
                .noneMatch(line -> line.startsWith("ERROR"));
        assertThat(server.directories().wals().resolve(current.archivePath())).exists();
        messages.clear();
        switching.switchWal(false, -1);
        switching.switchWal(false, 1);
        assertThat(messages.visible())
                .contains("No switch required for server 'main'")
                .contains("Waiting for a WAL file from server 'main' to be archived (max: 1 seconds)")
                .contains("A WAL file has not been received in 1 seconds");

        messages.clear();
        assertThat(WalReceiver.stop(server, messages)).isTrue();
        assertThat(messages.visible()).containsExactly("Stopped process receive-wal(" + process.pid() + ")");
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(said()).endsWith("SIGINT received. Terminate gracefully.\n");
        cluster.await("select active from pg_replication_slots", "f", 10);
        messages.clear();
        assertThat(WalReceiver.stop(server, messages)).isFalse();
        assertThat(messages.visible())
                .containsExactly("ERROR: Termination of receive-wal failed: no such process for server main");
    }

    @Test
    void receiverThatIgnoresInterruptsIsStoppedToo() throws Exception {
        new ReplicationSlots(server, streaming, messages).create(false);
        process = ReceiverProcess.start("trap '' INT;", configurationFile, output());
        awaitSaid("starting log streaming at ");
        assertThat(WalReceiver.stop(server, messages)).isTrue();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(said()).endsWith("SIGTERM received. Terminate gracefully.\n");
    }

    @Test
    void missingAndBusySlotsAreRefused() throws Exception {
        assertThatThrownBy(() -> receiver(WalReceiver::receive))
                .hasMessage("ArchiverFailure:replication slot 'barman' doesn't exist. Please execute 'barman"
                        + " receive-wal --create-slot main'");
        new ReplicationSlots(server, streaming, messages).create(false);
        Path elsewhere = Files.createDirectory(home.resolve("elsewhere"));
        Process other = new ProcessBuilder(
                        PostgresCluster.program("pg_receivewal"),
                        "--dbname=" + cluster.streamingConninfo(),
                        "--no-loop",
                        "--slot=barman",
                        "--directory=" + elsewhere)
                .start();
        try {
            cluster.await("select active from pg_replication_slots", "t", 30);
            assertThatThrownBy(() -> receiver(WalReceiver::receive))
                    .hasMessage("ArchiverFailure:replication slot 'barman' is already in use");
        } finally {
            other.destroyForcibly().waitFor();
        }
        assertThat(LockFile.probe(server.directories().lockFile("receive-wal"))).isEmpty();
    }

    @Test
    void slotIsCreatedWhenConfiguredSoAndBrokenPartialsAreEmptied() throws Exception {
        configure("slot_name = barman", "create_slot = auto");
        Path directory = Files.createDirectories(server.directories().streaming());
        Path partial = directory.resolve(client.currentPosition().segment().orElseThrow() + ".partial");
        Files.writeString(partial, "too short");
        start();
        awaitSaid("main: pg_receivewal: starting log streaming at ");
        assertThat(said())
                .startsWith("Starting receive-wal for server main\nCreating replication slot 'barman'\n"
                        + "Creating physical replication slot 'barman' on server 'main'\n"
                        + "Replication slot 'barman' created\n"
                        + "Truncating partial file " + partial
                        + " that has wrong size 9 while 1048576 was expected.\n");
    }

    @Test
    void endOfTheServerIsAFailure() throws Exception {
        new ReplicationSlots(server, streaming, messages).create(false);
        start();
        awaitSaid("starting log streaming at ");
        client.close();
        streaming.close();
        cluster.stop();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(1);
            assertThat(said()).endsWith("ERROR: ArchiverFailure:pg_receivewal terminated with error code: 1\n");
        } finally {
            cluster.start();
        }
    }

    @Test
    void killedReceiverIsReplaced() throws Exception {
        new ReplicationSlots(server, streaming, messages).create(false);
        start();
        awaitSaid("starting log streaming at ");
        process.destroyForcibly().waitFor();
        assertThat(receivers()).as("pg_receivewal outlives its parent").isEqualTo(1);
        Files.delete(output().toPath());
        start();
        awaitSaid("starting log streaming at ");
        assertThat(receivers()).isEqualTo(1);
    }

    private long receivers() {
        String argument = "--directory=" + server.directories().streaming();
        return ProcessHandle.allProcesses()
                .filter(one -> one.info()
                        .arguments()
                        .map(arguments -> Arrays.asList(arguments).contains(argument))
                        .orElse(false))
                .count();
    }

    @Test
    void resetBeginsAtThePresentPosition() throws Exception {
        Path directory = Files.createDirectories(server.directories().streaming());
        Files.createFile(directory.resolve("000000010000000000000001.partial"));
        client.createRestorePoint("not_at_a_boundary");
        WalSegmentName current = client.currentPosition().segment().orElseThrow();
        receiver(WalReceiver::reset);
        assertThat(messages.visible())
                .containsExactly(
                        "Resetting receive-wal directory status",
                        "Removing status file " + directory.resolve("000000010000000000000001.partial"),
                        "Creating status file " + directory.resolve(current + ".partial"));
        assertThat(streamed()).containsExactly(current + ".partial");
        messages.clear();
        receiver(WalReceiver::reset);
        assertThat(messages.visible()).containsExactly("Nothing to do. Position of receive-wal is aligned.");
    }

    @Test
    void signalEndsTheWaitForAWal() throws Exception {
        TerminationSignals signals = TerminationSignals.none();
        signals.raise(TerminationSignals.Kind.INT);
        WalArrival arrival = new WalArrival(server, () -> {}, messages);
        assertThat(arrival.await(WalSegmentName.parse("000000010000000000000001"), 0, signals))
                .isFalse();
        assertThat(messages.visible())
                .last()
                .isEqualTo("Got CTRL-C. Continuing without waiting for '000000010000000000000001' to be archived");
    }

    @Test
    void switchIsReportedAsImpossibleWithoutTheServer() throws Exception {
        client.close();
        cluster.stop();
        try {
            new SwitchWalService(server, client, null, new WalArrival(server, () -> {}, messages), messages)
                    .switchWal(true, 10);
        } finally {
            cluster.start();
        }
        assertThat(messages.visible()).containsExactly("ERROR: Unable to perform pg_switch_wal for server 'main'.");
    }
}
