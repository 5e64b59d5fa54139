// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens driver connections for {@link ConnectionPlan}s: libpq's parameters in PgJDBC's words. */
final class DriverConnection {

    private static final Logger LOG = LoggerFactory.getLogger(DriverConnection.class);

    /**
     * The driver's own log, which the JDK prints on standard error. What it says comes to us in exceptions, so it is silent
     * unless somebody configured it. Kept here since the JDK forgets loggers nobody holds.
     */
    private static final java.util.logging.Logger DRIVER_LOG = silentUnlessConfigured();

    /** SQLSTATE class of connection failures, after which the next endpoint is tried. */
    private static final String CONNECTION_FAILURE = "08";

    private static final String CANNOT_CONNECT_NOW = "57P03";

    /** The object identifier 1.2.840.10045.2.1 in DER. */
    private static final byte[] ID_EC_PUBLIC_KEY = {0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01};

    private DriverConnection() {}

    private static java.util.logging.Logger silentUnlessConfigured() {
        java.util.logging.Logger log = java.util.logging.Logger.getLogger("org.postgresql");
        if (log.getLevel() == null) {
            log.setLevel(java.util.logging.Level.OFF);
        }
        return log;
    }

    /**
     * Connects to the first endpoint that answers.
     *
     * @param replication whether to speak the streaming replication protocol (physical)
     * @throws PostgresConnectionException if none does, or the string asks for something the driver cannot do
     */
    static Connection open(ConnInfo connInfo, PostgresEnvironment environment, boolean replication)
            throws PostgresConnectionException {
        ConnectionPlan plan;
        Properties common;
        try {
            plan = ConnectionPlan.of(connInfo, environment);
            common = properties(plan, environment, replication);
        } catch (IllegalArgumentException e) {
            throw new PostgresConnectionException(String.valueOf(e.getMessage()), e);
        }
        LOG.trace("the driver logs at level {}", DRIVER_LOG.getLevel());
        List<String> failures = new ArrayList<>();
        SQLException last = null;
        for (String serverType : serverTypes(plan.parameter("target_session_attrs"))) {
            common.setProperty(PGProperty.TARGET_SERVER_TYPE.getName(), serverType);
            for (Endpoint endpoint : resolve(plan.endpoints())) {
                try {
                    return connect(plan, endpoint, common);
                } catch (SQLException e) {
                    LOG.debug("connection to server at {} failed: {}", endpoint, e.getMessage());
                    failures.add("connection to server at " + endpoint + " failed: " + message(e));
                    last = e;
                    if (!isWorthTryingTheNext(e)) {
                        throw new PostgresConnectionException(String.join("\n", failures), e);
                    }
                }
            }
        }
        throw new PostgresConnectionException(
                String.join("\n", failures), last == null ? new IllegalStateException("no endpoint") : last);
    }

    private static Connection connect(ConnectionPlan plan, Endpoint endpoint, Properties common) throws SQLException {
        Properties properties = new Properties();
        properties.putAll(common);
        // Without this the driver would look for a password file itself, and without libpq's rule on its permissions.
        PGProperty.PASSWORD.set(properties, endpoint.password() == null ? "" : endpoint.password());
        String host = endpoint.host();
        if (endpoint.socket() != null) {
            host = "localhost";
            PGProperty.SSL_MODE.set(properties, "disable");
            PGProperty.GSS_ENC_MODE.set(properties, "disable");
            PGProperty.SOCKET_FACTORY.set(properties, PostgresSocketFactory.class.getName());
            PGProperty.SOCKET_FACTORY_ARG.set(
                    properties, PostgresSocketFactory.unix(endpoint.socket(), plan.parameter("requirepeer")));
        } else if (endpoint.address() != null && !endpoint.address().equals(host)) {
            PGProperty.SOCKET_FACTORY.set(properties, PostgresSocketFactory.class.getName());
            PGProperty.SOCKET_FACTORY_ARG.set(properties, PostgresSocketFactory.address(endpoint.address()));
        }
        String url = "jdbc:postgresql://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + endpoint.port()
                + "/" + URLEncoder.encode(plan.parameters().getOrDefault("dbname", ""), StandardCharsets.UTF_8);
        Connection connection = new Driver().connect(url, properties);
        if (connection == null) {
            throw new SQLException("the PostgreSQL driver does not accept the host \"" + host + "\"", "08001");
        }
        return connection;
    }

