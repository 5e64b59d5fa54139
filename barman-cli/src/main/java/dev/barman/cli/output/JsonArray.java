// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.output;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A JSON array. Not thread-safe. */
public final class JsonArray {
    private final List<JsonValue> elements = new ArrayList<>();

    /** Adds a string, or null. */
    public JsonArray add(@Nullable String value) {
        elements.add(value == null ? JsonValue.NULL : new JsonValue.Text(value));
        return this;
    }

    /** Adds an integer. */
    public JsonArray add(long value) {
        elements.add(new JsonValue.Integer(value));
        return this;
    }

    /** Adds an object. */
    public JsonArray add(JsonObject value) {
        elements.add(new JsonValue.Members(value));
        return this;
    }

    /** Adds an array. */
    public JsonArray add(JsonArray value) {
        elements.add(new JsonValue.Elements(value));
        return this;
    }

    void writeTo(StringBuilder out) {
        out.append('[');
        for (int i = 0; i < elements.size(); i++) {
            if (i > 0) {
                out.append(", ");
            }
            elements.get(i).writeTo(out);
        }
        out.append(']');
    }
}
