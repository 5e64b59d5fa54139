// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.file.IoReason;
import dev.barman.process.OwnProcess;
import dev.barman.wal.spool.SpoolLocation;
import dev.barman.wal.spool.WalSpool;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An ssh connection that stays for the next call: an ssh without a command that lets others use its connection, and a small shell
 * that ends it some time after the last use ({@code lib/connection}). Making a connection takes longer than anything else that a
 * call does.
 *
 * <p>It only makes things faster: an ssh that finds nobody at the socket makes a connection of its own.
 */
final class KeptConnection {
    private static final long MAX_CONNECT_MILLIS = 15_000;
    private static final long MAX_EXIT_MILLIS = 5_000;
    private static final long POLL_MILLIS = 4;
    private static final File NOWHERE = new File("/dev/null");

    private final BarmanConnection connection;
    private final Path directory;

    private KeptConnection(BarmanConnection connection, Path directory) {
        this.connection = connection;
        this.directory = directory;
    }

    static KeptConnection of(BarmanConnection connection) {
        // A short path, for a socket's name may not be long; the directory is ours alone, or is not used.
        return new KeptConnection(connection, Path.of("/tmp/barman-ssh-" + System.getProperty("user.name")));
    }

    /** Options with which ssh uses the connection, which is made first if there is none. Empty when that is impossible. */
    List<String> sshOptions() {
        String name = SpoolLocation.checksum(connection.user() + "@" + connection.host() + ":" + connection.port());
        Path socket = directory.resolve(name);
        try {
            WalSpool.createOwn(directory, directory);
            Files.write(directory.resolve(name + ".by." + OwnProcess.pid()), new byte[0]);
            if (!isKept(socket)) {
                connect(socket);
            }
            return List.of("-S", socket.toString());
        } catch (IOException e) {
            System.err.println("WARNING: no connection is kept: " + IoReason.of(e));
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    private static Path keeperFile(Path socket) {
        return socket.resolveSibling(socket.getFileName() + ".keeper");
    }

    private boolean isKept(Path socket) throws IOException, InterruptedException {
        if (!Files.exists(socket)) {
            return false;
        }
        try {
            String keeper = Files.readString(keeperFile(socket), StandardCharsets.US_ASCII);
            if (ProcessHandle.of(Long.parseLong(keeper.trim())).isPresent()) {
                return true;
            }
        } catch (NoSuchFileException | NumberFormatException e) {
            // Killed before it was noted.
        }
        // Nobody ends that connection any more.
        List<String> argv = connection.sharedConnection(List.of("-O", "exit", "-S", socket.toString()));
        argv.removeAll(List.of("-M", "-N"));
        Process exit = new ProcessBuilder(argv)
                .redirectInput(NOWHERE)
                .redirectOutput(NOWHERE)
                .redirectError(NOWHERE)
                .start();
        if (!exit.waitFor(MAX_EXIT_MILLIS, TimeUnit.MILLISECONDS)) {
            exit.destroyForcibly();
        }
        Files.deleteIfExists(socket);
        return false;
    }

    private void connect(Path socket) throws IOException, InterruptedException {
        Path program = PrefetchProcess.library("connection");
        if (program == null) {
            throw new IOException("this program was not started by its launcher");
        }
        List<String> argv = new ArrayList<>();
        argv.add(program.toString());
        argv.add(socket.toString());
        argv.add(Integer.toString(connection.keepSeconds()));
        List<String> options = new ArrayList<>(BarmanConnection.KEEP_ALIVE);
        options.add("-S");
        options.add(socket.toString());
        argv.addAll(connection.sharedConnection(options));
        Process keeper = new ProcessBuilder(argv)
                .directory(directory.toFile())
                .redirectInput(NOWHERE)
                .redirectOutput(NOWHERE)
                .redirectError(NOWHERE)
                .start();
        Files.writeString(keeperFile(socket), Long.toString(keeper.pid()), StandardCharsets.US_ASCII);
        long end = System.currentTimeMillis() + MAX_CONNECT_MILLIS;
        while (!Files.exists(socket) && keeper.isAlive() && System.currentTimeMillis() < end) {
            Thread.sleep(POLL_MILLIS);
        }
    }
}
