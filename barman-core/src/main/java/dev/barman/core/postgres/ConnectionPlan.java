// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A connection string with service file, environment variables, password file and defaults applied, in libpq's order of
 * precedence.
 *
 * @param parameters every effective parameter except host, hostaddr, port and password
 * @param endpoints the places to try, in order; at least one
 */
record ConnectionPlan(Map<String, String> parameters, List<Endpoint> endpoints) {

    static final int DEFAULT_PORT = 5432;

    /** Variables libpq reads, with their keywords. */
    private static final String[][] VARIABLES = {
        {"PGHOST", "host"},
        {"PGHOSTADDR", "hostaddr"},
        {"PGPORT", "port"},
        {"PGDATABASE", "dbname"},
        {"PGUSER", "user"},
        {"PGPASSWORD", "password"},
        {"PGPASSFILE", "passfile"},
        {"PGREQUIREAUTH", "require_auth"},
        {"PGCHANNELBINDING", "channel_binding"},
        {"PGOPTIONS", "options"},
        {"PGAPPNAME", "application_name"},
        {"PGSSLMODE", "sslmode"},
        {"PGSSLNEGOTIATION", "sslnegotiation"},
        {"PGSSLCERT", "sslcert"},
        {"PGSSLKEY", "sslkey"},
        {"PGSSLROOTCERT", "sslrootcert"},
        {"PGSSLCRL", "sslcrl"},
        {"PGSSLCRLDIR", "sslcrldir"},
        {"PGREQUIREPEER", "requirepeer"},
        {"PGSSLMINPROTOCOLVERSION", "ssl_min_protocol_version"},
        {"PGGSSENCMODE", "gssencmode"},
        {"PGKRBSRVNAME", "krbsrvname"},
        {"PGCONNECT_TIMEOUT", "connect_timeout"},
        {"PGTARGETSESSIONATTRS", "target_session_attrs"},
        {"PGLOADBALANCEHOSTS", "load_balance_hosts"},
    };

    /** Keywords of libpq up to 18 that change nothing for us: the driver always sends UTF-8, and so on. */
    private static final Set<String> WITHOUT_EFFECT = Set.of(
            "client_encoding",
            "fallback_application_name",
            "keepalives_idle",
            "keepalives_interval",
            "keepalives_count",
            "tcp_user_timeout",
            "sslcompression",
            "sslsni",
            "sslcertmode",
            "gsslib",
            "gssdelegation",
            "requiressl",
            "authtype",
            "tty",
            "min_protocol_version",
            "max_protocol_version",
            "sslkeylogfile");

    private static final Set<String> KNOWN = Set.of(
            "dbname",
            "user",
            "passfile",
            "require_auth",
            "channel_binding",
            "options",
            "application_name",
            "sslmode",
            "sslnegotiation",
            "sslcert",
            "sslkey",
            "sslpassword",
            "sslrootcert",
            "sslcrl",
            "sslcrldir",
            "ssl_min_protocol_version",
            "ssl_max_protocol_version",
            "requirepeer",
            "gssencmode",
            "krbsrvname",
            "connect_timeout",
            "keepalives",
            "target_session_attrs",
            "load_balance_hosts",
            "replication");

