// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.output;

import dev.barman.wal.catalog.PythonFloat;

/** One value of a JSON document, written in the form of Python's encoder. */
sealed interface JsonValue {
    JsonValue NULL = new Null();

    void writeTo(StringBuilder out);

    record Null() implements JsonValue {
        @Override
        public void writeTo(StringBuilder out) {
            out.append("null");
        }
    }

    record Text(String text) implements JsonValue {
        @Override
        public void writeTo(StringBuilder out) {
            quote(out, text);
        }
    }

    record Integer(long value) implements JsonValue {
        @Override
        public void writeTo(StringBuilder out) {
            out.append(value);
        }
    }

    record Real(double value) implements JsonValue {
        @Override
        public void writeTo(StringBuilder out) {
            out.append(PythonFloat.repr(value));
        }
    }

    record Bool(boolean value) implements JsonValue {
        @Override
        public void writeTo(StringBuilder out) {
            out.append(value);
        }
    }

    record Members(JsonObject object) implements JsonValue {
        @Override
        public void writeTo(StringBuilder out) {
            object.writeTo(out);
        }
    }

    record Elements(JsonArray array) implements JsonValue {
        @Override
        public void writeTo(StringBuilder out) {
            array.writeTo(out);
        }
    }

    /** Appends a quoted string: everything outside printable ASCII is escaped, slashes are not. */
    static void quote(StringBuilder out, String text) {
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
                        out.append("\\u");
                        for (int shift = 12; shift >= 0; shift -= 4) {
                            out.append("0123456789abcdef".charAt((c >> shift) & 0xf));
                        }
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
