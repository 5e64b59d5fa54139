// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Recursive descent over one Python literal. Not thread-safe, used once. */
final class PythonLiteralParser {
    private static final int MAXIMUM_DEPTH = 50;

    private final String text;
    private int position;
    private int depth;

    PythonLiteralParser(String text) {
        this.text = text;
    }

    PythonLiteral parse() {
        PythonLiteral value = value();
        if (position != text.length()) {
            throw malformed();
        }
        return value;
    }

    private PythonLiteral value() {
        if (++depth > MAXIMUM_DEPTH) {
            throw malformed();
        }
        skipBlanks();
        char c = peek();
        PythonLiteral value;
        if (c == '\'' || c == '"') {
            value = new PythonLiteral.Text(string());
        } else if (c == '[') {
            value = new PythonLiteral.ListOf(items(']').items());
        } else if (c == '(') {
            Items items = items(')');
            boolean isTuple = items.trailingComma() || items.items().size() != 1;
            value = isTuple
                    ? new PythonLiteral.Tuple(items.items())
                    : items.items().get(0);
        } else if (c == '{') {
            value = dictionary();
        } else if (c == '-' || c == '+' || c == '.' || c >= '0' && c <= '9') {
            value = number();
        } else {
            value = word();
        }
        skipBlanks();
        depth--;
        return value;
    }

    private record Items(List<PythonLiteral> items, boolean trailingComma) {}

    private Items items(char close) {
        position++;
        List<PythonLiteral> items = new ArrayList<>();
        boolean comma = false;
        skipBlanks();
        while (peek() != close) {
            if (!items.isEmpty() && !comma) {
                throw malformed();
            }
            items.add(value());
            comma = peek() == ',';
            if (comma) {
                position++;
                skipBlanks();
            }
        }
        position++;
        return new Items(items, comma);
    }

    private PythonLiteral dictionary() {
        position++;
        Map<PythonLiteral, PythonLiteral> entries = new LinkedHashMap<>();
        boolean comma = true;
        skipBlanks();
        while (peek() != '}') {
            if (!comma) {
                throw malformed();
            }
            PythonLiteral key = value();
            if (peek() != ':') {
                throw malformed();
            }
            position++;
            entries.put(key, value());
            comma = peek() == ',';
            if (comma) {
                position++;
                skipBlanks();
            }
        }
        position++;
        return new PythonLiteral.Dict(entries);
    }

    private PythonLiteral number() {
        int start = position;
        while (position < text.length() && "+-.0123456789eE".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
        try {
            return new PythonLiteral.Number(text.substring(start, position));
        } catch (NumberFormatException e) {
            throw malformed();
        }
    }

    private PythonLiteral word() {
        int start = position;
        while (position < text.length() && Character.isLetter(text.charAt(position))) {
            position++;
        }
        String word = text.substring(start, position);
        return switch (word) {
            case "None" -> PythonLiteral.NONE;
            case "True" -> new PythonLiteral.Bool(true);
            case "False" -> new PythonLiteral.Bool(false);
            case "u" -> new PythonLiteral.Text(string());
            default -> throw malformed();
        };
    }

    private String string() {
        char quote = peek();
        if (quote != '\'' && quote != '"') {
            throw malformed();
        }
        position++;
        StringBuilder out = new StringBuilder();
        while (true) {
            char c = next();
            if (c == quote) {
                return out.toString();
            }
            if (c == '\\') {
                escape(out);
            } else {
                out.append(c);
            }
        }
    }

    private void escape(StringBuilder out) {
        char c = next();
        switch (c) {
            case 'n' -> out.append('\n');
            case 't' -> out.append('\t');
            case 'r' -> out.append('\r');
            case 'a' -> out.append('\u0007');
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'v' -> out.append('\u000b');
            case '\\', '\'', '"' -> out.append(c);
            case 'x' -> out.appendCodePoint(codePoint(2));
            case 'u' -> out.appendCodePoint(codePoint(4));
            case 'U' -> out.appendCodePoint(codePoint(8));
            case '0', '1', '2', '3', '4', '5', '6', '7' -> out.append(octal(c));
            default -> out.append('\\').append(c);
        }
    }

    private char octal(char first) {
        int value = first - '0';
        for (int i = 0; i < 2 && position < text.length(); i++) {
            char c = text.charAt(position);
            if (c < '0' || c > '7') {
                break;
            }
            value = value * 8 + (c - '0');
            position++;
        }
        return (char) value;
    }

    private int codePoint(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(next(), 16);
            if (digit < 0) {
                throw malformed();
            }
            value = value << 4 | digit;
        }
        if (!Character.isValidCodePoint(value)) {
            throw malformed();
        }
        return value;
    }

    private void skipBlanks() {
        while (position < text.length() && Character.isWhitespace(text.charAt(position))) {
            position++;
        }
    }

    private char peek() {
        if (position >= text.length()) {
            throw malformed();
        }
        return text.charAt(position);
    }

    private char next() {
        char c = peek();
        position++;
        return c;
    }

    private IllegalArgumentException malformed() {
        return new IllegalArgumentException("not a Python literal: " + text);
    }
}
