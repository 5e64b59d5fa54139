// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A connection string as libpq understands it: keywords and values ({@code host=pg port=5432 dbname='a b'}) or a URI
 * ({@code postgresql://user@host/db?sslmode=require}).
 *
 * <p>Barman 3.17 splits the string on blanks and refuses URIs and quoted blanks; this class accepts libpq's whole
 * grammar, and every string the reference accepts means the same here. Which keywords exist is not checked before a
 * connection is made, as in the reference.
 *
 * <p>Immutable. {@link #toString()} never shows a password; {@link #toDsn()} does.
 */
public final class ConnInfo {

    /** What is printed in place of a secret. */
    static final String REDACTED = "*REDACTED*";

    private final Map<String, String> parameters;

    private ConnInfo(Map<String, String> parameters) {
        this.parameters = Collections.unmodifiableMap(parameters);
    }

    /**
     * Parses a connection string.
     *
     * @param text keyword/value pairs or a URI; may be empty, which leaves everything to the defaults
     * @return the parameters given in the text, in the order given; the last of several equal keywords wins
     * @throws IllegalArgumentException if the text is not in libpq's grammar; the message names the fault and never
     *     contains a value, since any value may be a password
     */
    public static ConnInfo parse(String text) {
        Objects.requireNonNull(text, "text");
        return new ConnInfo(ConnInfoParser.parse(text));
    }

    /** Whether {@link #parse(String)} accepts the text. */
    public static boolean isValid(String text) {
        try {
            ConnInfoParser.parse(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    static ConnInfo of(Map<String, String> parameters) {
        return new ConnInfo(new LinkedHashMap<>(parameters));
    }

    /**
     * The value of a keyword given in the text (no environment, no defaults).
     *
     * @param keyword libpq's keyword, lower case
     * @return the value, possibly empty text, or empty if the text does not give it
     */
    public Optional<String> value(String keyword) {
        return Optional.ofNullable(parameters.get(keyword));
    }

    /** The parameters in the order given; unmodifiable. Contains secrets. */
    public Map<String, String> parameters() {
        return parameters;
    }

    /** A copy with one parameter set, replacing an earlier value of the same keyword. */
    public ConnInfo with(String keyword, String value) {
        Map<String, String> copy = new LinkedHashMap<>(parameters);
        copy.put(keyword, value);
        return new ConnInfo(copy);
    }

    /** A copy without one parameter. */
    public ConnInfo without(String keyword) {
        Map<String, String> copy = new LinkedHashMap<>(parameters);
        copy.remove(keyword);
        return new ConnInfo(copy);
    }

    /**
     * The string of a replication connection made from this one: {@code dbname=replication}, {@code replication=true} and
     * {@code options=-cdatestyle=iso} forced, keywords sorted, as Barman builds it.
     */
    public ConnInfo toStreaming() {
        Map<String, String> sorted = new TreeMap<>(parameters);
        sorted.put("dbname", "replication");
        sorted.put("replication", "true");
        sorted.put("options", "-cdatestyle=iso");
        return new ConnInfo(new LinkedHashMap<>(sorted));
    }

    /**
     * The string and the environment for a PostgreSQL client program that connects with this string.
     *
     * <p>{@code application_name} and {@code options=-csearch_path=} are appended unless the string gives them. A password
     * does not go into the string, because command lines are visible to every user of the machine: it is handed over in
     * {@link ToolDsn#environment()}.
     *
     * @param applicationName the name the program shows in {@code pg_stat_activity}
     * @param environment where service files are found (a service is resolved here when a password is given, because a
     *     password in a service would otherwise go before ours)
     * @throws IllegalArgumentException if the string holds a secret that cannot be kept off the command line
     */
    public ToolDsn toToolDsn(String applicationName, PostgresEnvironment environment) {
        Map<String, String> tool = new LinkedHashMap<>(parameters);
        Map<String, String> variables = new LinkedHashMap<>();
        if (tool.containsKey("sslpassword")) {
            throw new IllegalArgumentException("sslpassword would show on the command line of the PostgreSQL client"
                    + " programs; put it into a connection service file and name that with service=");
        }
        String password = tool.remove("password");
        if (password != null) {
            ServiceFiles.expand(tool, environment);
            tool.remove("password");
            variables.put("PGPASSWORD", password);
        }
        tool.putIfAbsent("application_name", applicationName);
        tool.putIfAbsent("options", "-csearch_path=");
        return new ToolDsn(format(tool), variables);
    }

    /** The string in keyword/value form, quoted where libpq needs it. Contains secrets: for connections only. */
    public String toDsn() {
        return format(parameters);
    }

    /** The keyword/value form with secrets replaced. */
    @Override
    public String toString() {
        Map<String, String> safe = new LinkedHashMap<>(parameters);
        safe.computeIfPresent("password", (k, v) -> REDACTED);
        safe.computeIfPresent("sslpassword", (k, v) -> REDACTED);
        safe.computeIfPresent("scram_client_key", (k, v) -> REDACTED);
        safe.computeIfPresent("scram_server_key", (k, v) -> REDACTED);
        safe.computeIfPresent("oauth_client_secret", (k, v) -> REDACTED);
        return format(safe);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ConnInfo that && parameters.equals(that.parameters);
    }

    @Override
    public int hashCode() {
        return parameters.hashCode();
    }

    private static String format(Map<String, String> parameters) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, String> parameter : parameters.entrySet()) {
            if (text.length() > 0) {
                text.append(' ');
            }
            text.append(parameter.getKey()).append('=');
            appendValue(text, parameter.getValue());
        }
        return text.toString();
    }

    private static void appendValue(StringBuilder text, String value) {
        boolean quote = value.isEmpty();
        for (int i = 0; i < value.length() && !quote; i++) {
            char c = value.charAt(i);
            quote = c == '\'' || c == '\\' || ConnInfoParser.isSpace(c);
        }
        if (!quote) {
            text.append(value);
            return;
        }
        text.append('\'');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\'' || c == '\\') {
                text.append('\\');
            }
            text.append(c);
        }
        text.append('\'');
    }

    /**
     * What a PostgreSQL client program needs to connect.
     *
     * @param dsn the value of {@code --dbname}; free of secrets
     * @param environment variables to set for the program; may hold a password
     */
    public record ToolDsn(String dsn, Map<String, String> environment) {
        public ToolDsn {
            environment = Map.copyOf(environment);
        }

        /** Shows the names of the variables only. */
        @Override
        public String toString() {
            return "ToolDsn[dsn=" + dsn + ", environment=" + environment.keySet() + "]";
        }
    }
}
