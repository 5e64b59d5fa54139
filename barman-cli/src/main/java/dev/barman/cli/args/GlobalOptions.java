// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The options before the subcommand. Immutable. Parsed by hand: they are read before anything else is loaded.
 *
 * @param config the configuration file as typed, null when the defaults apply
 * @param color {@code auto}, {@code always} or {@code never}
 * @param logLevel the level of the log file, null when the configuration decides
 * @param quiet no informational output
 * @param debug debug messages on the console too
 * @param json JSON in place of console text
 * @param help help was asked for, before a subcommand
 * @param version the version was asked for
 * @param command the subcommand as typed, null when there is none
 * @param rest the words behind the subcommand
 */
public record GlobalOptions(
        @Nullable String config,
        String color,
        @Nullable String logLevel,
        boolean quiet,
        boolean debug,
        boolean json,
        boolean help,
        boolean version,
        @Nullable String command,
        List<String> rest) {

    private static final List<String> COLORS = List.of("never", "always", "auto");
    private static final List<String> LEVELS = List.of("NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL");
    private static final List<String> FORMATS = List.of("console", "json");

    /** The options, in the order of the help text. */
    static final List<OptionSpec> SPECS = List.of(
            OptionSpec.flag("-h", "--help"),
            OptionSpec.flag("-v", "--version"),
            OptionSpec.valued("-c", "--config"),
            OptionSpec.valued("--color", "--colour"),
            OptionSpec.valued("--log-level"),
            OptionSpec.flag("-q", "--quiet"),
            OptionSpec.flag("-d", "--debug"),
            OptionSpec.valued("-f", "--format"));

    public GlobalOptions {
        rest = List.copyOf(rest);
    }

    /**
     * Reads the options up to the subcommand. Help and version win over whatever follows them.
     *
     * @throws UsageException when an option is unknown, ambiguous or has a bad value
     */
    public static GlobalOptions parse(List<String> words) throws UsageException {
        ArgumentSplitter split;
        try {
            split = new ArgumentSplitter(SPECS).splitUpToFirstPositional(words);
        } catch (UsageException e) {
            throw UsageException.ofProgram(String.valueOf(e.getMessage()));
        }
        String config = null;
        String color = "auto";
        String logLevel = null;
        boolean quiet = false;
        boolean debug = false;
        boolean json = false;
        boolean help = false;
        boolean version = false;
        for (ArgumentSplitter.Given given : split.given()) {
            String value = given.value() == null ? "" : given.value();
            switch (given.option().key()) {
                case "-h" -> help = true;
                case "-v" -> version = true;
                case "-c" -> config = value;
                case "--color" -> color = choice(given.option(), value, COLORS);
                case "--log-level" -> logLevel = choice(given.option(), value, LEVELS);
                case "-q" -> quiet = true;
                case "-d" -> debug = true;
                case "-f" -> json = choice(given.option(), value, FORMATS).equals("json");
                default -> throw new IllegalStateException(given.option().key());
            }
            if (help || version) {
                return new GlobalOptions(config, color, logLevel, quiet, debug, json, help, version, null, List.of());
            }
        }
        int at = split.consumed();
        String command = at < words.size() ? words.get(at) : null;
        List<String> rest = at < words.size() ? words.subList(at + 1, words.size()) : List.of();
        if (!split.unrecognized().isEmpty()) {
            throw unrecognized(split.unrecognized());
        }
        return new GlobalOptions(config, color, logLevel, quiet, debug, json, false, false, command, rest);
    }

    static UsageException unrecognized(List<String> words) {
        return UsageException.ofProgram("unrecognized arguments: " + String.join(" ", words));
    }

    private static String choice(OptionSpec option, String value, List<String> allowed) throws UsageException {
        if (!allowed.contains(value)) {
            throw UsageException.ofProgram(
                    "argument " + option.display() + ": " + ChoiceConverter.complaint(value, allowed));
        }
        return value;
    }
}
