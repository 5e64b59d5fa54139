// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.file.IoReason;
import dev.barman.process.OwnProcess;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.prefetch.SegmentSource;
import dev.barman.wal.spool.WalSpool;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A server that knows nothing but {@code barman get-wal} for one file. The commands share one ssh connection, and a few of them
 * run at a time, since most of what one takes is the start of the interpreter there.
 */
final class CommandSource implements SegmentSource {
    private static final String SOCKET = ".ssh-";
    private static final int WORKERS = 3;
    /** What a socket's name may have, with what ssh adds to it while it makes the socket. */
    private static final int MAX_SOCKET_PATH = 85;

    private static final long MAX_CONNECT_MILLIS = 20_000;
    private static final long POLL_MILLIS = 20;

    private final BarmanConnection connection;
    private final String server;
    private final List<String> options;
    private final WalSpool spool;
    private final Results results;
    private final BlockingQueue<WalSegmentName> asked = new LinkedBlockingQueue<>();
    private final List<String> sshOptions = new ArrayList<>(BarmanConnection.KEEP_ALIVE);
    private @Nullable Process shared;
    private @Nullable Path socket;

    /**
     * @param options of the remote {@code get-wal}
     */
    CommandSource(BarmanConnection connection, String server, List<String> options, WalSpool spool, Results results) {
        this.connection = connection;
        this.server = server;
        this.options = List.copyOf(options);
        this.spool = spool;
        this.results = results;
    }

    /** Connects. Where connections cannot be shared, every command makes its own. */
    void open() throws IOException {
        if (connection.localCommand() == null) {
            share();
        }
        for (int i = 0; i < WORKERS; i++) {
            Thread worker = new Thread(this::work, "fetch-" + i);
            worker.setDaemon(true);
            worker.start();
        }
    }

    private void share() throws IOException {
        // The name of the directory itself may be long, and ssh would find signs of its own in it.
        Path path = spool.directory().resolveSibling(SOCKET + OwnProcess.pid());
        if (path.toString().length() > MAX_SOCKET_PATH) {
            return;
        }
        removeStaleSockets(path.resolveSibling("."));
        Files.deleteIfExists(path);
        socket = path;
        List<String> argv = new ArrayList<>();
        // The shell ends the connection when we are no more, however that came about: its input ends then.
        argv.add("sh");
        argv.add("-c");
        argv.add("\"$@\" </dev/null & read -r end; kill $! 2>/dev/null; wait $!");
        argv.add("sh");
        List<String> ssh = new ArrayList<>(BarmanConnection.KEEP_ALIVE);
        ssh.add("-S");
        ssh.add(path.toString());
        argv.addAll(connection.sharedConnection(ssh));
        Process process = new ProcessBuilder(argv)
                .redirectOutput(new File("/dev/null"))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        shared = process;
        long end = System.currentTimeMillis() + MAX_CONNECT_MILLIS;
        while (!Files.exists(path) && process.isAlive() && System.currentTimeMillis() < end) {
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        sshOptions.add("-S");
        sshOptions.add(path.toString());
    }

    private static void removeStaleSockets(Path directory) throws IOException {
        String[] names = directory.toFile().list();
        for (String name : names == null ? new String[0] : names) {
            if (name.startsWith(SOCKET) && !isRunning(name.substring(SOCKET.length()))) {
                Files.deleteIfExists(directory.resolve(name));
            }
        }
    }

    private static boolean isRunning(String pid) {
        try {
            return ProcessHandle.of(Long.parseLong(pid)).isPresent();
        } catch (NumberFormatException e) {
            // Not finished: ssh gives the name at the end.
            return true;
        }
    }

    @Override
    public int depth() {
        return WORKERS;
    }

    @Override
    public void request(WalSegmentName name) {
        asked.add(name);
    }

    private void work() {
        SegmentReceiver receiver = new SegmentReceiver(spool);
        try {
            while (true) {
                WalSegmentName name = asked.take();
                results.add(fetch(name, receiver));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Result fetch(WalSegmentName name, SegmentReceiver receiver) {
        try (RemoteProcess remote = RemoteProcess.start(
                connection.getWal(server, name.text(), options, sshOptions), RemoteProcess.Streams.READ_OUTPUT)) {
            ErrorRelay relay = new ErrorRelay(remote.error(), System.err);
            relay.start();
            int[] code = {-1};
            String problem;
            try {
                problem = receiver.receive(name, remote.output(), () -> {
                    code[0] = remote.waitFor();
                    return code[0] == 0 ? null : "barman get-wal ended with exit code " + code[0];
                });
            } catch (IOException e) {
                return new Result(name, Outcome.FAILED, IoReason.alone(e));
            }
            if (problem == null) {
                return new Result(name, Outcome.READY, null);
            }
            return code[0] == 1 && WalRestoreClient.isNotFound(name.text(), relay.text())
                    ? new Result(name, Outcome.ABSENT, null)
                    : new Result(name, Outcome.FAILED, problem);
        } catch (IOException e) {
            return new Result(name, Outcome.FAILED, IoReason.alone(e));
        } catch (RuntimeException | Error e) {
            // A decompressor without its library, or without memory. Somebody waits for the result.
            return new Result(name, Outcome.FAILED, e.toString());
        }
    }

    @Override
    public void close() {
        Process process = shared;
        if (process != null) {
            try {
                process.getOutputStream().close();
                process.waitFor();
            } catch (IOException e) {
                process.destroy();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        try {
            if (socket != null) {
                endConnection(socket);
                Files.deleteIfExists(socket);
            }
        } catch (IOException e) {
            // The next one to connect removes it.
        }
    }

    /** Where the shell was killed, the connection lives on. */
    private void endConnection(Path listening) throws IOException {
        if (!Files.exists(listening)) {
            return;
        }
        List<String> argv = List.of("ssh", "-S", listening.toString(), "-O", "exit", "-q", connection.host());
        Process process = new ProcessBuilder(argv)
                .redirectOutput(new File("/dev/null"))
                .redirectError(new File("/dev/null"))
                .start();
        try {
            if (!process.waitFor(POLL_MILLIS * 100, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
