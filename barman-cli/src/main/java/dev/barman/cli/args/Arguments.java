// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The positional arguments of a command, and which options were given in which order. Immutable. */
public final class Arguments {
    private final Map<String, List<String>> positionals;
    private final List<String> optionsInOrder;

    Arguments(Map<String, List<String>> positionals, List<String> optionsInOrder) {
        this.positionals = positionals;
        this.optionsInOrder = List.copyOf(optionsInOrder);
    }

    /** No arguments at all. */
    public static Arguments none() {
        return new Arguments(Map.of(), List.of());
    }

    /** The word of a required positional argument. */
    public String text(String positional) {
        List<String> words = positionals.get(positional);
        if (words == null || words.isEmpty()) {
            throw new IllegalArgumentException("no argument " + positional);
        }
        return words.get(0);
    }

    /** All words of a repeated positional argument, as typed. */
    public List<String> all(String positional) {
        return positionals.getOrDefault(positional, List.of());
    }

    /**
     * Which of several options was given last, by its first spelling: for pairs such as {@code --manifest} and
     * {@code --no-manifest}, and for groups of which the last one wins.
     */
    public Optional<String> lastGiven(String... options) {
        List<String> wanted = List.of(options);
        for (int i = optionsInOrder.size() - 1; i >= 0; i--) {
            if (wanted.contains(optionsInOrder.get(i))) {
                return Optional.of(optionsInOrder.get(i));
            }
        }
        return Optional.empty();
    }

    /** The last word of the pair {@code --NAME} (true) and {@code --no-NAME} (false); empty when neither was given. */
    public Optional<Boolean> toggle(String name) {
        String positive = "--" + name;
        return lastGiven(positive, "--no-" + name).map(positive::equals);
    }
}
