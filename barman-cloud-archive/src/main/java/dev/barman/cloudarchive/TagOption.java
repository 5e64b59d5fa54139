// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The options {@code --tag K,V} and, in the deprecated form, {@code --tags K,V ...}. */
final class TagOption {
    private static final int MAX_KEY = 128;
    private static final int MAX_VALUE = 256;
    private static final String PUNCTUATION = " _.:/=+-@";

    private TagOption() {}

    /**
     * Reads the tags of both forms.
     *
     * @param one main name of the repeatable option
     * @param many main name of the deprecated option
     */
    static Map<String, String> parse(ParsedArguments arguments, String one, String many) throws UsageException {
        Map<String, String> tags = new LinkedHashMap<>();
        for (String text : arguments.values(one)) {
            int comma = text.indexOf(',');
            if (comma < 0) {
                throw invalid(one, text, "it must be a key and a value, separated by a comma");
            }
            String key = text.substring(0, comma).strip();
            String value = text.substring(comma + 1).strip();
            check(one, text, key, value);
            tags.put(key, value);
        }
        for (String text : arguments.values(many)) {
            List<String> fields = csv(text);
            if (fields.size() != 2) {
                throw invalid(many, text, "it must be a key and a value, separated by a comma");
            }
            tags.put(fields.get(0), fields.get(1));
        }
        return tags;
    }

    private static void check(String option, String text, String key, String value) throws UsageException {
        if (key.isEmpty() || key.length() > MAX_KEY) {
            throw invalid(option, text, "the key must have 1 to " + MAX_KEY + " characters");
        }
        if (key.startsWith("aws:")) {
            throw invalid(option, text, "the key must not begin with aws:");
        }
        if (value.length() > MAX_VALUE) {
            throw invalid(option, text, "the value must have at most " + MAX_VALUE + " characters");
        }
        for (String part : List.of(key, value)) {
            for (int i = 0; i < part.length(); i++) {
                char c = part.charAt(i);
                if (!Character.isLetterOrDigit(c) && PUNCTUATION.indexOf(c) < 0) {
                    throw invalid(option, text, "the character '" + c + "' is not allowed");
                }
            }
        }
    }

    private static UsageException invalid(String option, String text, String why) {
        return new UsageException("argument " + option + ": invalid tag '" + text + "': " + why);
    }

    /** One line of comma-separated values with double quotes. */
    private static List<String> csv(String text) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' && (quoted || field.length() == 0)) {
                if (quoted && i + 1 < text.length() && text.charAt(i + 1) == '"') {
                    field.append(c);
                    i++;
                } else {
                    quoted = !quoted;
                }
            } else if (c == ',' && !quoted) {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        fields.add(field.toString());
        return fields;
    }
}
