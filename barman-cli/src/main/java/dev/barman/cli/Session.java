// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import dev.barman.cli.args.Arguments;
import dev.barman.cli.args.GlobalOptions;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.CommandContext.Terminal;
import dev.barman.cli.frame.ExitCode;
import dev.barman.cli.output.ConsoleWriter;
import dev.barman.cli.output.JsonWriter;
import dev.barman.cli.output.OutputWriter;
import dev.barman.core.BarmanException;
import dev.barman.core.ConfigException;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.MainConfigFile;
import dev.barman.core.config.StartupSettings;
import dev.barman.file.IoReason;
import dev.barman.log.BarmanLog;
import dev.barman.log.LogLevel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/** The part of a run that needs the configuration. */
final class Session {
    private final GlobalOptions options;
    private final Terminal terminal;
    private final OutputWriter out;

    Session(GlobalOptions options, Terminal terminal) {
        this.options = options;
        this.terminal = terminal;
        this.out = options.json() ? new JsonWriter(terminal.stdout(), options.quiet(), options.debug()) : console();
    }

    /** Prints the help of the program, which needs a valid configuration when no help option asks for it. */
    int help(String text) {
        try {
            load();
        } catch (ConfigException e) {
            return fatal(e);
        }
        terminal.stdout().print(text);
        out.close();
        return ExitCode.OK;
    }

    /** Runs one command and closes the output. */
    int run(Command command, Arguments arguments) {
        BarmanConfiguration configuration;
        try {
            configuration = load();
        } catch (ConfigException e) {
            return fatal(e);
        }
        int code;
        try {
            code = run(command, new CommandContext(configuration, arguments, options, out, terminal));
        } catch (ConfigException e) {
            return fatal(e);
        }
        out.close();
        return code;
    }

    private int run(Command command, CommandContext context) throws ConfigException {
        try {
            int code = command.run(context);
            return code == ExitCode.OK ? context.exitCode() : code;
        } catch (ConfigException e) {
            throw e;
        } catch (BarmanException e) {
            out.error(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            out.error("Process interrupted by user (KeyboardInterrupt)");
        } catch (IOException e) {
            LoggerFactory.getLogger("barman.cli").debug("Where it failed", e);
            out.exception(IoReason.of(e));
        } catch (RuntimeException e) {
            LoggerFactory.getLogger("barman.cli").error("Unexpected failure", e);
            out.exception(e.getMessage() == null ? e.getClass().getName() : e.getMessage());
        }
        return ExitCode.ERROR;
    }

    private BarmanConfiguration load() throws ConfigException {
        MainConfigFile main = MainConfigFile.open(MainConfigFile.locate(options.config(), terminal.environment()));
        RunAs.require(main.startup().barmanUser());
        configureLog(main.startup());
        return BarmanConfiguration.load(main, out);
    }

    private void configureLog(StartupSettings startup) {
        String level = options.logLevel() != null ? options.logLevel() : startup.logLevel();
        Optional<LogLevel> known = LogLevel.parse(level);
        BarmanLog.configure(known.orElse(LogLevel.INFO), startup.logFile() == null ? null : Path.of(startup.logFile()));
        if (known.isEmpty()) {
            LoggerFactory.getLogger("barman.config").warn("unknown log_level in config file: {}", level);
        }
    }

    private int fatal(ConfigException e) {
        switch (e.style()) {
            case BARE -> terminal.stderr().print(e.getMessage() + "\n");
            case ERROR -> terminal.stderr().print("ERROR: " + e.getMessage() + "\n");
            case EXCEPTION ->
                terminal.stderr().print("EXCEPTION: " + e.getMessage() + "\nSee log file for more details.\n");
        }
        return ExitCode.ERROR;
    }

    private ConsoleWriter console() {
        boolean color = options.color().equals("always")
                || options.color().equals("auto") && Boolean.getBoolean("barman.terminal");
        return new ConsoleWriter(terminal.stdout(), terminal.stderr(), options.quiet(), options.debug(), color);
    }
}
