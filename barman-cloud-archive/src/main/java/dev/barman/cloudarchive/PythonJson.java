// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.wal.catalog.PythonFloat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A JSON value whose text is that of Python's encoder, on one line, members in the order in which they were put. */
sealed interface PythonJson {
    /** Appends the text of the value. */
    void writeTo(StringBuilder out);

    /** {@code null}, {@code true}, an integer: what needs no quoting. */
    record Plain(String text) implements PythonJson {
        static final Plain NULL = new Plain("null");

        static Plain of(long value) {
            return new Plain(Long.toString(value));
        }

        static Plain of(double value) {
            return new Plain(PythonFloat.repr(value));
        }

        @Override
        public void writeTo(StringBuilder out) {
            out.append(text);
        }
    }

    /** A text; everything outside printable ASCII is escaped, slashes are not. */
    record Text(String text) implements PythonJson {
        @Override
        public void writeTo(StringBuilder out) {
            out.append('"');
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                switch (c) {
                    case '"' -> out.append("\\\"");
                    case '\\' -> out.append("\\\\");
                    case '\n' -> out.append("\\n");
                    case '\r' -> out.append("\\r");
                    case '\t' -> out.append("\\t");
                    case '\b' -> out.append("\\b");
                    case '\f' -> out.append("\\f");
                    default -> {
                        if (c < 0x20 || c > 0x7e) {
                            out.append("\\u").append(String.format("%04x", (int) c));
                        } else {
                            out.append(c);
                        }
                    }
                }
            }
            out.append('"');
        }
    }

    /** An array. */
    record Elements(List<? extends PythonJson> items) implements PythonJson {
        @Override
        public void writeTo(StringBuilder out) {
            out.append('[');
            String separator = "";
            for (PythonJson item : items) {
                out.append(separator);
                item.writeTo(out);
                separator = ", ";
            }
            out.append(']');
        }
    }

    /** An object. Not thread-safe. */
    final class Members implements PythonJson {
        private final Map<String, PythonJson> members = new LinkedHashMap<>();

        Members put(String name, PythonJson value) {
            members.put(name, value);
            return this;
        }

        Members put(String name, @Nullable String value) {
            return put(name, value == null ? Plain.NULL : new Text(value));
        }

        Members put(String name, @Nullable Long value) {
            return put(name, value == null ? Plain.NULL : Plain.of(value));
        }

        @Override
        public void writeTo(StringBuilder out) {
            out.append('{');
            String separator = "";
            for (Map.Entry<String, PythonJson> member : members.entrySet()) {
                out.append(separator);
                new Text(member.getKey()).writeTo(out);
                out.append(": ");
                member.getValue().writeTo(out);
                separator = ", ";
            }
            out.append('}');
        }

        @Override
        public String toString() {
            StringBuilder out = new StringBuilder();
            writeTo(out);
            return out.toString();
        }
    }
}
