// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * libpq's grammar of connection strings (PostgreSQL documentation, "Connection Strings"). Messages name keywords and
 * positions, never values. Stateful, one use.
 */
final class ConnInfoParser {

    private final String text;
    private final Map<String, String> parameters = new LinkedHashMap<>();
    private int at;

    private ConnInfoParser(String text) {
        this.text = text;
    }

    static Map<String, String> parse(String text) {
        ConnInfoParser parser = new ConnInfoParser(text);
        if (text.startsWith("postgresql://")) {
            parser.at = "postgresql://".length();
            parser.uri();
        } else if (text.startsWith("postgres://")) {
            parser.at = "postgres://".length();
            parser.uri();
        } else {
            parser.keywords();
        }
        return parser.parameters;
    }

    /** The blanks of C's {@code isspace}. */
    static boolean isSpace(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    private boolean more() {
        return at < text.length();
    }

    private void skipSpace() {
        while (more() && isSpace(text.charAt(at))) {
            at++;
        }
    }

    private void keywords() {
        skipSpace();
        while (more()) {
            int start = at;
            while (more() && text.charAt(at) != '=' && !isSpace(text.charAt(at))) {
                at++;
            }
            String keyword = text.substring(start, at);
            skipSpace();
            if (!more() || text.charAt(at) != '=') {
                // The word itself may be the tail of a password with a blank in it.
                throw new IllegalArgumentException(
                        "missing \"=\" after the word at position " + (start + 1) + " of the connection string");
            }
            if (keyword.isEmpty()) {
                throw new IllegalArgumentException(
                        "missing keyword before \"=\" at position " + (at + 1) + " of the connection string");
            }
            at++;
            skipSpace();
            parameters.put(keyword, more() && text.charAt(at) == '\'' ? quoted(keyword) : unquoted());
            skipSpace();
        }
    }

    private String unquoted() {
        StringBuilder value = new StringBuilder();
        while (more() && !isSpace(text.charAt(at))) {
            char c = text.charAt(at++);
            if (c == '\\') {
                if (!more()) {
                    break;
                }
                c = text.charAt(at++);
            }
            value.append(c);
        }
        return value.toString();
    }

    private String quoted(String keyword) {
        at++;
        StringBuilder value = new StringBuilder();
        while (more()) {
            char c = text.charAt(at++);
            if (c == '\'') {
                return value.toString();
            }
            if (c == '\\' && more()) {
                c = text.charAt(at++);
            }
            value.append(c);
        }
        throw new IllegalArgumentException(
                "unterminated quoted string of keyword \"" + keyword + "\" in the connection string");
    }

    private void uri() {
        userInfo();
        StringBuilder hosts = new StringBuilder();
        StringBuilder ports = new StringBuilder();
        boolean again;
        do {
            hosts.append(host());
            if (more() && text.charAt(at) == ':') {
                at++;
                ports.append(decode(upTo("/?,")));
            }
            again = more() && text.charAt(at) == ',';
            if (again) {
                at++;
                hosts.append(',');
                ports.append(',');
            }
        } while (again);
        if (hosts.length() > 0) {
            parameters.put("host", decode(hosts.toString()));
        }
        if (ports.length() > 0 && !onlyCommas(ports)) {
            parameters.put("port", ports.toString());
        }
        if (more() && text.charAt(at) == '/') {
            at++;
            String database = decode(upTo("?"));
            if (!database.isEmpty()) {
                parameters.put("dbname", database);
            }
        }
        if (more()) {
            at++; // the question mark: upTo() and host() stop nowhere else
            query();
        }
    }

    private void userInfo() {
        int end = at;
        while (end < text.length() && text.charAt(end) != '@' && text.charAt(end) != '/') {
            end++;
        }
        if (end == text.length() || text.charAt(end) != '@') {
            return;
        }
        String user = decode(upTo(":@"));
        if (!user.isEmpty()) {
            parameters.put("user", user);
        }
        if (text.charAt(at) == ':') {
            at++;
            String password = decode(upTo("@"));
            if (!password.isEmpty()) {
                parameters.put("password", password);
            }
        }
        at = end + 1;
    }

    /** One host as written, percent signs still encoded. */
    private String host() {
        if (!more() || text.charAt(at) != '[') {
            return upTo(":/?,");
        }
        int start = ++at;
        while (more() && text.charAt(at) != ']') {
            at++;
        }
        if (!more()) {
            throw new IllegalArgumentException("end of the URI reached while looking for \"]\" after an IPv6 address");
        }
        String address = text.substring(start, at++);
        if (address.isEmpty()) {
            throw new IllegalArgumentException("an IPv6 address in a URI may not be empty");
        }
        if (more() && ":/?,".indexOf(text.charAt(at)) < 0) {
            throw new IllegalArgumentException("unexpected character after \"]\" at position " + (at + 1)
                    + " of the URI (expected \":\", \"/\", \"?\" or \",\")");
        }
        return address;
    }

    private void query() {
        while (more()) {
            String keyword = decode(upTo("=&"));
            if (!more() || text.charAt(at) == '&') {
                throw new IllegalArgumentException(
                        "missing \"=\" after the parameter at position " + at + " of the URI");
            }
            at++;
            String encoded = upTo("&=");
            if (more() && text.charAt(at) == '=') {
                throw new IllegalArgumentException("extra \"=\" in URI query parameter \"" + keyword + "\"");
            }
            String value = decode(encoded);
            if (keyword.equals("ssl") && value.equals("true")) {
                parameters.put("sslmode", "require");
            } else {
                parameters.put(keyword, value);
            }
            if (more()) {
                at++;
            }
        }
    }

    private String upTo(String delimiters) {
        int start = at;
        while (more() && delimiters.indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(start, at);
    }

    private static boolean onlyCommas(StringBuilder ports) {
        for (int i = 0; i < ports.length(); i++) {
            if (ports.charAt(i) != ',') {
                return false;
            }
        }
        return true;
    }

    private static String decode(String encoded) {
        if (encoded.indexOf('%') < 0) {
            return encoded;
        }
        byte[] raw = encoded.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(raw.length);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                decoded.write(raw[i]);
                continue;
            }
            int high = i + 2 < raw.length ? Character.digit((char) raw[i + 1], 16) : -1;
            int low = i + 2 < raw.length ? Character.digit((char) raw[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                throw new IllegalArgumentException("invalid percent-encoded token in the URI");
            }
            if (high == 0 && low == 0) {
                throw new IllegalArgumentException("forbidden value %00 in the URI");
            }
            decoded.write(high << 4 | low);
            i += 2;
        }
        return decoded.toString(StandardCharsets.UTF_8);
    }
}
