// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.TestSegments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs ended in the middle of a transfer. */
class WalClientsSignalIT {
    private static final String WAL = "000000010000000000000003";
    private static final byte[] SEGMENT = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);

    @TempDir
    Path directory;

    private FakeBarman barman;
    private Path pgWal;
    private Path destination;

    @BeforeEach
    void setUp() throws IOException {
        barman = new FakeBarman(directory);
        Files.write(barman.file("answer"), SEGMENT);
        pgWal = Files.createDirectory(directory.resolve("pg_wal"));
        destination = pgWal.resolve("RECOVERYXLOG");
    }

    private Process startRestore() throws Exception {
        barman.does("echo $$ >\"$D/pid\"", "head -c 300000 \"$D/answer\"", "exec sleep 60");
        Process client = ClientProcess.start(
                WalRestoreMain.class,
                directory,
                directory,
                "--local-command",
                barman.command(),
                "host",
                "main",
                WAL,
                destination.toString());
        awaitTransfer(client);
        return client;
    }

    private void awaitTransfer(Process client) throws Exception {
        for (int i = 0; i < 400 && client.isAlive(); i++) {
            Path temporary = pgWal.resolve(".RECOVERYXLOG." + client.pid() + ".barman-tmp");
            if (Files.exists(temporary) && Files.size(temporary) >= 250_000) {
                return;
            }
            Thread.sleep(25);
        }
        throw new AssertionError("the transfer did not begin");
    }

    private void assertRemoteEnds() throws Exception {
        long pid = Long.parseLong(Files.readString(barman.file("pid")).strip());
        for (int i = 0; i < 200 && ProcessHandle.of(pid).isPresent(); i++) {
            Thread.sleep(25);
        }
        assertThat(ProcessHandle.of(pid)).as("the remote command").isEmpty();
    }

    @Test
    void restoreEndedBySigtermLeavesNothing() throws Exception {
        Process client = startRestore();

        client.destroy();

        assertThat(client.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(client.exitValue()).isEqualTo(128 + 15);
        assertThat(pgWal.toFile().list()).isEmpty();
        assertRemoteEnds();
    }

    @Test
    void restoreKilledLeavesNoDestinationAndTheNextRunCleansUp() throws Exception {
        Process client = startRestore();

        client.destroyForcibly();

        assertThat(client.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(pgWal.toFile().list()).containsExactly(".RECOVERYXLOG." + client.pid() + ".barman-tmp");
        ProcessHandle.of(Long.parseLong(Files.readString(barman.file("pid")).strip()))
                .ifPresent(ProcessHandle::destroy);

        barman.does("cat \"$D/answer\"");
        ClientProcess.Result next = ClientProcess.run(
                WalRestoreMain.class,
                directory,
                directory,
                "--local-command",
                barman.command(),
                "host",
                "main",
                WAL,
                destination.toString());
        assertThat(next).isEqualTo(new ClientProcess.Result(0, "", ""));
        assertThat(pgWal.toFile().list()).containsExactly("RECOVERYXLOG");
        assertThat(destination).hasBinaryContent(SEGMENT);
    }

    @Test
    void restoreWhoseLauncherWasKilledDeliversNothing() throws Exception {
        barman.does(": >\"$D/asked\"; while ! [ -e \"$D/go\" ]; do sleep 0.05; done; cat \"$D/answer\"");
        List<String> argv = new ArrayList<>(List.of("sh", "-c", "\"$@\" & echo $! >client; wait", "sh"));
        argv.addAll(ClientProcess.command(
                WalRestoreMain.class,
                "--outage-timeout=forever",
                "--local-command",
                barman.command(),
                "host",
                "main",
                WAL,
                destination.toString()));
        Process launcher = new ProcessBuilder(argv)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
        for (int i = 0; i < 400 && !Files.exists(barman.file("asked")); i++) {
            Thread.sleep(25);
        }
        ProcessHandle client = ProcessHandle.of(Long.parseLong(
                        Files.readString(directory.resolve("client")).strip()))
                .orElseThrow();

        launcher.destroyForcibly().waitFor();
        Files.createFile(barman.file("go"));

        client.onExit().get(20, TimeUnit.SECONDS);
        assertThat(pgWal.toFile().list()).isEmpty();
        assertThat(Files.readString(directory.resolve("output"))).contains("Whoever asked for the file has ended");
    }

    @Test
    void archiveEndedBySigtermEndsTheRemoteCommand() throws Exception {
        barman.does("echo $$ >\"$D/pid\"", "exec sleep 60");
        Path wal = Files.write(pgWal.resolve(WAL), SEGMENT);
        Process client = ClientProcess.start(
                WalArchiveMain.class,
                directory,
                directory,
                "--local-command",
                barman.command(),
                "host",
                "main",
                wal.toString());
        for (int i = 0; i < 400 && !(Files.exists(barman.file("pid")) && Files.size(barman.file("pid")) > 0); i++) {
            Thread.sleep(25);
        }

        client.destroy();

        assertThat(client.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(client.exitValue()).isNotZero();
        assertRemoteEnds();
        assertThat(wal).hasBinaryContent(SEGMENT);
    }
}
