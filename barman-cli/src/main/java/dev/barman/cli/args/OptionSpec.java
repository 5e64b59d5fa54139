// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import java.util.List;

/**
 * One option as the splitter sees it. Immutable.
 *
 * @param names every spelling, in declaration order, dashes included
 * @param arity whether a value follows
 */
record OptionSpec(List<String> names, Arity arity) {
    enum Arity {
        /** A flag. */
        NONE,
        /** Exactly one value. */
        ONE,
        /** A value, or none when the next word is missing or an option. */
        OPTIONAL
    }

    OptionSpec {
        names = List.copyOf(names);
        if (names.isEmpty()) {
            throw new IllegalArgumentException("an option needs a name");
        }
    }

    static OptionSpec flag(String... names) {
        return new OptionSpec(List.of(names), Arity.NONE);
    }

    static OptionSpec valued(String... names) {
        return new OptionSpec(List.of(names), Arity.ONE);
    }

    /** The first spelling. */
    String key() {
        return names.get(0);
    }

    /** The first long spelling, else the first one. */
    String longName() {
        for (String name : names) {
            if (name.startsWith("--")) {
                return name;
            }
        }
        return key();
    }

    /** All spellings joined as they appear in messages: {@code --jobs/-j}. */
    String display() {
        return String.join("/", names);
    }
}