    ConnectionPlan {
        parameters = Map.copyOf(parameters);
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("no endpoint");
        }
    }

    /**
     * Resolves a connection string.
     *
     * @throws IllegalArgumentException if a keyword is unknown, the lists of hosts and ports do not fit, or a service cannot
     *     be resolved
     */
    static ConnectionPlan of(ConnInfo connInfo, PostgresEnvironment environment) {
        Map<String, String> given = new LinkedHashMap<>(connInfo.parameters());
        ServiceFiles.expand(given, environment);
        for (String[] pair : VARIABLES) {
            String value = environment.variables().get(pair[0]);
            if (value != null) {
                given.putIfAbsent(pair[1], value);
            }
        }
        if (isEmpty(given.get("user"))) {
            given.put("user", environment.user());
        }
        String user = given.getOrDefault("user", "");
        if (isEmpty(given.get("dbname"))) {
            given.put("dbname", user);
        }
        String hosts = given.remove("host");
        String addresses = given.remove("hostaddr");
        String ports = given.remove("port");
        String password = given.remove("password");
        for (String keyword : given.keySet()) {
            if (!KNOWN.contains(keyword) && !WITHOUT_EFFECT.contains(keyword)) {
                throw new IllegalArgumentException("invalid connection option \"" + keyword + "\"");
            }
        }
        List<Endpoint> endpoints = new ArrayList<>();
        for (Endpoint endpoint : endpoints(hosts, addresses, ports, environment)) {
            endpoints.add(withPassword(endpoint, password, given, environment));
        }
        if ("random".equals(given.get("load_balance_hosts"))) {
            Collections.shuffle(endpoints);
        }
        return new ConnectionPlan(given, endpoints);
    }

    @Nullable
    String parameter(String keyword) {
        String value = parameters.get(keyword);
        return isEmpty(value) ? null : value;
    }

    private static Endpoint withPassword(
            Endpoint endpoint, @Nullable String password, Map<String, String> given, PostgresEnvironment environment) {
        if (!isEmpty(password)) {
            return new Endpoint(endpoint.host(), endpoint.address(), endpoint.port(), endpoint.socket(), password);
        }
        String passfile = given.get("passfile");
        Path file = passfile == null || passfile.isEmpty() ? environment.home().resolve(".pgpass") : Path.of(passfile);
        String host = endpoint.host();
        if (endpoint.socket() != null && environment.socketDirectories().contains(Path.of(host))) {
            host = "localhost";
        }
        String found = PasswordFile.find(
                        file,
                        host,
                        Integer.toString(endpoint.port()),
                        given.getOrDefault("dbname", ""),
                        given.getOrDefault("user", ""))
                .orElse(null);
        return new Endpoint(endpoint.host(), endpoint.address(), endpoint.port(), endpoint.socket(), found);
    }

    private static List<Endpoint> endpoints(
            @Nullable String hosts,
            @Nullable String addresses,
            @Nullable String ports,
            PostgresEnvironment environment) {
        String[] hostList = hosts == null || hosts.isEmpty() ? null : hosts.split(",", -1);
        String[] addressList = addresses == null || addresses.isEmpty() ? null : addresses.split(",", -1);
        String[] portList = ports == null || ports.isEmpty() ? new String[] {""} : ports.split(",", -1);
        if (hostList != null && addressList != null && hostList.length != addressList.length) {
            throw new IllegalArgumentException(
                    "could not match " + hostList.length + " host names to " + addressList.length + " hostaddr values");
        }
        int count = addressList != null ? addressList.length : hostList != null ? hostList.length : 1;
        if (portList.length != 1 && portList.length != count) {
            throw new IllegalArgumentException(
                    "could not match " + portList.length + " port numbers to " + count + " hosts");
        }
        List<Endpoint> endpoints = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String host = hostList == null ? "" : hostList[i].strip();
            String address = addressList == null ? "" : addressList[i].strip();
            int port = port(portList[portList.length == 1 ? 0 : i].strip());
            if (!address.isEmpty()) {
                endpoints.add(new Endpoint(host.isEmpty() ? address : host, address, port, null, null));
            } else if (host.isEmpty()) {
                endpoints.addAll(defaultSockets(port, environment));
            } else if (host.startsWith("/")) {
                endpoints.add(socket(Path.of(host), port));
            } else if (host.startsWith("@")) {
                throw new IllegalArgumentException("sockets in the abstract namespace are not supported: \"" + host
                        + "\"; name the directory of the socket");
            } else {
                endpoints.add(new Endpoint(host, null, port, null, null));
            }
        }
        return endpoints;
    }

    /**
     * Without a host libpq tries one socket directory, fixed when it was built; which one depends on the distribution, so
     * the first directory that has the socket is taken.
     */
    private static List<Endpoint> defaultSockets(int port, PostgresEnvironment environment) {
        for (Path directory : environment.socketDirectories()) {
            Endpoint endpoint = socket(directory, port);
            if (endpoint.socket() != null && Files.exists(endpoint.socket())) {
                return List.of(endpoint);
            }
        }
        return List.of(
                environment.socketDirectories().isEmpty()
                        ? new Endpoint("localhost", null, port, null, null)
                        : socket(environment.socketDirectories().get(0), port));
    }

    private static Endpoint socket(Path directory, int port) {
        return new Endpoint(directory.toString(), null, port, directory.resolve(".s.PGSQL." + port), null);
    }

    private static int port(String text) {
        if (text.isEmpty()) {
            return DEFAULT_PORT;
        }
        try {
            int port = Integer.parseInt(text);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "invalid integer value \"" + text + "\" for connection option \"port\"", e);
        }
        throw new IllegalArgumentException("invalid port number: \"" + text + "\"");
    }

    private static boolean isEmpty(@Nullable String text) {
        return text == null || text.isEmpty();
    }
}
