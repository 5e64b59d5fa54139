// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.text.PythonText;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A value in the notation of Python literals, as some fields of {@code backup.info} have it. Immutable.
 *
 * <p>{@link #toString()} writes the literal the way Python prints it; numbers keep the digits they were read with, dictionaries
 * their order.
 */
@SuppressWarnings("ClassInitializationDeadlock") // the constant is a record without initialisation of its own
public sealed interface PythonLiteral {

    /** {@code None}. */
    None NONE = new None();

    /** {@code None}. */
    record None() implements PythonLiteral {
        @Override
        public String toString() {
            return "None";
        }
    }

    /** {@code True} or {@code False}. */
    record Bool(boolean value) implements PythonLiteral {
        @Override
        public String toString() {
            return PythonText.of(value);
        }
    }

    /** An integer or a float, as its digits. */
    record Number(String digits) implements PythonLiteral {
        /** Checks that the digits are a number. */
        public Number {
            Double.parseDouble(digits);
        }

        /** An integer. */
        public static Number of(long value) {
            return new Number(Long.toString(value));
        }

        /** A number of seconds, rounded to microseconds, always with a fraction, as Barman keeps its statistics. */
        public static Number seconds(double value) {
            String digits = PythonText.fixed(value, 6);
            int end = digits.length();
            while (digits.charAt(end - 1) == '0' && digits.charAt(end - 2) != '.') {
                end--;
            }
            return new Number(digits.substring(0, end));
        }

        /** The value; large integers lose precision. */
        public double value() {
            return Double.parseDouble(digits);
        }

        @Override
        public String toString() {
            return digits;
        }
    }

    /** A text. */
    record Text(String value) implements PythonLiteral {
        // Written out: the methods that records are given are put together at run time, in tens of milliseconds.
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Text that && value.equals(that.value);
        }

        @Override
        public int hashCode() {
            return value.hashCode();
        }

        @Override
        public String toString() {
            return PythonText.repr(value);
        }
    }

    /** {@code [a, b]}. */
    record ListOf(List<PythonLiteral> items) implements PythonLiteral {
        /** Copies the items. */
        public ListOf {
            items = List.copyOf(items);
        }

        @Override
        public String toString() {
            return join('[', items, "]");
        }
    }

    /** {@code (a, b)}. */
    record Tuple(List<PythonLiteral> items) implements PythonLiteral {
        /** Copies the items. */
        public Tuple {
            items = List.copyOf(items);
        }

        @Override
        public String toString() {
            return join('(', items, items.size() == 1 ? ",)" : ")");
        }
    }

    /** {@code {'k': v}}; a later entry with an equal key wins, as in Python. */
    record Dict(Map<PythonLiteral, PythonLiteral> entries) implements PythonLiteral {
        /** Copies the entries, keeping their order. */
        public Dict {
            entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        }

        /** A dictionary with texts as keys. */
        public static Dict of(Map<String, ? extends PythonLiteral> entries) {
            Map<PythonLiteral, PythonLiteral> copy = new LinkedHashMap<>();
            entries.forEach((key, value) -> copy.put(new Text(key), value));
            return new Dict(copy);
        }

        /** The value under a text key, null when there is none. */
        public @Nullable PythonLiteral get(String key) {
            return entries.get(new Text(key));
        }

        @Override
        public String toString() {
            StringBuilder out = new StringBuilder("{");
            String separator = "";
            for (Map.Entry<PythonLiteral, PythonLiteral> entry : entries.entrySet()) {
                out.append(separator).append(entry.getKey()).append(": ").append(entry.getValue());
                separator = ", ";
            }
            return out.append('}').toString();
        }
    }

    /**
     * Reads one literal; blanks around it are ignored.
     *
     * @throws IllegalArgumentException quoting the text, when it is no literal of these kinds
     */
    static PythonLiteral parse(String text) {
        return new PythonLiteralParser(text).parse();
    }

    /** The list or tuple's items; empty when this is neither. */
    default List<PythonLiteral> itemsOrEmpty() {
        if (this instanceof ListOf list) {
            return list.items();
        }
        return this instanceof Tuple tuple ? tuple.items() : List.of();
    }

    /** The value under a key, when this is a dictionary that has it. */
    default Optional<PythonLiteral> at(String key) {
        return this instanceof Dict dict ? Optional.ofNullable(dict.get(key)) : Optional.empty();
    }

    /** The number under a key, when this is a dictionary that has one there. */
    default OptionalDouble numberAt(String key) {
        return this instanceof Dict dict && dict.get(key) instanceof Number number
                ? OptionalDouble.of(number.value())
                : OptionalDouble.empty();
    }

    /** Whether Python takes the value for false: {@code None}, {@code False}, zero, an empty text or collection. */
    default boolean isFalse() {
        if (this instanceof None) {
            return true;
        } else if (this instanceof Bool bool) {
            return !bool.value();
        } else if (this instanceof Number number) {
            return number.value() == 0;
        } else if (this instanceof Text value) {
            return value.value().isEmpty();
        } else if (this instanceof Dict dict) {
            return dict.entries().isEmpty();
        }
        return itemsOrEmpty().isEmpty();
    }

    private static String join(char open, List<PythonLiteral> items, String close) {
        StringBuilder out = new StringBuilder().append(open);
        String separator = "";
        for (PythonLiteral item : items) {
            out.append(separator).append(item);
            separator = ", ";
        }
        return out.append(close).toString();
    }
}
