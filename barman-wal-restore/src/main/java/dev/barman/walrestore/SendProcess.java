// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.file.IoReason;
import dev.barman.file.LockFile;
import dev.barman.wal.prefetch.Postmaster;
import dev.barman.wal.prefetch.PrefetchStart;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Starts {@link SendMain}, in a process of its own that has nothing in common with ours: another session, the null device for its standard
 * streams (PostgreSQL's log collector would wait for whoever holds them), another working directory.
 */
final class SendProcess {
    private static final File NOWHERE = new File("/dev/null");

    private final List<String> program;
    private final BarmanConnection connection;
    private final String server;
    private final List<String> options;
    private final String commandLine;

    /**
     * @param program the command that runs {@link SendMain}
     * @param connection how the server is reached
     * @param server its name in Barman's configuration
     * @param options of the transfer, as on the command line
     * @param commandLine what {@link #commandLine} says
     */
    SendProcess(
            List<String> program,
            BarmanConnection connection,
            String server,
            List<String> options,
            String commandLine) {
        this.program = List.copyOf(program);
        this.connection = connection;
        this.server = server;
        this.options = List.copyOf(options);
        this.commandLine = commandLine;
    }

    /** The command of the distribution that this program was started from; empty outside of one. */
    static List<String> ofDistribution() {
        Path command = PrefetchStart.library("send");
        return command == null ? List.of() : List.of(command.toString());
    }

    /**
     * The words in front of the WAL file's name, which is the last one: calls with other words want another process. The launcher puts
     * them together in the same way.
     */
    static String commandLine(String[] args) {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < args.length - 1; i++) {
            words.append(args[i]).append('\t');
        }
        return words.toString();
    }

    /**
     * Starts the process unless there is one, and does not wait for it. One that serves other options of this data directory is asked
     * to end instead; the next call finds its place free. One that serves another data directory stays.
     *
     * @param state the state directory
     * @param postmaster the PostgreSQL server
     * @param warnings is told when it cannot be started; the calls then make their own connections
     */
    void ensure(Path state, Postmaster postmaster, Consumer<String> warnings) {
        try {
            if (NoStreamNote.at(state.resolve(NoStreamNote.NAME)).holds()) {
                return;
            }
            SendRequests requests = new SendRequests(state);
            if (LockFile.probe(requests.lockFile()).isPresent()) {
                SendRequests.Sender sender = requests.sender();
                if (sender != null
                        && sender.dataDirectory().equals(postmaster.dataDirectory())
                        && !sender.commandLine().equals(commandLine)) {
                    requests.askToStop();
                }
                return;
            }
            start(state, postmaster);
        } catch (IOException e) {
            warnings.accept("No connection is kept for the next call: " + IoReason.of(e));
        }
    }

    private void start(Path state, Postmaster postmaster) throws IOException {
        if (program.isEmpty()) {
            throw new IOException("this program was not started by its launcher");
        }
        List<String> argv = new ArrayList<>(program);
        argv.add("--directory=" + state);
        argv.add("--data-directory=" + postmaster.dataDirectory());
        argv.add("--postmaster=" + postmaster.process());
        argv.add("--command-line=" + commandLine);
        argv.addAll(connection.toArguments());
        argv.add("--keep-connection=" + connection.keepSeconds());
        argv.addAll(options);
        argv.add("--");
        argv.add(connection.host());
        argv.add(server);
        new ProcessBuilder(argv)
                .directory(state.toFile())
                .redirectInput(NOWHERE)
                .redirectOutput(NOWHERE)
                .redirectError(NOWHERE)
                .start();
    }
}
