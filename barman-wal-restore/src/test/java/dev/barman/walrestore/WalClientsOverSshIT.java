// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.testing.PrivateSshd;
import dev.barman.wal.TestSegments;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.spool.PrefetchRequests;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our clients, a real sshd, and the Python Barman of the distribution as the server. */
class WalClientsOverSshIT {
    private static final String WAL = "000000010000000000000003";
    private static final byte[] SEGMENT = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);

    @TempDir
    Path directory;

    private PrivateSshd sshd;
    private Path config;
    private Path server;
    private Path pgWal;

    @BeforeEach
    void setUp() throws Exception {
        assumeTrue(PrivateSshd.program().isPresent(), "no sshd here");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/barman")), "no Python Barman here");
        sshd = PrivateSshd.start(Files.createDirectory(directory.resolve("ssh")), "/usr/bin:/bin");
        Path home = Files.createDirectory(directory.resolve("barman home"));
        server = home.resolve("main");
        config = Files.writeString(
                directory.resolve("barman.conf"),
                String.join(
                        "\n",
                        "[barman]",
                        "barman_home = " + home,
                        "barman_user = " + System.getProperty("user.name"),
                        "log_file = " + directory.resolve("barman.log"),
                        "configuration_files_directory = " + directory,
                        "[main]",
                        "description = test",
                        "conninfo = host=/nonexistent",
                        "streaming_conninfo = host=/nonexistent",
                        "backup_method = postgres",
                        "archiver = on",
                        "compression = gzip",
                        ""));
        pgWal = Files.createDirectory(directory.resolve("pg_wal"));
        Files.write(pgWal.resolve(WAL), SEGMENT);
        Files.setLastModifiedTime(pgWal.resolve(WAL), FileTime.from(Instant.ofEpochSecond(1795182073, 500_000_000)));
        // Makes the directories of the server.
        barman("cron");
    }

    @AfterEach
    void tearDown() throws Exception {
        if (sshd != null) {
            sshd.close();
        }
    }

    private void barman(String... args) throws IOException, InterruptedException {
        List<String> argv = new ArrayList<>(List.of("/usr/bin/barman", "-q", "-c", config.toString()));
        argv.addAll(Arrays.asList(args));
        new ProcessBuilder(argv)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("barman.out").toFile())
                .start()
                .waitFor();
    }

    private ClientProcess.Result archive(String... args) throws Exception {
        // The server of this distribution is older than the SHA-256 form.
        List<String> all = new ArrayList<>(List.of("--md5"));
        all.addAll(Arrays.asList(withConnection(args)));
        return ClientProcess.run(WalArchiveMain.class, sshd.clientBin(), directory, all.toArray(new String[0]));
    }

    private ClientProcess.Result restore(String... args) throws Exception {
        return ClientProcess.run(WalRestoreMain.class, sshd.clientBin(), directory, withConnection(args));
    }

    private String[] withConnection(String... args) {
        List<String> all = new ArrayList<>(
                List.of("-U", System.getProperty("user.name"), "--port=" + sshd.port(), "-c", config.toString()));
        all.addAll(Arrays.asList(args));
        return all.toArray(new String[0]);
    }

    @Test
    void whatIsArchivedArrivesAndIsRestored() throws Exception {
        Path recovery = pgWal.resolve("RECOVERYXLOG");

        ClientProcess.Result archived =
                archive("127.0.0.1", "main", pgWal.resolve(WAL).toString());
        assertThat(archived).isEqualTo(new ClientProcess.Result(0, "", ""));
        assertThat(server.resolve("incoming").toFile().list()).containsExactly(WAL);
        assertThat(server.resolve("incoming").resolve(WAL)).hasBinaryContent(SEGMENT);
        assertThat(Files.getLastModifiedTime(server.resolve("incoming").resolve(WAL))
                        .toInstant())
                .isEqualTo(Instant.ofEpochSecond(1795182073, 500_000_000));

        // Found in incoming, then in the archive where it is compressed.
        assertThat(restore("127.0.0.1", "main", WAL, recovery.toString()))
                .isEqualTo(new ClientProcess.Result(0, "", ""));
        assertThat(recovery).hasBinaryContent(SEGMENT);
        Files.delete(recovery);
        barman("archive-wal", "main");
        assertThat(server.resolve("wals/0000000100000000").resolve(WAL)).isRegularFile();
        assertThat(restore("127.0.0.1", "main", WAL, recovery.toString()).exitCode())
                .isZero();
        assertThat(recovery).hasBinaryContent(SEGMENT);
        assertThat(pgWal.toFile().list()).containsExactlyInAnyOrder(WAL, "RECOVERYXLOG");
    }

    private long connections() throws Exception {
        return sshd.log()
                .lines()
                .filter(line -> line.contains("Accepted publickey"))
                .count();
    }

    @Test
    @Timeout(120)
    void connectionThatIsKeptServesTheNextCallAndEndsAfterwards() throws Exception {
        assertThat(archive("127.0.0.1", "main", pgWal.resolve(WAL).toString()).exitCode())
                .isZero();
        Path recovery = pgWal.resolve("RECOVERYXLOG");
        String[] call = {"--keep-connection", "3", "127.0.0.1", "main", WAL, recovery.toString()};
        for (int i = 0; i < 3; i++) {
            assertThat(restore(call)).isEqualTo(new ClientProcess.Result(0, "", ""));
            assertThat(recovery).hasBinaryContent(SEGMENT);
        }
        assertThat(connections()).isEqualTo(2);
        List<ProcessHandle> kept = keeper();
        assertThat(kept).as("the keeper and its ssh").hasSizeGreaterThanOrEqualTo(2);

        // Whoever keeps it is killed: its ssh is not used any more, and goes.
        kept.get(0).destroyForcibly();
        kept.get(0).onExit().get(10, TimeUnit.SECONDS);
        assertThat(restore(call).exitCode()).isZero();
        assertThat(connections()).isEqualTo(3);
        kept.get(1).onExit().get(10, TimeUnit.SECONDS);

        // The server ends the connection: the next call makes another.
        List<ProcessHandle> second = keeper();
        second.get(1).destroy();
        assertThat(restore(call).exitCode()).isZero();
        for (ProcessHandle process : second) {
            process.onExit().get(20, TimeUnit.SECONDS);
        }
        List<ProcessHandle> last = keeper();
        for (ProcessHandle process : last) {
            process.onExit().get(20, TimeUnit.SECONDS);
        }
    }

    /** The process that keeps our connection, and those it has started. */
    private List<ProcessHandle> keeper() {
        List<ProcessHandle> found = new ArrayList<>();
        ProcessHandle.allProcesses()
                .filter(process -> {
                    String line = String.join(" ", process.info().arguments().orElse(new String[0]));
                    return line.contains("launcher/lib/connection ") && line.contains(" " + sshd.port() + " ");
                })
                .forEach(process -> {
                    found.add(process);
                    process.children().forEach(found::add);
                });
        return found;
    }

    @Test
    void refusalOfTheServerIsPassedOnAndChangesNothing() throws Exception {
        String wal = pgWal.resolve(WAL).toString();
        assertThat(archive("-z", "127.0.0.1", "main", wal)).isEqualTo(new ClientProcess.Result(0, "", ""));
        byte[] sent = Files.readAllBytes(server.resolve("incoming").resolve(WAL));

        // This old server refuses what it has already.
        ClientProcess.Result again = archive("-z", "127.0.0.1", "main", wal);

        assertThat(again.exitCode()).isEqualTo(1);
        assertThat(again.err()).contains("already existing file '" + WAL + "'");
        assertThat(server.resolve("incoming").toFile().list()).containsExactly(WAL);
        assertThat(server.resolve("incoming").resolve(WAL)).hasBinaryContent(sent);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-z", "-j"})
    void compressedTransferIsDecompressedHere(String option) throws Exception {
        Path recovery = pgWal.resolve("RECOVERYXLOG");
        assertThat(archive("127.0.0.1", "main", pgWal.resolve(WAL).toString()).exitCode())
                .isZero();
        barman("archive-wal", "main");

        assertThat(restore(option, "127.0.0.1", "main", WAL, recovery.toString())
                        .exitCode())
                .isZero();
        assertThat(recovery).hasBinaryContent(SEGMENT);
    }

    @Test
    void absentFileAndUnknownServerAreAnswersOfTheServer() throws Exception {
        Path recovery = pgWal.resolve("RECOVERYXLOG");

        ClientProcess.Result absent = restore("127.0.0.1", "main", "000000010000000000000009", recovery.toString());
        assertThat(absent.exitCode()).isEqualTo(RestoreExit.ABSENT);
        assertThat(absent.err()).contains("WAL file '000000010000000000000009' not found in server 'main'");
        assertThat(restore("127.0.0.1", "nosuch", WAL, recovery.toString()).exitCode())
                .isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(archive("127.0.0.1", "nosuch", pgWal.resolve(WAL).toString()).exitCode())
                .isBetween(1, 2);
        assertThat(pgWal.toFile().list()).containsExactly(WAL);
    }

    @Test
    void sharedConnectionEndsWithTheBackgroundProcessEvenIfItsGuardIsKilled() throws Exception {
        assertThat(archive("127.0.0.1", "main", pgWal.resolve(WAL).toString()).exitCode())
                .isZero();
        WalSpool spool = new WalSpool(directory.resolve("s/here"), TestSegments.SYSTEM_ID);
        spool.create(directory.resolve("s"));
        Process background = ClientProcess.start(
                PrefetchMain.class,
                sshd.clientBin(),
                directory,
                withConnection(
                        "--directory",
                        spool.directory().toString(),
                        "--system-id",
                        Long.toUnsignedString(TestSegments.SYSTEM_ID),
                        "--segment-size",
                        Integer.toString(TestSegments.MIB),
                        "--parallel=4",
                        "127.0.0.1",
                        "main",
                        "000000010000000000000002"));
        try {
            for (int i = 0; i < 800 && !spool.has(WalSegmentName.parse(WAL)); i++) {
                Thread.sleep(25);
            }
            assertThat(spool.find(WalSegmentName.parse(WAL))).isNotNull();
            Path socket = spool.directory().resolveSibling(".ssh-" + background.pid());
            assertThat(socket).exists();
            ProcessHandle guard = background
                    .children()
                    .filter(child -> child.info().command().orElse("").endsWith("sh"))
                    .findFirst()
                    .orElseThrow();
            ProcessHandle connection = guard.children().findFirst().orElseThrow();
            guard.destroyForcibly();
            guard.onExit().get(20, TimeUnit.SECONDS);
            assertThat(connection.isAlive()).isTrue();

            new PrefetchRequests(spool.directory()).askToStop();

            assertThat(background.waitFor(20, TimeUnit.SECONDS)).isTrue();
            connection.onExit().get(20, TimeUnit.SECONDS);
            assertThat(socket).doesNotExist();
        } finally {
            background.destroyForcibly();
        }
    }

    @Test
    void testModeReportsWhatTheServerSays() throws Exception {
        ClientProcess.Result archive = archive("-t", "127.0.0.1", "main", "x");
        assertThat(archive.exitCode()).isZero();
        assertThat(archive.out()).contains("Ready to accept WAL files for the server main");

        ClientProcess.Result restore = restore("-t", "127.0.0.1", "main", "x", "y");
        assertThat(restore.exitCode()).isZero();
        assertThat(restore.out()).contains("Ready to retrieve WAL files from the server main");
    }

    @Test
    void unreachableServerIsNoAnswer() throws Exception {
        sshd.close();
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Path recovery = pgWal.resolve("RECOVERYXLOG");

        ClientProcess.Result archived = archive(
                "--port", "" + port, "127.0.0.1", "main", pgWal.resolve(WAL).toString());
        assertThat(archived.exitCode()).isEqualTo(ArchiveExit.CONNECTION_FAILURE);
        assertThat(archived.err()).contains("ERROR: Connection problem with ssh");
        ClientProcess.Result restored = restore("--port", "" + port, "127.0.0.1", "main", WAL, recovery.toString());
        assertThat(restored.exitCode()).isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(restored.err()).contains("ERROR: Connection problem with ssh");
        assertThat(archive("-t", "--port", "" + port, "127.0.0.1", "main", "x").exitCode())
                .isEqualTo(ArchiveExit.CONNECTION_FAILURE);
        assertThat(restore("-t", "--port", "" + port, "127.0.0.1", "main", "x", "y")
                        .exitCode())
                .isEqualTo(RestoreExit.NOT_ASKED);
        assertThat(pgWal.toFile().list()).containsExactly(WAL);
    }

    @Test
    void localCommandNeedsNoSsh() throws Exception {
        sshd.close();
        Path recovery = pgWal.resolve("RECOVERYXLOG");

        assertThat(archive(
                        "--local-command",
                        "/usr/bin/barman",
                        "-",
                        "main",
                        pgWal.resolve(WAL).toString()))
                .isEqualTo(new ClientProcess.Result(0, "", ""));
        assertThat(restore("--local-command", "/usr/bin/barman", "-", "main", WAL, recovery.toString()))
                .isEqualTo(new ClientProcess.Result(0, "", ""));
        assertThat(recovery).hasBinaryContent(SEGMENT);
    }
}
