// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.text.PythonText;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The effective value of one option, as {@code show-servers} and {@code diagnose} present it.
 *
 * <p>As JSON, {@link Unset} is null, {@link Flag} a boolean, {@link Whole} a number, {@link Names} an array of strings,
 * {@link Rates} an object; every other kind is its {@link #text()} as a string. Immutable.
 */
public sealed interface OptionValue {
    /** The value of an option that has none. */
    OptionValue UNSET = new Unset();

    /** Returns the console text. */
    String text();

    /** No value. */
    record Unset() implements OptionValue {
        @Override
        public String text() {
            return "None";
        }
    }

    /** A boolean. */
    record Flag(boolean value) implements OptionValue {
        /** On. */
        public static final Flag TRUE = new Flag(true);

        /** Off. */
        public static final Flag FALSE = new Flag(false);

        /** Returns {@link #TRUE} or {@link #FALSE}. */
        public static Flag of(boolean value) {
            return value ? TRUE : FALSE;
        }

        @Override
        public String text() {
            return value ? "True" : "False";
        }
    }

    /** An integer; numbers beyond 64 bits are cut to the nearest that fits. */
    record Whole(long value) implements OptionValue {
        @Override
        public String text() {
            return Long.toString(value);
        }
    }

    /** A string. */
    record Text(String value) implements OptionValue {
        @Override
        public String text() {
            return value;
        }
    }

    /** A set of words, for instance {@code BackupOptions({'concurrent_backup'})}. */
    record Words(String typeName, SortedSet<String> values) implements OptionValue {
        /** Copies the set. */
        public Words {
            values = Collections.unmodifiableSortedSet(new TreeSet<>(values));
        }

        @Override
        public String text() {
            if (values.isEmpty()) {
                return typeName + "()";
            }
            String list = PythonText.repr(values);
            return typeName + "({" + list.substring(1, list.length() - 1) + "})";
        }
    }

    /** A length of time, for instance {@code 31 days, 0:00:00}. */
    record Interval(Duration value) implements OptionValue {
        @Override
        public String text() {
            long days = value.toDays();
            StringBuilder out = new StringBuilder();
            if (days != 0) {
                out.append(days).append(days == 1 ? " day, " : " days, ");
            }
            out.append(value.toHoursPart()).append(':');
            twoDigits(out, value.toMinutesPart());
            twoDigits(out.append(':'), value.toSecondsPart());
            return out.toString();
        }

        private static void twoDigits(StringBuilder out, int number) {
            out.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
        }
    }

    /** A rate for each of some tablespaces, in kB/s. */
    record Rates(Map<String, Long> values) implements OptionValue {
        /** Copies the map. */
        public Rates {
            values = Collections.unmodifiableMap(new TreeMap<>(values));
        }

        @Override
        public String text() {
            return PythonText.repr(values);
        }
    }

    /** A list of names. */
    record Names(List<String> values) implements OptionValue {
        /** Copies the list. */
        public Names {
            values = List.copyOf(values);
        }

        @Override
        public String text() {
            return PythonText.repr(values);
        }
    }

    /** The first bytes of a file in a custom compression format, in hexadecimal digits. */
    record Magic(String hexDigits) implements OptionValue {
        @Override
        public String text() {
            StringBuilder out = new StringBuilder("b'");
            for (int i = 0; i < hexDigits.length(); i += 2) {
                char c = (char) Integer.parseInt(hexDigits.substring(i, i + 2), 16);
                switch (c) {
                    case '\n' -> out.append("\\n");
                    case '\r' -> out.append("\\r");
                    case '\t' -> out.append("\\t");
                    case '\\', '\'' -> out.append('\\').append(c);
                    default -> {
                        if (c >= 0x20 && c < 0x7f) {
                            out.append(c);
                        } else {
                            out.append("\\x").append(Integer.toHexString(0x100 | c), 1, 3);
                        }
                    }
                }
            }
            return out.append('\'').toString();
        }
    }
}