    private static Properties properties(ConnectionPlan plan, PostgresEnvironment environment, boolean replication) {
        Properties properties = new Properties();
        PGProperty.USER.set(properties, plan.parameters().get("user"));
        String name = plan.parameter("application_name");
        PGProperty.APPLICATION_NAME.set(properties, name == null ? "barman" : name);
        set(properties, PGProperty.OPTIONS, plan.parameter("options"));
        set(properties, PGProperty.CHANNEL_BINDING, plan.parameter("channel_binding"));
        set(properties, PGProperty.REQUIRE_AUTH, plan.parameter("require_auth"));
        set(properties, PGProperty.GSS_ENC_MODE, plan.parameter("gssencmode"));
        set(properties, PGProperty.KERBEROS_SERVER_NAME, plan.parameter("krbsrvname"));
        PGProperty.TCP_KEEP_ALIVE.set(properties, !"0".equals(plan.parameter("keepalives")));
        int timeoutSeconds = connectTimeoutSeconds(plan.parameter("connect_timeout"));
        PGProperty.CONNECT_TIMEOUT.set(properties, timeoutSeconds);
        PGProperty.LOGIN_TIMEOUT.set(properties, timeoutSeconds);
        if (replication) {
            PGProperty.REPLICATION.set(properties, "true");
            // The replication protocol knows no prepared statements, and the version query would not be understood.
            PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
            PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "9.6");
        }
        tls(properties, plan, environment);
        return properties;
    }

    private static void tls(Properties properties, ConnectionPlan plan, PostgresEnvironment environment) {
        for (String unsupported : new String[] {"sslcrl", "sslcrldir"}) {
            if (plan.parameter(unsupported) != null) {
                throw new IllegalArgumentException("connection option \"" + unsupported
                        + "\" is not supported: revocation lists are not checked by this release");
            }
        }
        String minimum = plan.parameter("ssl_min_protocol_version");
        if ("TLSv1.3".equalsIgnoreCase(minimum) || plan.parameter("ssl_max_protocol_version") != null) {
            throw new IllegalArgumentException("connection options ssl_min_protocol_version=TLSv1.3 and"
                    + " ssl_max_protocol_version are not supported: set jdk.tls.client.protocols for the JVM instead");
        }
        Path personal = environment.home().resolve(".postgresql");
        String mode = plan.parameter("sslmode");
        String rootCertificate = plan.parameter("sslrootcert");
        if (rootCertificate == null && Files.exists(personal.resolve("root.crt"))) {
            rootCertificate = personal.resolve("root.crt").toString();
        }
        if ("system".equals(rootCertificate)) {
            if (mode != null && !mode.equals("verify-full")) {
                throw new IllegalArgumentException(
                        "weak sslmode \"" + mode + "\" may not be used with sslrootcert=system (use \"verify-full\")");
            }
            mode = "verify-full";
            PGProperty.SSL_FACTORY.set(properties, "org.postgresql.ssl.DefaultJavaSSLFactory");
        } else {
            // libpq: with a root certificate at hand, "require" verifies as "verify-ca" does.
            if ("require".equals(mode) && rootCertificate != null && Files.exists(Path.of(rootCertificate))) {
                mode = "verify-ca";
            }
            set(properties, PGProperty.SSL_ROOT_CERT, rootCertificate);
        }
        set(properties, PGProperty.SSL_MODE, mode);
        set(properties, PGProperty.SSL_NEGOTIATION, plan.parameter("sslnegotiation"));
        set(properties, PGProperty.SSL_PASSWORD, plan.parameter("sslpassword"));
        String certificate = plan.parameter("sslcert");
        String key = plan.parameter("sslkey");
        if (certificate == null && Files.exists(personal.resolve("postgresql.crt"))) {
            certificate = personal.resolve("postgresql.crt").toString();
        }
        if (key == null && Files.exists(personal.resolve("postgresql.key"))) {
            key = personal.resolve("postgresql.key").toString();
        }
        set(properties, PGProperty.SSL_CERT, certificate);
        set(properties, PGProperty.SSL_KEY, key);
        if (key != null) {
            PGProperty.PEM_KEY_ALGORITHM.set(properties, keyAlgorithm(Path.of(key)));
        }
    }

    /** The driver wants to be told the algorithm of a PEM key; libpq finds out. */
    static String keyAlgorithm(Path key) {
        try {
            String text = Files.readString(key, StandardCharsets.ISO_8859_1);
            int begin = text.indexOf("-----BEGIN PRIVATE KEY-----");
            int end = text.indexOf("-----END PRIVATE KEY-----");
            if (begin >= 0 && end > begin) {
                byte[] der = Base64.getMimeDecoder()
                        .decode(text.substring(begin + "-----BEGIN PRIVATE KEY-----".length(), end));
                if (indexOf(der, ID_EC_PUBLIC_KEY) >= 0) {
                    return "EC";
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            LOG.debug("cannot tell the algorithm of key {}: {}", key, e.getMessage());
        }
        return "RSA";
    }

    private static int indexOf(byte[] bytes, byte[] wanted) {
        for (int i = 0; i + wanted.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        return -1;
    }

    private static void set(Properties properties, PGProperty property, @Nullable String value) {
        if (value != null) {
            property.set(properties, value);
        }
    }

    private static int connectTimeoutSeconds(@Nullable String value) {
        if (value == null) {
            return 0;
        }
        try {
            int seconds = Integer.parseInt(value.strip());
            // libpq: not positive means for ever, and one second is too short for a DNS look-up.
            return seconds <= 0 ? 0 : Math.max(seconds, 2);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "invalid integer value \"" + value + "\" for connection option \"connect_timeout\"", e);
        }
    }

    private static String[] serverTypes(@Nullable String attributes) throws PostgresConnectionException {
        return switch (attributes == null ? "any" : attributes) {
            case "any" -> new String[] {"any"};
            case "read-write", "primary" -> new String[] {"primary"};
            case "read-only", "standby" -> new String[] {"secondary"};
            case "prefer-standby" -> new String[] {"secondary", "any"};
            default ->
                throw new PostgresConnectionException(
                        "invalid target_session_attrs value: \"" + attributes + "\"",
                        new IllegalArgumentException("target_session_attrs"));
        };
    }

    /** libpq tries every address of a host name, the driver the first only: one endpoint for each address. */
    private static List<Endpoint> resolve(List<Endpoint> endpoints) {
        List<Endpoint> resolved = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            if (endpoint.socket() != null || endpoint.address() != null) {
                resolved.add(endpoint);
                continue;
            }
            try {
                InetAddress[] addresses = InetAddress.getAllByName(endpoint.host());
                if (addresses.length == 1) {
                    resolved.add(endpoint);
                    continue;
                }
                for (InetAddress address : addresses) {
                    resolved.add(new Endpoint(
                            endpoint.host(), address.getHostAddress(), endpoint.port(), null, endpoint.password()));
                }
            } catch (UnknownHostException e) {
                resolved.add(endpoint); // the driver reports it
            }
        }
        return resolved;
    }

    private static boolean isWorthTryingTheNext(SQLException e) {
        String state = e.getSQLState();
        return state == null || state.startsWith(CONNECTION_FAILURE) || state.equals(CANNOT_CONNECT_NOW);
    }

    private static String message(SQLException e) {
        StringBuilder text = new StringBuilder(String.valueOf(e.getMessage()));
        Throwable cause = e.getCause();
        if (cause != null && cause.getMessage() != null && text.indexOf(cause.getMessage()) < 0) {
            text.append(": ").append(cause.getMessage());
        }
        return text.toString();
    }
}
