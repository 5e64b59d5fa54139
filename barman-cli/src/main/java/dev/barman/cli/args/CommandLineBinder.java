// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import com.beust.jcommander.JCommander;
import com.beust.jcommander.Parameter;
import com.beust.jcommander.ParameterDescription;
import com.beust.jcommander.ParameterException;
import dev.barman.cli.args.OptionSpec.Arity;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Fills the {@code @Parameter} fields of one command object from words. {@link ArgumentSplitter} splits the words, JCommander
 * converts the values and sets the fields.
 */
public final class CommandLineBinder {
    private final Object command;
    private final List<Positional> positionals;
    private final Map<String, ParameterDescription> descriptions = new LinkedHashMap<>();
    private final List<OptionSpec> specs = new ArrayList<>();
    private final Map<String, String> defaults = new LinkedHashMap<>();

    /** A binder for the annotated fields of {@code command}. */
    public CommandLineBinder(Object command, List<Positional> positionals) {
        this.command = command;
        this.positionals = positionals;
    }

    /** Reads the annotations, which costs as much as half the start of the JVM: not before an option is looked at. */
    private void readAnnotations() {
        if (!specs.isEmpty()) {
            return;
        }
        specs.add(OptionSpec.flag("-h", "--help"));
        List<Field> fields = optionFields();
        if (fields.isEmpty()) {
            return;
        }
        JCommander jcommander = new JCommander();
        jcommander.setExpandAtSign(false);
        jcommander.setAllowParameterOverwriting(true);
        jcommander.addObject(command);
        jcommander.createDescriptions();
        Map<String, ParameterDescription> byField = new LinkedHashMap<>();
        for (var entry : jcommander.getFields().entrySet()) {
            byField.put(entry.getKey().getName(), entry.getValue());
        }
        for (Field field : fields) {
            ParameterDescription description = byField.get(field.getName());
            if (description == null) {
                throw new IllegalStateException("no description of the option field " + field);
            }
            OptionalValue optional = field.getAnnotation(OptionalValue.class);
            Class<?> type = field.getType();
            Arity arity = type == boolean.class || type == Boolean.class
                    ? Arity.NONE
                    : optional != null ? Arity.OPTIONAL : Arity.ONE;
            OptionSpec spec = new OptionSpec(
                    Arrays.asList(description.getParameterAnnotation().names()), arity);
            specs.add(spec);
            descriptions.put(spec.key(), description);
            if (optional != null) {
                defaults.put(spec.key(), optional.value());
            }
        }
    }

    /**
     * Sets the fields of the command.
     *
     * @return the arguments, or empty when help was asked for
     * @throws UsageException when a word does not fit
     */
    public Optional<Arguments> bind(List<String> words) throws UsageException {
        List<String> plain = withoutQuickFlags(words);
        if (!mayHoldOption(plain)) {
            return Optional.of(new Arguments(assign(plain, List.of()), List.of()));
        }
        readAnnotations();
        ArgumentSplitter split = new ArgumentSplitter(specs).splitAll(words);
        List<String> order = new ArrayList<>();
        for (ArgumentSplitter.Given given : split.given()) {
            if (given.option().key().equals("-h")) {
                return Optional.empty();
            }
            String key = given.option().key();
            order.add(key);
            set(given.option(), given.value() != null ? given.value() : defaults.get(key));
        }
        Map<String, List<String>> values = assign(split.positionals(), split.unrecognized());
        return Optional.of(new Arguments(values, order));
    }

    /** Option lines for the help text: spellings, metavariable, description. */
    List<OptionHelp> help() {
        readAnnotations();
        List<OptionHelp> lines = new ArrayList<>();
        for (OptionSpec spec : specs) {
            ParameterDescription description = descriptions.get(spec.key());
            if (description == null) {
                lines.add(new OptionHelp(spec, "", "show this help and exit"));
            } else {
                String name = spec.longName();
                Parameter annotation = description.getParameterAnnotation();
                String metavar = annotation.placeholder().isEmpty()
                        ? name.substring(2).replace('-', '_').toUpperCase(Locale.ROOT)
                        : annotation.placeholder();
                lines.add(new OptionHelp(spec, metavar, annotation.description()));
            }
        }
        return lines;
    }

    List<Positional> positionals() {
        return positionals;
    }

    record OptionHelp(OptionSpec spec, String metavar, String description) {}

    private void set(OptionSpec option, @Nullable String value) throws UsageException {
        ParameterDescription description = descriptions.get(option.key());
        if (description == null) {
            throw new IllegalStateException("option without a field: " + option.key());
        }
        try {
            if (option.arity() == Arity.NONE) {
                description.getParameterized().set(command, true);
            } else if (description.getParameterized().getType() == List.class) {
                append(description, value == null ? "" : value);
            } else {
                description.addValue(value == null ? "" : value);
            }
        } catch (ParameterException e) {
            throw UsageException.ofCommand("argument " + option.display() + ": " + e.getMessage());
        }
    }

    /** JCommander would split the value at commas. */
    private void append(ParameterDescription description, String value) {
        List<Object> values = new ArrayList<>();
        if (description.getParameterized().get(command) instanceof List<?> present) {
            values.addAll(present);
        }
        values.add(value);
        description.getParameterized().set(command, values);
    }

    private Map<String, List<String>> assign(List<String> words, List<String> unrecognized) throws UsageException {
        Map<String, List<String>> values = new LinkedHashMap<>();
        List<String> missing = new ArrayList<>();
        int at = 0;
        for (Positional positional : positionals) {
            int end = positional.repeated() ? words.size() : Math.min(at + 1, words.size());
            List<String> taken = List.copyOf(words.subList(at, end));
            if (taken.isEmpty() && positional.required()) {
                missing.add(positional.name());
            }
            values.put(positional.name(), taken);
            at = end;
        }
        if (!missing.isEmpty()) {
            throw UsageException.ofCommand("the following arguments are required: " + String.join(", ", missing));
        }
        if (!unrecognized.isEmpty() || at < words.size()) {
            List<String> all = new ArrayList<>(unrecognized);
            all.addAll(words.subList(at, words.size()));
            throw GlobalOptions.unrecognized(all);
        }
        return values;
    }

    /** Sets flags as long as nothing but such flags and arguments occurs; otherwise all words are left, to be read in full. */
    private List<String> withoutQuickFlags(List<String> words) {
        if (!(command instanceof QuickFlags flags)) {
            return words;
        }
        List<String> rest = new ArrayList<>(words.size());
        for (String word : words) {
            if (!isOption(word)) {
                rest.add(word);
            } else if (!flags.switchOn(word)) {
                return words;
            }
        }
        return rest;
    }

    private static boolean mayHoldOption(List<String> words) {
        for (String word : words) {
            if (isOption(word)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOption(String word) {
        return word.length() > 1 && word.charAt(0) == '-';
    }

    private List<Field> optionFields() {
        List<Field> fields = new ArrayList<>();
        for (Field field : command.getClass().getDeclaredFields()) {
            if (field.isAnnotationPresent(Parameter.class)) {
                fields.add(field);
            }
        }
        return fields;
    }
}
