// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.frame;

import dev.barman.cli.args.Arguments;
import dev.barman.cli.args.GlobalOptions;
import dev.barman.cli.frame.ServerRules.Treatment;
import dev.barman.cli.output.OutputWriter;
import dev.barman.core.BarmanException;
import dev.barman.core.ConfigException;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Everything a command is given. Not thread-safe. */
public final class CommandContext {
    private static final String ALL = "all";

    private final BarmanConfiguration configuration;
    private final Arguments arguments;
    private final GlobalOptions options;
    private final OutputWriter out;
    private final Terminal terminal;
    private boolean conflictsShown;
    private boolean homeMissed;

    /**
     * The world around the process.
     *
     * @param program the command that started this process, used to start background work
     */
    public record Terminal(
            InputStream stdin,
            PrintStream stdout,
            PrintStream stderr,
            Map<String, String> environment,
            Clock clock,
            Path program) {}

    public CommandContext(
            BarmanConfiguration configuration,
            Arguments arguments,
            GlobalOptions options,
            OutputWriter out,
            Terminal terminal) {
        this.configuration = configuration;
        this.arguments = arguments;
        this.options = options;
        this.out = out;
        this.terminal = terminal;
    }

    /** The configuration, complete. */
    public BarmanConfiguration configuration() {
        return configuration;
    }

    /** The positional arguments. */
    public Arguments arguments() {
        return arguments;
    }

    /** The options before the subcommand. */
    public GlobalOptions options() {
        return options;
    }

    /** Where messages and results go. */
    public OutputWriter out() {
        return out;
    }

    /** The same context with another writer. */
    public CommandContext withOut(OutputWriter other) {
        return new CommandContext(configuration, arguments, options, other, terminal);
    }

    /** Streams, environment, clock. */
    public Terminal terminal() {
        return terminal;
    }

    /** The clock. */
    public Clock clock() {
        return terminal.clock();
    }

    /** 1 when an error was emitted, else 0. */
    public int exitCode() {
        return out.failed() ? ExitCode.ERROR : ExitCode.OK;
    }

    /**
     * Runs the action for every server of the repeated argument {@code server_name}, each once, sorted by name; {@code all} selects
     * every configured server. An error of one server does not stop the others.
     *
     * @return {@link #exitCode()} after the last one
     */
    public int forEachServer(ServerRules rules, ServerAction action)
            throws ConfigException, IOException, InterruptedException {
        for (String name : selectedNames()) {
            Optional<ServerConfig> server = find(name);
            if (server.isPresent() && allowed(server.get(), rules)) {
                try {
                    action.run(server.get());
                } catch (ConfigException e) {
                    throw e;
                } catch (BarmanException e) {
                    out.error(String.valueOf(e.getMessage()));
                }
            }
        }
        return exitCode();
    }

    /** As {@link #forEachServer}, for every configured server. */
    public int forAllServers(ServerRules rules, ServerAction action)
            throws ConfigException, IOException, InterruptedException {
        for (ServerConfig server : servers()) {
            if (allowed(server, rules)) {
                try {
                    action.run(server);
                } catch (ConfigException e) {
                    throw e;
                } catch (BarmanException e) {
                    out.error(String.valueOf(e.getMessage()));
                }
            }
        }
        return exitCode();
    }

    /**
     * Runs the action for the one server of the argument {@code server_name}.
     *
     * @return {@link #exitCode()}
     */
    public int withServer(ServerRules rules, ServerAction action)
            throws BarmanException, IOException, InterruptedException {
        Optional<ServerConfig> server = singleServer(rules);
        if (server.isPresent()) {
            action.run(server.get());
        }
        return exitCode();
    }

    /** The one server of the argument {@code server_name}; empty when it was refused or skipped, with the message printed. */
    public Optional<ServerConfig> singleServer(ServerRules rules) throws ConfigException {
        if (!sound()) {
            return Optional.empty();
        }
        String name = arguments.text("server_name");
        if (name.equals(ALL)) {
            out.error("You cannot use 'all' in a single server context");
            return Optional.empty();
        }
        return find(name).filter(server -> allowed(server, rules));
    }

    /**
     * All configured servers, sorted by name. Conflicts between servers are printed, and the list is then empty: no command that
     * looks at servers goes on with them.
     */
    public List<ServerConfig> servers() throws ConfigException {
        return sound() ? configuration.servers() : List.of();
    }

    /** True when no two servers share a directory; otherwise the conflicts are printed, once. */
    private boolean sound() throws ConfigException {
        List<String> conflicts = configuration.pathConflicts();
        if (!conflictsShown) {
            conflictsShown = true;
            conflicts.forEach(out::error);
        }
        return conflicts.isEmpty();
    }

    private Iterable<String> selectedNames() throws ConfigException {
        if (!sound()) {
            return List.of();
        }
        TreeSet<String> names = new TreeSet<>(arguments.all("server_name"));
        if (!names.contains(ALL)) {
            return names;
        }
        if (names.size() > 1) {
            out.error("You cannot use 'all' with other server names");
        }
        return configuration.serverNames();
    }

    private Optional<ServerConfig> find(String name) throws ConfigException {
        Optional<ServerConfig> server = configuration.server(name);
        if (server.isEmpty()) {
            out.error("Unknown server '" + name + "'");
        }
        return server;
    }

    private boolean allowed(ServerConfig server, ServerRules rules) {
        if (!server.active() && rules.inactive() != Treatment.RUN) {
            if (rules.inactive() == Treatment.SKIP) {
                out.info("Skipping inactive server '" + server.name() + "'");
            } else {
                out.error("Inactive server: " + server.name());
            }
            return false;
        }
        if (server.disabled() && rules.disabled() != Treatment.RUN) {
            if (rules.disabled() == Treatment.SKIP) {
                out.info("Skipping temporarily disabled server '" + server.name() + "'");
            } else if (!server.problems().isEmpty()) {
                out.error(server.problems().get(0));
            }
            return false;
        }
        if (server.passive() && rules.passive() == Treatment.SKIP) {
            out.info("Skipping passive server '" + server.name() + "'");
            return false;
        }
        return homeIsThere();
    }

    /** Without its home directory (a file system that is not mounted, say) a server would look as if it had nothing. */
    private boolean homeIsThere() {
        Path home = configuration.global().barmanHome();
        if (Files.isDirectory(home)) {
            return true;
        }
        if (!homeMissed) {
            homeMissed = true;
            out.error("barman_home " + home
                    + " is not a directory: mount it or create it. Nothing is created in its place,"
                    + " lest backups and WAL get lost below a mount point.");
        }
        return false;
    }
}
