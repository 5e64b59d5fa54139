// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import dev.barman.core.text.PythonText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Splits the text of a configuration file into raw sections and options, line by line. Not thread-safe; for one use. */
final class IniReader {
    private final String fileName;
    private final String text;
    private final Map<String, Map<String, StringBuilder>> sections = new LinkedHashMap<>();
    private final List<String> errors = new ArrayList<>();

    private @Nullable Map<String, StringBuilder> section;
    private @Nullable StringBuilder value;
    private int indentation;

    IniReader(String fileName, String text) {
        this.fileName = fileName;
        this.text = text;
    }

    /** Reads everything; the result is in file order and not interpolated, {@code [DEFAULT]} included. */
    Map<String, Map<String, String>> read() throws ConfigException {
        int lineNumber = 0;
        int length = text.length();
        int start = 0;
        while (start < length) {
            int end = start;
            while (end < length && text.charAt(end) != '\n' && text.charAt(end) != '\r') {
                end++;
            }
            lineNumber++;
            line(lineNumber, start, end);
            start = end + 1;
            if (end + 1 < length && text.charAt(end) == '\r' && text.charAt(end + 1) == '\n') {
                start++;
            }
        }
        if (!errors.isEmpty()) {
            throw new ConfigException(
                    Style.EXCEPTION,
                    "Source contains parsing errors: " + PythonText.repr(fileName) + String.join("", errors));
        }
        return join();
    }

    private void line(int number, int start, int end) throws ConfigException {
        int from = start;
        while (from < end && PythonBlanks.isSpace(text.charAt(from))) {
            from++;
        }
        int to = end;
        while (to > from && PythonBlanks.isSpace(text.charAt(to - 1))) {
            to--;
        }
        if (from == to) {
            if (value != null) {
                value.append('\n');
            }
            return;
        }
        char first = text.charAt(from);
        if (first == '#' || first == ';') {
            return;
        }
        int indent = from - start;
        if (value != null && indent > indentation) {
            value.append('\n').append(text, from, to);
            return;
        }
        indentation = indent;
        int closing = first == '[' ? text.lastIndexOf(']', to - 1) : -1;
        if (closing > from + 1) {
            section = sections.computeIfAbsent(text.substring(from + 1, closing), name -> new LinkedHashMap<>());
            value = null;
        } else if (section == null) {
            throw new ConfigException(
                    Style.EXCEPTION,
                    "File contains no section headers.\nfile: " + PythonText.repr(fileName) + ", line: " + number + "\n"
                            + quotedLine(start, end));
        } else {
            option(section, number, start, end, from, to);
        }
    }

    private void option(Map<String, StringBuilder> options, int number, int start, int end, int from, int to) {
        int delimiter = from;
        while (delimiter < to && text.charAt(delimiter) != '=' && text.charAt(delimiter) != ':') {
            delimiter++;
        }
        if (delimiter == to || delimiter == from) {
            errors.add("\n\t[line " + (number < 10 ? " " : "") + number + "]: " + quotedLine(start, end));
            if (delimiter == from) {
                value = null;
            }
            return;
        }
        String name = PythonBlanks.strip(text, from, delimiter).toLowerCase(Locale.ROOT);
        value = new StringBuilder(PythonBlanks.strip(text, delimiter + 1, to));
        options.put(name, value);
    }

    private String quotedLine(int start, int end) {
        String line = text.substring(start, end);
        return PythonText.repr(end < text.length() ? line + "\n" : line);
    }

    private Map<String, Map<String, String>> join() {
        Map<String, Map<String, String>> result = new LinkedHashMap<>();
        for (Map.Entry<String, Map<String, StringBuilder>> entry : sections.entrySet()) {
            Map<String, String> options = new LinkedHashMap<>();
            for (Map.Entry<String, StringBuilder> option : entry.getValue().entrySet()) {
                String joined = option.getValue().toString();
                int end = joined.length();
                while (end > 0 && PythonBlanks.isSpace(joined.charAt(end - 1))) {
                    end--;
                }
                options.put(option.getKey(), joined.substring(0, end));
            }
            result.put(entry.getKey(), options);
        }
        return result;
    }
}
