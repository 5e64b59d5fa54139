// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import dev.barman.cli.args.OptionSpec.Arity;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Splits words into options with their values and positional arguments: abbreviations of long options, {@code --opt=value},
 * {@code -p8}, clusters of flags ({@code -qv}), {@code --}. A word that starts with a dash and is a negative number, a single
 * dash, or contains a blank without naming an option is a plain argument.
 */
final class ArgumentSplitter {
    /** One option that was given; {@code value} is null for a flag and for an optional value that was left out. */
    record Given(OptionSpec option, @Nullable String value) {}

    private final List<OptionSpec> specs;
    private final List<Given> given = new ArrayList<>();
    private final List<String> positionals = new ArrayList<>();
    private final List<String> unrecognized = new ArrayList<>();
    private int consumed;

    ArgumentSplitter(List<OptionSpec> specs) {
        this.specs = specs;
    }

    /** Splits all words. Call once. */
    ArgumentSplitter splitAll(List<String> words) throws UsageException {
        split(words, false);
        return this;
    }

    /** Splits up to the first positional argument, which becomes the word at {@link #consumed()}. Call once. */
    ArgumentSplitter splitUpToFirstPositional(List<String> words) throws UsageException {
        split(words, true);
        return this;
    }

    /** The options, in the order given. */
    List<Given> given() {
        return given;
    }

    /** The positional arguments in order. */
    List<String> positionals() {
        return positionals;
    }

    /** Words that look like options and are none. */
    List<String> unrecognized() {
        return unrecognized;
    }

    /** How many words were taken. */
    int consumed() {
        return consumed;
    }

    private void split(List<String> words, boolean stopAtPositional) throws UsageException {
        int i = 0;
        boolean onlyPositionals = false;
        while (i < words.size()) {
            String word = words.get(i);
            if (!onlyPositionals && word.equals("--")) {
                onlyPositionals = true;
                i++;
            } else if (onlyPositionals || !looksLikeOption(word)) {
                if (stopAtPositional) {
                    break;
                }
                positionals.add(word);
                i++;
            } else {
                i = option(words, i);
            }
        }
        consumed = i;
    }

    private int option(List<String> words, int index) throws UsageException {
        String word = words.get(index);
        if (word.startsWith("--")) {
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            String attached = equals < 0 ? null : word.substring(equals + 1);
            OptionSpec option = longOption(name);
            if (option == null) {
                unrecognized.add(word);
                return index + 1;
            }
            return take(option, attached, words, index);
        }
        return cluster(words, index);
    }

    private int cluster(List<String> words, int index) throws UsageException {
        String word = words.get(index);
        for (int at = 1; at < word.length(); at++) {
            OptionSpec option = exact("-" + word.charAt(at));
            if (option == null) {
                if (at == 1) {
                    unrecognized.add(word);
                } else {
                    unrecognized.add("-" + word.substring(at));
                }
                return index + 1;
            }
            if (option.arity() != Arity.NONE) {
                String attached = at + 1 < word.length() ? word.substring(at + 1) : null;
                if (attached != null && attached.startsWith("=")) {
                    attached = attached.substring(1);
                }
                return take(option, attached, words, index);
            }
            given.add(new Given(option, null));
        }
        return index + 1;
    }

    private int take(OptionSpec option, @Nullable String attached, List<String> words, int index)
            throws UsageException {
        if (option.arity() == Arity.NONE) {
            if (attached != null) {
                throw UsageException.ofCommand(
                        "argument " + option.display() + ": ignored explicit argument '" + attached + "'");
            }
            given.add(new Given(option, null));
            return index + 1;
        }
        if (attached != null) {
            given.add(new Given(option, attached));
            return index + 1;
        }
        int next = index + 1;
        boolean available = next < words.size() && !words.get(next).equals("--") && !looksLikeOption(words.get(next));
        if (available) {
            given.add(new Given(option, words.get(next)));
            return index + 2;
        }
        if (option.arity() == Arity.ONE) {
            throw UsageException.ofCommand("argument " + option.display() + ": expected one argument");
        }
        given.add(new Given(option, null));
        return index + 1;
    }

    private boolean looksLikeOption(String word) {
        if (word.length() < 2 || word.charAt(0) != '-' || isNegativeNumber(word)) {
            return false;
        }
        if (word.indexOf(' ') < 0) {
            return true;
        }
        int equals = word.indexOf('=');
        String name = equals < 0 ? word : word.substring(0, equals);
        return word.startsWith("--") ? name.indexOf(' ') < 0 : exact(word.substring(0, 2)) != null;
    }

    private static boolean isNegativeNumber(String word) {
        boolean digit = false;
        boolean point = false;
        for (int i = 1; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c >= '0' && c <= '9') {
                digit = true;
            } else if (c == '.' && !point) {
                point = true;
            } else {
                return false;
            }
        }
        return digit;
    }

    private @Nullable OptionSpec exact(String name) {
        for (OptionSpec spec : specs) {
            if (spec.names().contains(name)) {
                return spec;
            }
        }
        return null;
    }

    private @Nullable OptionSpec longOption(String name) throws UsageException {
        OptionSpec exact = exact(name);
        if (exact != null) {
            return exact;
        }
        List<String> matches = new ArrayList<>();
        OptionSpec found = null;
        for (OptionSpec spec : specs) {
            for (String candidate : spec.names()) {
                if (candidate.startsWith("--") && candidate.startsWith(name)) {
                    matches.add(candidate);
                    found = spec;
                }
            }
        }
        if (matches.size() > 1) {
            throw UsageException.ofCommand("ambiguous option: " + name + " could match " + String.join(", ", matches));
        }
        return found;
    }
}
