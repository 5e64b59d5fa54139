// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the server's {@code barman} command is reached: over ssh, or directly on this machine. Immutable.
 *
 * <p>Over ssh the order of the arguments and their division into words are those of the original clients, because
 * {@code authorized_keys} entries with a forced command match on them.
 *
 * @param host host of the Barman server; not used with a local command
 * @param user user of the ssh connection
 * @param port port of the ssh connection, null for the ssh default
 * @param config have barman read this configuration file (a path on the backup host), null for its default
 * @param localCommand words of a command on this machine that stands for {@code barman}, null for ssh
 * @param keepSeconds how long an ssh connection stays for the next call; 0 for not at all
 */
record BarmanConnection(
        String host,
        String user,
        @Nullable String port,
        @Nullable String config,
        @Nullable List<String> localCommand,
        int keepSeconds) {

    /** A connection that is made anew for every use. */
    BarmanConnection(
            String host,
            String user,
            @Nullable String port,
            @Nullable String config,
            @Nullable List<String> localCommand) {
        this(host, user, port, config, localCommand, 0);
    }

    /** Options for ssh: a connection that is dead without a word must not keep anybody waiting. */
    static final List<String> KEEP_ALIVE = List.of("-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3");

    private static final int MAX_KEEP_SECONDS = 3600;

    static void declareOptions(ArgumentParser parser) {
        parser.option("USER", "log in to the backup host as USER; 'barman' unless given", "-U", "--user")
                .option("PORT", "TCP port of sshd on the backup host", "--port")
                .option(
                        "CONFIG",
                        "have barman read this configuration file (a path on the backup host)",
                        "-c",
                        "--config")
                .option(
                        "COMMAND",
                        "run COMMAND on this machine in place of barman over ssh, for a Barman on the same host:"
                                + " 'barman', or 'sudo -n -u barman barman'. BARMAN_HOST, --user and --port are then"
                                + " not used. (Not in the original command.)",
                        "--local-command")
                .option(
                        "SECONDS",
                        "leave the connection open for the next call, until SECONDS after the last one; 0 is a"
                                + " connection for each call, as unless given, except with --parallel of"
                                + " barman-wal-archive: 60. (Not in the original command.)",
                        "--keep-connection")
                .positional("BARMAN_HOST", "name or address of the backup host")
                .positional("SERVER_NAME", "this PostgreSQL server's section in barman.conf");
    }

    static BarmanConnection from(ParsedArguments arguments) throws UsageException {
        return from(arguments, 0);
    }

    /**
     * The connection of a command line.
     *
     * @param keepSeconds how long it stays for the next call where the command line does not say
     */
    static BarmanConnection from(ParsedArguments arguments, int keepSeconds) throws UsageException {
        String user = arguments.value("--user");
        String port = arguments.value("--port");
        String local = arguments.value("--local-command");
        if (port != null && !isPort(port)) {
            throw new UsageException("argument --port: invalid port number: '" + port + "'");
        }
        // Such a user would reach ssh as an option.
        if (user != null && (user.isEmpty() || user.startsWith("-"))) {
            throw new UsageException("argument -U/--user: invalid user name: '" + user + "'");
        }
        List<String> words = null;
        if (local != null) {
            try {
                words = List.copyOf(ShellWords.split(local));
            } catch (IllegalArgumentException e) {
                throw new UsageException("argument --local-command: " + e.getMessage());
            }
        }
        return new BarmanConnection(
                arguments.positional("BARMAN_HOST"),
                user == null ? "barman" : user,
                port,
                arguments.value("--config"),
                words,
                keepSeconds(arguments.value("--keep-connection"), keepSeconds));
    }

    private static int keepSeconds(@Nullable String text, int unlessGiven) throws UsageException {
        if (text == null) {
            return unlessGiven;
        }
        try {
            int seconds = Integer.parseInt(text);
            if (seconds >= 0 && seconds <= MAX_KEEP_SECONDS) {
                return seconds;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new UsageException(
                "argument --keep-connection: invalid value: '" + text + "' (0 to " + MAX_KEEP_SECONDS + " seconds)");
    }

    /** The options that give this connection, for another program of ours. */
    List<String> toArguments() {
        List<String> argv = new ArrayList<>();
        argv.add("--user=" + user);
        if (port != null) {
            argv.add("--port=" + port);
        }
        if (config != null) {
            argv.add("--config=" + config);
        }
        if (localCommand != null) {
            StringBuilder words = new StringBuilder();
            for (String word : localCommand) {
                words.append(words.length() == 0 ? "" : " ").append(ShellWords.quote(word));
            }
            argv.add("--local-command=" + words);
        }
        return argv;
    }

    private static boolean isPort(String text) {
        try {
            int port = Integer.parseInt(text);
            return port >= 1 && port <= 65535;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** What runs, for messages. */
    String program() {
        return localCommand == null ? "ssh" : localCommand.get(0);
    }

    /** An ssh that lets others use its connection, and does nothing itself; to be given no input. Not for a local command. */
    List<String> sharedConnection(List<String> sshOptions) {
        List<String> argv = new BarmanConnection(host, user, port, config, null).ssh(sshOptions);
        argv.remove(argv.size() - 1);
        argv.add(1, "-N");
        argv.add(1, "-M");
        return argv;
    }

    /**
     * Everything that tells the archive of a server from any other: one text, the same for the same place. The launcher of
     * {@code barman-wal-archive} makes it too.
     */
    String destination(String server) {
        StringBuilder text = new StringBuilder();
        if (localCommand == null) {
            text.append("ssh ").append(ShellWords.quoteIfNeeded(user)).append('@');
            text.append(ShellWords.quoteIfNeeded(host));
            if (port != null) {
                text.append(" ;port=").append(port);
            }
        } else {
            text.append("command");
            for (String word : localCommand) {
                text.append(' ').append(ShellWords.quoteIfNeeded(word));
            }
        }
        if (config != null) {
            text.append(" ;config=").append(ShellWords.quoteIfNeeded(config));
        }
        return text.append(" ;server=").append(ShellWords.quoteIfNeeded(server)).toString();
    }

    private List<String> ssh(List<String> options) {
        List<String> argv = new ArrayList<>();
        argv.add("ssh");
        if (keepSeconds > 0) {
            argv.addAll(KeptConnection.of(this).sshOptions());
        }
        argv.addAll(options);
        if (port != null) {
            argv.add("-p");
            argv.add(port);
        }
        argv.add("-q");
        argv.add("-T");
        argv.add(user + "@" + host);
        argv.add("barman");
        return argv;
    }

    private List<String> local() {
        List<String> argv = new ArrayList<>(localCommand == null ? List.of() : localCommand);
        if (config != null) {
            argv.add("--config=" + config);
        }
        return argv;
    }

    /** The command that takes one WAL in the put-wal form on its standard input, or tests whether it would. */
    List<String> putWal(String server, boolean test) {
        return putWal(server, test ? "--test" : null, List.of());
    }

    /** The command that takes one delivery after the other. */
    List<String> putWalStream(String server) {
        return putWal(server, "--stream", KEEP_ALIVE);
    }

    private List<String> putWal(String server, @Nullable String option, List<String> sshOptions) {
        List<String> argv;
        if (localCommand != null) {
            argv = local();
            argv.add("put-wal");
            argv.add(server);
        } else {
            argv = ssh(sshOptions);
            if (config != null) {
                argv.add("--config=" + ShellWords.quote(config));
            }
            argv.add("put-wal");
            argv.add(ShellWords.quoteIfNeeded(server));
        }
        if (option != null) {
            argv.add(option);
        }
        return argv;
    }

    /** The command that writes one WAL to its standard output, or tests whether it would. */
    List<String> getWal(String server, String wal, List<String> options) {
        return getWal(server, wal, options, List.of());
    }

    /** As {@link #getWal(String, String, List)}, with options for ssh itself. */
    List<String> getWal(String server, String wal, List<String> options, List<String> sshOptions) {
        if (localCommand != null) {
            List<String> argv = local();
            argv.add("get-wal");
            argv.addAll(options);
            argv.add(server);
            argv.add(wal);
            return argv;
        }
        List<String> argv = ssh(sshOptions);
        if (config != null) {
            argv.add("--config " + ShellWords.quoteIfNeeded(config));
        }
        StringBuilder command = new StringBuilder("get-wal ");
        for (String option : options) {
            command.append(option).append(' ');
        }
        argv.add(command.append(ShellWords.quote(server))
                .append(' ')
                .append(ShellWords.quote(wal))
                .toString());
        return argv;
    }
}
