// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.tools;

import dev.barman.core.postgres.PostgresVersion;
import java.util.Optional;

/**
 * The version a PostgreSQL client program prints: {@code 15.18}, {@code 9.6.24}, {@code 18beta1}, {@code 19devel}.
 * Ordered by its leading numbers. Immutable.
 *
 * @param text the version as printed
 */
public record ToolVersion(String text) implements Comparable<ToolVersion> {

    public ToolVersion {
        if (text.isEmpty() || !Character.isDigit(text.charAt(0))) {
            throw new IllegalArgumentException("not a version of a PostgreSQL program: \"" + text + "\"");
        }
    }

    /**
     * The version in the answer to {@code --version}: parenthesised parts dropped, the second word of the rest.
     *
     * @return empty if there is no such word, or it is no version
     */
    static Optional<ToolVersion> parseAnswer(String answer) {
        StringBuilder plain = new StringBuilder();
        int depth = 0;
        for (int i = 0; i < answer.length(); i++) {
            char c = answer.charAt(i);
            if (c == '(') {
                depth++;
            } else if (c == ')') {
                depth--;
            } else if (depth <= 0) {
                plain.append(Character.isWhitespace(c) ? ' ' : c);
            }
        }
        String rest = plain.toString().strip();
        int first = rest.indexOf(' ');
        if (first < 0) {
            return Optional.empty();
        }
        String second = rest.substring(first).strip();
        int end = second.indexOf(' ');
        String word = end < 0 ? second : second.substring(0, end);
        return isVersion(word) ? Optional.of(new ToolVersion(word)) : Optional.empty();
    }

    /** Digits followed by {@code .digits}, {@code devel}, {@code beta}, {@code alpha} or {@code rc}, or digits alone. */
    private static boolean isVersion(String word) {
        int digits = 0;
        while (digits < word.length() && Character.isDigit(word.charAt(digits))) {
            digits++;
        }
        if (digits == 0) {
            return false;
        }
        String rest = word.substring(digits);
        if (rest.isEmpty()) {
            return true;
        }
        if (rest.startsWith(".")) {
            return rest.length() > 1 && Character.isDigit(rest.charAt(1));
        }
        return rest.startsWith("devel") || rest.startsWith("beta") || rest.startsWith("alpha") || rest.startsWith("rc");
    }

    /** The first number: 15 of {@code 15.18}, 9 of {@code 9.6.24}. */
    public int major() {
        return component(0);
    }

    /** Whether the program is of this version or a newer one; the second number counts below 10 only. */
    public boolean isAtLeast(int major, int minor) {
        return major() > major || (major() == major && (major >= 10 || component(1) >= minor));
    }

    /** Whether the program works with a server: its major version is not older. */
    public boolean isCompatibleWith(PostgresVersion server) {
        int number = server.number();
        return isAtLeast(number / 10_000, number < 100_000 ? number / 100 % 100 : 0);
    }

    private int component(int wanted) {
        int at = 0;
        for (int index = 0; at < text.length() && Character.isDigit(text.charAt(at)); index++) {
            int value = 0;
            while (at < text.length() && Character.isDigit(text.charAt(at))) {
                value = value * 10 + Character.digit(text.charAt(at++), 10);
            }
            if (index == wanted) {
                return value;
            }
            if (at < text.length() && text.charAt(at) == '.') {
                at++;
            }
        }
        return 0;
    }

    @Override
    public int compareTo(ToolVersion other) {
        for (int i = 0; i < 3; i++) {
            int order = Integer.compare(component(i), other.component(i));
            if (order != 0) {
                return order;
            }
        }
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }
}
