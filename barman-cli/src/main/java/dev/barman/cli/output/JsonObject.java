// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.output;

import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A JSON object that prints its keys sorted. A later value replaces an earlier one of the same key. Not thread-safe. */
public final class JsonObject {
    private final TreeMap<String, JsonValue> members = new TreeMap<>();

    /** Puts a string, or null. */
    public JsonObject put(String key, @Nullable String value) {
        return set(key, value == null ? JsonValue.NULL : new JsonValue.Text(value));
    }

    /** Puts an integer. */
    public JsonObject put(String key, long value) {
        return set(key, new JsonValue.Integer(value));
    }

    /** Puts a floating point number, printed in its shortest form ({@code 5.0}, {@code 1e-05}). */
    public JsonObject put(String key, double value) {
        return set(key, new JsonValue.Real(value));
    }

    /** Puts a boolean. */
    public JsonObject put(String key, boolean value) {
        return set(key, new JsonValue.Bool(value));
    }

    /** Puts an object. */
    public JsonObject put(String key, JsonObject value) {
        return set(key, new JsonValue.Members(value));
    }

    /** Puts an array. */
    public JsonObject put(String key, JsonArray value) {
        return set(key, new JsonValue.Elements(value));
    }

    /** Puts an array of strings. */
    public JsonObject put(String key, List<String> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return put(key, array);
    }

    /** Puts null. */
    public JsonObject putNull(String key) {
        return set(key, JsonValue.NULL);
    }

    /** The object under the key, made when absent. */
    public JsonObject object(String key) {
        if (members.get(key) instanceof JsonValue.Members existing) {
            return existing.object();
        }
        JsonObject made = new JsonObject();
        put(key, made);
        return made;
    }

    /** The array under the key, made when absent. */
    public JsonArray array(String key) {
        if (members.get(key) instanceof JsonValue.Elements existing) {
            return existing.array();
        }
        JsonArray made = new JsonArray();
        put(key, made);
        return made;
    }

    private JsonObject set(String key, JsonValue value) {
        members.put(key, value);
        return this;
    }

    void writeTo(StringBuilder out) {
        out.append('{');
        boolean first = true;
        for (var member : members.entrySet()) {
            if (!first) {
                out.append(", ");
            }
            first = false;
            JsonValue.quote(out, member.getKey());
            out.append(": ");
            member.getValue().writeTo(out);
        }
        out.append('}');
    }

    /** The document on one line, without a newline. */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        writeTo(out);
        return out.toString();
    }
}
