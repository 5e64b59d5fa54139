// SPDX-License-Identifier: Apache-2.0
package dev.barman.args;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The result of {@link ArgumentParser#parse}. Options are looked up by their main name, which is the last one given at
 * their declaration; asking for a name that no declaration has is an {@link IllegalArgumentException} in every method, since the
 * answer "not given" would hide the mistake. Not thread-safe while it is being filled; immutable for its readers.
 */
public final class ParsedArguments {
    private final List<String> keysInOrder = new ArrayList<>();
    private final List<@Nullable String> valuesInOrder = new ArrayList<>();
    private final Map<String, String> positionals = new HashMap<>();
    private final List<ArgumentSpec> declared;
    private final List<String> declaredPositionals;

    ParsedArguments(List<ArgumentSpec> declared, List<String> declaredPositionals) {
        this.declared = declared;
        this.declaredPositionals = declaredPositionals;
    }

    void add(String key, @Nullable String value) {
        keysInOrder.add(key);
        valuesInOrder.add(value);
    }

    void addPositional(String name, String value) {
        positionals.put(name, value);
    }

    /**
     * For options that only some of the programs have which share code.
     *
     * @param key main name of an option
     * @return whether it is declared
     */
    public boolean knows(String key) {
        for (ArgumentSpec spec : declared) {
            if (spec.key().equals(key)) {
                return true;
            }
        }
        return false;
    }

    private String known(String key) {
        if (!knows(key)) {
            throw new IllegalArgumentException("no option has the main name " + key);
        }
        return key;
    }

    /**
     * @param key main name of an option, for instance {@code --gzip}
     * @return whether it was given at least once
     */
    public boolean has(String key) {
        return keysInOrder.contains(known(key));
    }

    /**
     * @param key main name of an option
     * @return how often it was given
     */
    public int count(String key) {
        known(key);
        int count = 0;
        for (String given : keysInOrder) {
            if (given.equals(key)) {
                count++;
            }
        }
        return count;
    }

    /**
     * @param key main name of an option with a value
     * @return the value given last, null when the option was not given
     */
    public @Nullable String value(String key) {
        int at = keysInOrder.lastIndexOf(known(key));
        return at < 0 ? null : valuesInOrder.get(at);
    }

    /**
     * The value of an option that has to be there.
     *
     * @throws UsageException when it is missing
     */
    public String required(String key) throws UsageException {
        String value = value(key);
        if (value == null) {
            throw new UsageException("argument " + key + " is required");
        }
        return value;
    }

    /**
     * @param key main name of a repeatable option with a value
     * @return its values in the order given, empty when it was not given
     */
    public List<String> values(String key) {
        known(key);
        List<String> values = new ArrayList<>();
        for (int i = 0; i < keysInOrder.size(); i++) {
            String value = valuesInOrder.get(i);
            if (value != null && keysInOrder.get(i).equals(key)) {
                values.add(value);
            }
        }
        return values;
    }

    /**
     * @param keys main names of options of which the last one wins
     * @return the main name of the one given last, null when none was given
     */
    public @Nullable String lastOf(String... keys) {
        for (String key : keys) {
            known(key);
        }
        for (int i = keysInOrder.size() - 1; i >= 0; i--) {
            for (String key : keys) {
                if (keysInOrder.get(i).equals(key)) {
                    return key;
                }
            }
        }
        return null;
    }

    /**
     * @param name declared name of a required positional
     * @return its value
     * @throws IllegalStateException when there is none, which a successful parse excludes for a required positional
     */
    public String positional(String name) {
        String value = optionalPositional(name);
        if (value == null) {
            throw new IllegalStateException("no positional argument " + name);
        }
        return value;
    }

    /**
     * @param name declared name of an optional positional
     * @return its value, null when it was not given
     */
    public @Nullable String optionalPositional(String name) {
        if (!declaredPositionals.contains(name)) {
            throw new IllegalArgumentException("no positional argument is called " + name);
        }
        return positionals.get(name);
    }

    /**
     * The value of an option that is a number from 0 on.
     *
     * @param option main name of the option
     * @param unless the number when the option was not given
     * @return the number; the last one when the option was repeated
     * @throws UsageException when the value is no such number
     */
    public int number(String option, int unless) throws UsageException {
        String text = value(option);
        if (text == null) {
            return unless;
        }
        int number;
        try {
            number = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            number = -1;
        }
        if (number < 0) {
            throw new UsageException("argument " + option + ": invalid number: '" + text + "'");
        }
        return number;
    }
}
