// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import dev.barman.core.text.PythonText;
import java.util.Locale;
import java.util.Map;

/**
 * {@code %(option)s} in values, as Python's basic interpolation does it.
 *
 * <p>Barman interpolates twice: once inside the file that holds the value, once when the merged value is used. So four
 * percent signs in a file make one in the value, and that is the only way to write one.
 */
final class Interpolation {
    private static final int MAX_DEPTH = 10;

    private Interpolation() {}

    /**
     * Replaces the references in a value.
     *
     * @param options what references may name: the raw values of the same section
     * @throws ConfigException for a stray percent sign, an unknown or endlessly nested reference
     */
    static String apply(String section, String option, String value, Map<String, String> options)
            throws ConfigException {
        if (value.indexOf('%') < 0) {
            return value;
        }
        StringBuilder out = new StringBuilder(value.length());
        append(out, section, option, value, value, options, 1);
        return out.toString();
    }

    private static void append(
            StringBuilder out,
            String section,
            String option,
            String rawValue,
            String text,
            Map<String, String> options,
            int depth)
            throws ConfigException {
        if (depth > MAX_DEPTH) {
            throw new ConfigException(
                    Style.EXCEPTION,
                    "Recursion limit exceeded in value substitution: option " + PythonText.repr(option)
                            + " in section " + PythonText.repr(section)
                            + " contains an interpolation key which cannot be substituted in " + MAX_DEPTH
                            + " steps. Raw value: " + PythonText.repr(rawValue));
        }
        int position = 0;
        while (true) {
            int percent = text.indexOf('%', position);
            if (percent < 0) {
                out.append(text, position, text.length());
                return;
            }
            out.append(text, position, percent);
            char next = percent + 1 < text.length() ? text.charAt(percent + 1) : 0;
            if (next == '%') {
                out.append('%');
                position = percent + 2;
            } else if (next == '(') {
                int end = referenceEnd(text, percent);
                if (end < 0) {
                    throw new ConfigException(
                            Style.EXCEPTION,
                            "bad interpolation variable reference " + PythonText.repr(text.substring(percent)));
                }
                String key = text.substring(percent + 2, end - 2).toLowerCase(Locale.ROOT);
                String referenced = options.get(key);
                if (referenced == null) {
                    throw new ConfigException(
                            Style.EXCEPTION,
                            "Bad value substitution: option " + PythonText.repr(option) + " in section "
                                    + PythonText.repr(section) + " contains an interpolation key "
                                    + PythonText.repr(key) + " which is not a valid option name. Raw value: "
                                    + PythonText.repr(rawValue));
                }
                append(out, section, option, rawValue, referenced, options, depth + 1);
                position = end;
            } else {
                throw new ConfigException(
                        Style.EXCEPTION,
                        "'%' must be followed by '%' or '(', found: " + PythonText.repr(text.substring(percent)));
            }
        }
    }

    /** Returns the index behind the {@code %(name)s} that starts at the index, or -1 when there is none. */
    private static int referenceEnd(String text, int percent) {
        int closing = text.indexOf(')', percent + 2);
        if (closing <= percent + 2 || closing + 1 >= text.length() || text.charAt(closing + 1) != 's') {
            return -1;
        }
        return closing + 2;
    }

    /**
     * Checks that a value which went through the first interpolation will survive the second one as syntax.
     *
     * @throws ConfigException when it has a percent sign that is neither doubled nor begins a reference
     */
    static void check(String value) throws ConfigException {
        if (value.indexOf('%') < 0) {
            return;
        }
        String rest = value.replace("%%", "");
        int removed = rest.indexOf('%');
        StringBuilder kept = new StringBuilder();
        int position = 0;
        while (removed >= 0) {
            int end = removed + 1 < rest.length() && rest.charAt(removed + 1) == '(' ? referenceEnd(rest, removed) : -1;
            if (end < 0) {
                int at = kept.length() + removed - position;
                throw new ConfigException(
                        Style.EXCEPTION,
                        "invalid interpolation syntax in " + PythonText.repr(value) + " at position " + at);
            }
            kept.append(rest, position, removed);
            position = end;
            removed = rest.indexOf('%', position);
        }
    }
}
