// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import dev.barman.cli.args.CommandLineBinder.OptionHelp;
import dev.barman.cli.args.OptionSpec.Arity;
import java.util.ArrayList;
import java.util.List;

/** Usage blocks and help texts. */
public final class HelpText {
    private static final int WIDTH = 100;
    private static final int INDENT = 28;

    private HelpText() {}

    /** The usage block of a command, newline at the end. */
    public static String usage(String command, CommandLineBinder binder) {
        List<String> words = new ArrayList<>();
        for (OptionHelp option : binder.help()) {
            String name = option.spec().names().get(0);
            words.add(
                    switch (option.spec().arity()) {
                        case NONE -> "[" + name + "]";
                        case ONE -> "[" + name + " " + option.metavar() + "]";
                        case OPTIONAL -> "[" + name + " [" + option.metavar() + "]]";
                    });
        }
        for (Positional positional : binder.positionals()) {
            String word =
                    positional.repeated() ? positional.name() + " [" + positional.name() + " ...]" : positional.name();
            words.add(positional.required() ? word : "[" + word + "]");
        }
        return wrap("usage: barman " + command + " ", words);
    }

    /** The whole help of a command. */
    public static String help(String command, String description, CommandLineBinder binder) {
        StringBuilder text = new StringBuilder(usage(command, binder));
        text.append('\n').append(sentence(description)).append('\n');
        if (!binder.positionals().isEmpty()) {
            text.append("\narguments:\n");
            for (Positional positional : binder.positionals()) {
                row(text, positional.name(), positional.description());
            }
        }
        text.append("\noptions:\n");
        for (OptionHelp option : binder.help()) {
            row(text, spelling(option), option.description());
        }
        return text.toString();
    }

    /** The usage block of the program. */
    public static String programUsage() {
        return """
                usage: barman [-h] [-v] [-c CONFIG] [--color {never,always,auto}]
                              [--log-level {NOTSET,DEBUG,INFO,WARNING,ERROR,CRITICAL}]
                              [-q] [-d] [-f {console,json}]
                              SUBCOMMAND ...
                """;
    }

    /** The whole help of the program; {@code commands} are pairs of name and description. */
    public static String programHelp(List<String[]> commands) {
        StringBuilder text = new StringBuilder(programUsage());
        text.append("\nBackup and recovery manager for PostgreSQL.\n\noptions:\n");
        row(text, "-h, --help", "show this help and exit");
        row(text, "-v, --version", "show the version and exit");
        row(
                text,
                "-c, --config CONFIG",
                "configuration file (default: BARMAN_CONFIG_FILE, else ~/.barman.conf, "
                        + "/etc/barman.conf, /etc/barman/barman.conf)");
        row(text, "--color, --colour WHEN", "colours: never, always or auto (when both outputs are terminals)");
        row(text, "--log-level LEVEL", "level of the log in place of the configured one");
        row(text, "-q, --quiet", "no informational output");
        row(text, "-d, --debug", "show debugging output");
        row(text, "-f, --format FORMAT", "output format: console or json");
        text.append("\nsubcommands:\n");
        for (String[] command : commands) {
            row(text, command[0], command[1]);
        }
        text.append("\n'barman SUBCOMMAND --help' explains one of them.\n");
        return text.toString();
    }

    private static String spelling(OptionHelp option) {
        String names = String.join(", ", option.spec().names());
        if (option.spec().arity() == Arity.NONE) {
            return names;
        }
        return option.spec().arity() == Arity.ONE
                ? names + " " + option.metavar()
                : names + " [" + option.metavar() + "]";
    }

    private static String sentence(String description) {
        return Character.toUpperCase(description.charAt(0)) + description.substring(1) + ".";
    }

    private static void row(StringBuilder text, String left, String right) {
        StringBuilder line = new StringBuilder("  ").append(left);
        if (line.length() > INDENT - 2) {
            text.append(line).append('\n');
            line.setLength(0);
        }
        pad(line);
        for (String word : right.split(" ")) {
            if (line.length() > INDENT && line.length() + 1 + word.length() > WIDTH) {
                text.append(line).append('\n');
                line.setLength(0);
                pad(line);
            }
            if (line.length() > INDENT) {
                line.append(' ');
            }
            line.append(word);
        }
        text.append(line).append('\n');
    }

    private static void pad(StringBuilder line) {
        while (line.length() < INDENT) {
            line.append(' ');
        }
    }

    private static String wrap(String head, List<String> words) {
        StringBuilder text = new StringBuilder();
        StringBuilder line = new StringBuilder(head);
        String indent = " ".repeat(head.length());
        for (String word : words) {
            if (line.length() > head.length() && line.length() + word.length() > WIDTH) {
                text.append(line.toString().stripTrailing()).append('\n');
                line = new StringBuilder(indent);
            }
            line.append(word).append(' ');
        }
        return text.append(line.toString().stripTrailing()).append('\n').toString();
    }
}
