// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.core.PostgresException;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@link StreamingConnection} over PgJDBC. */
public final class JdbcStreamingConnection implements StreamingConnection {

    private static final Logger LOG = LoggerFactory.getLogger(JdbcStreamingConnection.class);

    private static final String DUPLICATE_OBJECT = "42710";
    private static final String CONFIGURATION_LIMIT_EXCEEDED = "53400";
    private static final String UNDEFINED_OBJECT = "42704";
    private static final String OBJECT_IN_USE = "55006";

    private final ConnInfo connInfo;
    private final PostgresEnvironment environment;
    private @Nullable Connection connection;

    /**
     * A connection that is made when first used.
     *
     * @param connInfo the {@code streaming_conninfo}; what a replication connection needs is added
     * @param environment where defaults come from
     */
    public JdbcStreamingConnection(ConnInfo connInfo, PostgresEnvironment environment) {
        this.connInfo = connInfo.toStreaming().without("replication");
        this.environment = environment;
    }

    private Connection connection() throws PostgresException {
        Connection open = connection;
        if (open != null) {
            return open;
        }
        Connection made = DriverConnection.open(connInfo, environment, true);
        connection = made;
        return made;
    }

    @Override
    public StreamingStatus identifySystem() throws PostgresException {
        if (connection != null) {
            try {
                return identify(connection);
            } catch (SQLException e) {
                LOG.debug("the streaming connection was lost; connecting again: {}", e.getMessage());
                close();
            }
        }
        try {
            return identify(connection());
        } catch (SQLException e) {
            throw new PostgresException("IDENTIFY_SYSTEM failed: " + e.getMessage(), e);
        }
    }

    private static StreamingStatus identify(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("IDENTIFY_SYSTEM")) {
            if (!rows.next()) {
                throw new SQLException("no answer to IDENTIFY_SYSTEM");
            }
            return new StreamingStatus(rows.getString(1), TimelineId.of(rows.getLong(2)), Lsn.parse(rows.getString(3)));
        }
    }

    @Override
    public PostgresVersion version() throws PostgresException {
        try {
            return PostgresVersion.of(versionNumber(connection().getMetaData().getDatabaseProductVersion()));
        } catch (SQLException e) {
            throw new PostgresException("reading the version of the PostgreSQL server failed: " + e.getMessage(), e);
        }
    }

    /** {@code 15.18 (Debian ...)}, {@code 9.6.24} or {@code 18beta1} as {@code server_version_num} would be. */
    static int versionNumber(String text) {
        int[] parts = new int[3];
        int count = 0;
        int at = 0;
        while (count < 3 && at < text.length() && Character.isDigit(text.charAt(at))) {
            int number = 0;
            while (at < text.length() && Character.isDigit(text.charAt(at))) {
                number = number * 10 + Character.digit(text.charAt(at++), 10);
            }
            parts[count++] = number;
            if (at < text.length() && text.charAt(at) == '.') {
                at++;
            }
        }
        return parts[0] >= 10 ? parts[0] * 10_000 + parts[1] : parts[0] * 10_000 + parts[1] * 100 + parts[2];
    }

    @Override
    public SlotCreation createPhysicalSlot(String name) throws PostgresException {
        checkName(name);
        try (Statement statement = connection().createStatement()) {
            statement.execute("CREATE_REPLICATION_SLOT " + name + " PHYSICAL");
            return SlotCreation.CREATED;
        } catch (SQLException e) {
            if (DUPLICATE_OBJECT.equals(e.getSQLState())) {
                return SlotCreation.ALREADY_EXISTS;
            }
            if (CONFIGURATION_LIMIT_EXCEEDED.equals(e.getSQLState())) {
                return SlotCreation.ALL_IN_USE;
            }
            throw new PostgresException("Cannot create replication slot '" + name + "': " + e.getMessage(), e);
        }
    }

    @Override
    public SlotRemoval dropSlot(String name) throws PostgresException {
        checkName(name);
        try (Statement statement = connection().createStatement()) {
            statement.execute("DROP_REPLICATION_SLOT " + name);
            return SlotRemoval.DROPPED;
        } catch (SQLException e) {
            if (UNDEFINED_OBJECT.equals(e.getSQLState())) {
                return SlotRemoval.NOT_FOUND;
            }
            if (OBJECT_IN_USE.equals(e.getSQLState())) {
                return SlotRemoval.IN_USE;
            }
            throw new PostgresException("Cannot drop replication slot '" + name + "': " + e.getMessage(), e);
        }
    }

    /** The commands take a bare word; anything else must not reach them. */
    private static void checkName(String name) {
        boolean valid = !name.isEmpty();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            valid &= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        }
        if (!valid) {
            throw new IllegalArgumentException("not a name of a replication slot: \"" + name + "\"");
        }
    }

    @Override
    public void close() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                LOG.debug("closing the streaming connection failed: {}", e.getMessage());
            }
        }
    }
}
