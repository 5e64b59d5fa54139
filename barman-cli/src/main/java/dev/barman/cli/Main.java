// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import dev.barman.args.ProgramVersion;
import dev.barman.cli.args.Arguments;
import dev.barman.cli.args.CommandLineBinder;
import dev.barman.cli.args.GlobalOptions;
import dev.barman.cli.args.HelpText;
import dev.barman.cli.args.UsageException;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext.Terminal;
import dev.barman.cli.frame.ExitCode;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The {@code barman} program: reads the command line and the configuration, runs one command, maps its outcome to an exit code. */
public final class Main {
    private static final String VERSION_LINE =
            ProgramVersion.VERSION + " Barman for Java (compatible with Barman " + ProgramVersion.COMPATIBLE_WITH + ")";

    private Main() {}

    /** Runs the program and ends the JVM. */
    public static void main(String[] args) {
        PrintStream stdout = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        PrintStream stderr = new PrintStream(new FileOutputStream(FileDescriptor.err), false, StandardCharsets.UTF_8);
        int code = run(args, System.getenv(), new StandardInput(), stdout, stderr);
        stdout.flush();
        stderr.flush();
        System.exit(code);
    }

    /** Runs one command inside this JVM, with an empty standard input; for tests. */
    public static int run(String[] args, Map<String, String> environment, PrintStream stdout, PrintStream stderr) {
        return run(args, environment, InputStream.nullInputStream(), stdout, stderr);
    }

    /**
     * Runs one command inside this JVM.
     *
     * @return the exit code
     */
    public static int run(
            String[] args, Map<String, String> environment, InputStream stdin, PrintStream stdout, PrintStream stderr) {
        int code = new Run(environment, stdin, stdout, stderr).start(List.of(args));
        stdout.flush();
        stderr.flush();
        return code;
    }

    /** One run of the program. */
    private static final class Run {
        private final Map<String, String> environment;
        private final InputStream stdin;
        private final PrintStream stdout;
        private final PrintStream stderr;

        Run(Map<String, String> environment, InputStream stdin, PrintStream stdout, PrintStream stderr) {
            this.environment = environment;
            this.stdin = stdin;
            this.stdout = stdout;
            this.stderr = stderr;
        }

        /** Not made before it is needed: the clock reads the database of time zones. */
        private Terminal terminal() {
            Path program =
                    Path.of(environment.getOrDefault("BARMAN_PROGRAM", System.getProperty("barman.program", "barman")));
            return new Terminal(stdin, stdout, stderr, environment, Clock.system(ZoneId.systemDefault()), program);
        }

        int start(List<String> words) {
            String commandName = null;
            CommandLineBinder binder = null;
            try {
                GlobalOptions options = GlobalOptions.parse(words);
                if (options.version()) {
                    stdout.print(VERSION_LINE + "\n");
                    return ExitCode.OK;
                }
                if (options.help()) {
                    stdout.print(programHelp());
                    return ExitCode.OK;
                }
                String typed = options.command();
                if (typed == null || typed.equals("help")) {
                    return new Session(options, terminal()).help(programHelp());
                }
                commandName = Catalog.canonical(typed);
                if (commandName == null) {
                    throw UsageException.ofProgram("argument command: invalid choice: '" + typed + "' (choose from '"
                            + String.join("', '", Catalog.NAMES) + "')");
                }
                Command command = Catalog.create(commandName);
                binder = new CommandLineBinder(command, command.positionals());
                Optional<Arguments> arguments = binder.bind(options.rest());
                if (arguments.isEmpty()) {
                    stdout.print(HelpText.help(commandName, Catalog.description(commandName), binder));
                    return ExitCode.OK;
                }
                return new Session(options, terminal()).run(command, arguments.get());
            } catch (UsageException e) {
                if (commandName == null || binder == null || e.isGlobal()) {
                    stderr.print(HelpText.programUsage() + "barman: error: " + e.getMessage() + "\n");
                } else {
                    stderr.print(HelpText.usage(commandName, binder) + "barman " + commandName + ": error: "
                            + e.getMessage() + "\n");
                }
                return ExitCode.USAGE;
            }
        }

        private static String programHelp() {
            List<String[]> rows = new ArrayList<>();
            for (String name : Catalog.NAMES) {
                String alias = Catalog.alias(name);
                rows.add(new String[] {alias == null ? name : name + " (" + alias + ")", Catalog.description(name)});
            }
            return HelpText.programHelp(rows);
        }
    }
}
