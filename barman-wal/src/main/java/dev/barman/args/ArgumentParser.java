// SPDX-License-Identifier: Apache-2.0
package dev.barman.args;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Declares the arguments of one program and parses its command line.
 *
 * <p>{@code --help} and {@code --version} (or whatever is declared with {@link #immediate}) end the parse where they are met,
 * so that they work on an otherwise incomplete command line; an error before them is still an error.
 *
 * <p>Not thread-safe.
 */
public final class ArgumentParser {
    private final String program;
    private final String description;
    private final List<ArgumentSpec> options = new ArrayList<>();
    private final List<String> positionals = new ArrayList<>();
    private final List<String> positionalHelp = new ArrayList<>();
    private final List<String[]> exclusiveGroups = new ArrayList<>();
    private int requiredPositionals;

    /**
     * @param program name of the program in the usage text
     * @param description what the program does, for the help text
     */
    public ArgumentParser(String program, String description) {
        this.program = program;
        this.description = description;
    }

    /**
     * Declares an option without a value.
     *
     * @param help help text
     * @param names spellings, for instance {@code -z}, {@code --gzip}; the last one is the main name
     * @return this parser
     */
    public ArgumentParser flag(String help, String... names) {
        return add(new ArgumentSpec(List.of(names), null, help, false, false));
    }

    /**
     * Declares a flag that ends the parse when it is met.
     *
     * @param help help text
     * @param names spellings; the last one is the main name
     * @return this parser
     */
    public ArgumentParser immediate(String help, String... names) {
        return add(new ArgumentSpec(List.of(names), null, help, false, true));
    }

    /**
     * Declares an option with a value. It may be given more than once.
     *
     * @param metavar name of the value in the help text
     * @param help help text
     * @param names spellings; the last one is the main name
     * @return this parser
     */
    public ArgumentParser option(String metavar, String help, String... names) {
        return add(new ArgumentSpec(List.of(names), metavar, help, false, false));
    }

    /**
     * Declares an option that takes all words up to the next option or {@code --}, at least one.
     *
     * @param metavar name of one value in the help text
     * @param help help text
     * @param names spellings; the last one is the main name
     * @return this parser
     */
    public ArgumentParser greedyOption(String metavar, String help, String... names) {
        return add(new ArgumentSpec(List.of(names), metavar, help, true, false));
    }

    /**
     * Declares the next positional, which must be given. Required positionals come before optional ones.
     *
     * @param name its name in usage, messages and {@link ParsedArguments#positional}
     * @param help help text
     * @return this parser
     */
    public ArgumentParser positional(String name, String help) {
        if (requiredPositionals != positionals.size()) {
            throw new IllegalStateException("required positional " + name + " after an optional one");
        }
        positionals.add(name);
        positionalHelp.add(help);
        requiredPositionals++;
        return this;
    }

    /**
     * Declares the next positional, which may be left out.
     *
     * @param name its name in usage, messages and {@link ParsedArguments#optionalPositional}
     * @param help help text
     * @return this parser
     */
    public ArgumentParser optionalPositional(String name, String help) {
        positionals.add(name);
        positionalHelp.add(help);
        return this;
    }

    /**
     * Declares that at most one of these options may be given.
     *
     * @param keys main names
     * @return this parser
     */
    public ArgumentParser exclusive(String... keys) {
        exclusiveGroups.add(keys.clone());
        return this;
    }

    private ArgumentParser add(ArgumentSpec spec) {
        options.add(spec);
        return this;
    }

    /**
     * Parses a command line.
     *
     * @param args the arguments, without the program's name
     * @return what was given
     * @throws UsageException when an option is unknown or ambiguous, a value is missing or superfluous, two exclusive options
     *     are given, or the number of positionals does not fit
     */
    public ParsedArguments parse(String... args) throws UsageException {
        ParsedArguments parsed = new ParsedArguments(options, positionals);
        List<String> words = new ArrayList<>();
        boolean optionsEnded = false;
        int i = 0;
        while (i < args.length) {
            String arg = args[i];
            if (optionsEnded || !looksLikeOption(arg)) {
                words.add(arg);
                i++;
            } else if (arg.equals("--")) {
                optionsEnded = true;
                i++;
            } else {
                int consumed = arg.startsWith("--") ? parseLong(args, i, parsed) : parseShort(args, i, parsed);
                if (consumed < 0) {
                    return parsed;
                }
                i += consumed;
            }
        }
        assignPositionals(words, parsed);
        return parsed;
    }

    /** Returns how many arguments were consumed, or -1 when the parse ends here. */
    private int parseLong(String[] args, int at, ParsedArguments parsed) throws UsageException {
        String arg = args[at];
        int equals = arg.indexOf('=');
        String name = equals < 0 ? arg : arg.substring(0, equals);
        ArgumentSpec spec = findLong(name);
        if (spec.takesValue()) {
            if (equals >= 0) {
                record(spec, arg.substring(equals + 1), parsed);
                return 1;
            }
            return recordFollowing(spec, args, at, parsed);
        }
        if (equals >= 0) {
            throw new UsageException(
                    "argument " + spec.display() + ": ignored explicit argument '" + arg.substring(equals + 1) + "'");
        }
        record(spec, null, parsed);
        return spec.immediate() ? -1 : 1;
    }

    private int parseShort(String[] args, int at, ParsedArguments parsed) throws UsageException {
        String arg = args[at];
        for (int c = 1; c < arg.length(); c++) {
            ArgumentSpec spec = findShort("-" + arg.charAt(c));
            if (spec == null) {
                throw new UsageException("unrecognized arguments: " + arg);
            }
            if (spec.takesValue()) {
                if (c + 1 < arg.length()) {
                    String value = arg.substring(c + 1);
                    record(spec, value.startsWith("=") ? value.substring(1) : value, parsed);
                    return 1;
                }
                return recordFollowing(spec, args, at, parsed);
            }
            record(spec, null, parsed);
            if (spec.immediate()) {
                return -1;
            }
        }
        return 1;
    }

    private int recordFollowing(ArgumentSpec spec, String[] args, int at, ParsedArguments parsed)
            throws UsageException {
        if (at + 1 >= args.length || looksLikeOption(args[at + 1])) {
            throw new UsageException("argument " + spec.display()
                    + (spec.greedy() ? ": expected at least one argument" : ": expected one argument"));
        }
        int next = at + 1;
        do {
            record(spec, args[next++], parsed);
        } while (spec.greedy() && next < args.length && !looksLikeOption(args[next]));
        return next - at;
    }

    private void record(ArgumentSpec spec, @Nullable String value, ParsedArguments parsed) throws UsageException {
        for (String[] group : exclusiveGroups) {
            if (!contains(group, spec.key())) {
                continue;
            }
            for (String other : group) {
                if (!other.equals(spec.key()) && parsed.has(other)) {
                    throw new UsageException("argument " + spec.display() + ": not allowed with argument "
                            + findLong(other).display());
                }
            }
        }
        parsed.add(spec.key(), value);
    }

    private void assignPositionals(List<String> words, ParsedArguments parsed) throws UsageException {
        if (words.size() < requiredPositionals) {
            throw new UsageException("the following arguments are required: "
                    + String.join(", ", positionals.subList(words.size(), requiredPositionals)));
        }
        if (words.size() > positionals.size()) {
            throw new UsageException(
                    "unrecognized arguments: " + String.join(" ", words.subList(positionals.size(), words.size())));
        }
        for (int i = 0; i < words.size(); i++) {
            parsed.addPositional(positionals.get(i), words.get(i));
        }
    }

    private @Nullable ArgumentSpec findShort(String name) {
        for (ArgumentSpec spec : options) {
            if (spec.isNamed(name)) {
                return spec;
            }
        }
        return null;
    }

    private ArgumentSpec findLong(String name) throws UsageException {
        ArgumentSpec found = null;
        StringBuilder matches = new StringBuilder();
        for (ArgumentSpec spec : options) {
            if (spec.isNamed(name)) {
                return spec;
            }
            for (String candidate : spec.names()) {
                if (candidate.startsWith("--") && candidate.startsWith(name)) {
                    matches.append(matches.length() == 0 ? "" : ", ").append(candidate);
                    // Two spellings of one option are no ambiguity.
                    if (found != null && !found.equals(spec)) {
                        found = null;
                        break;
                    }
                    found = spec;
                }
            }
            if (found == null && matches.length() > 0) {
                throw new UsageException("ambiguous option: " + name + " could match " + matches);
            }
        }
        if (found == null) {
            throw new UsageException("unrecognized arguments: " + name);
        }
        return found;
    }

    /** A lone dash and a negative number are values, as users of the original commands expect. */
    private static boolean looksLikeOption(String arg) {
        if (arg.length() < 2 || arg.charAt(0) != '-') {
            return false;
        }
        for (int i = 1; i < arg.length(); i++) {
            char c = arg.charAt(i);
            if ((c < '0' || c > '9') && c != '.') {
                return true;
            }
        }
        return false;
    }

    private static boolean contains(String[] group, String key) {
        for (String candidate : group) {
            if (candidate.equals(key)) {
                return true;
            }
        }
        return false;
    }

    /** {@return the usage line, for messages about a wrong command line} */
    public String usage() {
        StringBuilder text = new StringBuilder("usage: ").append(program).append(" [options]");
        for (int i = 0; i < positionals.size(); i++) {
            boolean required = i < requiredPositionals;
            text.append(required ? " " : " [").append(positionals.get(i)).append(required ? "" : "]");
        }
        return text.append('\n').toString();
    }

    /** {@return the help text, ending with a line feed} */
    public String help() {
        StringBuilder text = new StringBuilder(usage()).append('\n');
        wrap(text, "", description);
        if (!positionals.isEmpty()) {
            text.append("\npositional arguments:\n");
            for (int i = 0; i < positionals.size(); i++) {
                entry(text, positionals.get(i), positionalHelp.get(i));
            }
        }
        text.append("\noptions:\n");
        for (ArgumentSpec spec : options) {
            if (spec.help().isEmpty()) {
                continue;
            }
            StringBuilder head = new StringBuilder();
            for (String name : spec.names()) {
                head.append(head.length() == 0 ? "" : ", ").append(name);
            }
            if (spec.metavar() != null) {
                head.append(' ').append(spec.metavar());
            }
            entry(text, head.toString(), spec.help());
        }
        return text.toString();
    }

    private static final int HELP_COLUMN = 26;
    private static final int HELP_WIDTH = 79;

    private static void entry(StringBuilder text, String head, String help) {
        text.append("  ").append(head);
        if (head.length() + 4 > HELP_COLUMN) {
            text.append('\n');
        } else {
            text.append(" ".repeat(HELP_COLUMN - 2 - head.length()));
            StringBuilder wrapped = new StringBuilder();
            wrap(wrapped, " ".repeat(HELP_COLUMN), help);
            text.append(wrapped, HELP_COLUMN, wrapped.length());
            return;
        }
        wrap(text, " ".repeat(HELP_COLUMN), help);
    }

    private static void wrap(StringBuilder text, String indent, String words) {
        int lineStart = text.length();
        text.append(indent);
        boolean first = true;
        int start = 0;
        while (start < words.length()) {
            int end = words.indexOf(' ', start);
            if (end < 0) {
                end = words.length();
            }
            int length = end - start;
            if (!first && text.length() - lineStart + 1 + length > HELP_WIDTH) {
                text.append('\n');
                lineStart = text.length();
                text.append(indent);
                first = true;
            }
            if (!first) {
                text.append(' ');
            }
            text.append(words, start, end);
            first = false;
            start = end + 1;
        }
        text.append('\n');
    }
}
