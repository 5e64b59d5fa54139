// SPDX-License-Identifier: Apache-2.0
package dev.barman.args;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One declared option. Immutable.
 *
 * @param names the spellings, short ones first; the last one is the key in {@link ParsedArguments}
 * @param metavar name of the value in the help text, null for a flag
 * @param help one line of help, empty to hide the option
 * @param greedy whether it takes all words up to the next option
 * @param immediate parsing ends when this option is met ({@code --help}, {@code --version})
 */
@SuppressWarnings("ArrayRecordComponent") // never handed out of this package, never changed
record ArgumentSpec(List<String> names, @Nullable String metavar, String help, boolean greedy, boolean immediate) {

    boolean takesValue() {
        return metavar != null;
    }

    String key() {
        return names.get(names.size() - 1);
    }

    boolean isNamed(String name) {
        return names.contains(name);
    }

    /** All spellings, as error messages quote them: {@code -z/--gzip}. */
    String display() {
        return String.join("/", names);
    }
}
