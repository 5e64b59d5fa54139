// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.core.PostgresException;
import dev.barman.core.catalog.Tablespace;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@link PostgresClient} over PgJDBC. Autocommit; {@code application_name} is {@code barman} unless the string gives one. */
public final class JdbcPostgresClient implements PostgresClient {

    private static final Logger LOG = LoggerFactory.getLogger(JdbcPostgresClient.class);

    /** SQLSTATE class: the connection is gone. */
    private static final String CONNECTION_GONE = "08";

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private static final String UNDEFINED_FUNCTION = "42883";

    /** So long after an answer the connection is taken to stand without asking. */
    private static final long TRUSTED_NANOS = 1_000_000_000L;

    private final ConnInfo connInfo;
    private final PostgresEnvironment environment;
    private @Nullable Session session;
    private @Nullable ServerStatus status;
    private long lastAnswerNanos;
    private boolean pinned;

    /** What is known of the connected server; goes with the connection. */
    private record Session(
            Connection connection, PostgresVersion version, String versionText, String user, PostgresSql sql) {}

    /** Reads one result. */
    private interface RowReader<T> {
        T read(ResultSet rows) throws SQLException;
    }

    /**
     * A client that connects when first used.
     *
     * @param connInfo where to connect
     * @param environment where defaults come from
     */
    public JdbcPostgresClient(ConnInfo connInfo, PostgresEnvironment environment) {
        this.connInfo = connInfo;
        this.environment = environment;
    }

    @Override
    public void ping() throws PostgresException {
        lastAnswerNanos = System.nanoTime() - TRUSTED_NANOS;
        session();
    }

    private Session session() throws PostgresException {
        Session open = session;
        if (open != null) {
            if (System.nanoTime() - lastAnswerNanos < TRUSTED_NANOS || answers(open.connection())) {
                return open;
            }
            if (pinned) {
                throw new PostgresConnectionException(
                        "the connection to PostgreSQL was lost",
                        new IllegalStateException("what the session holds would be lost in a new one"));
            }
            LOG.debug("the connection to PostgreSQL was lost; connecting again");
            close();
        }
        Connection connection = DriverConnection.open(connInfo, environment, false);
        try {
            Session made = query(connection, PostgresSql.VERSION, rows -> {
                rows.next();
                PostgresVersion version = PostgresVersion.of(rows.getInt(1));
                return new Session(
                        connection,
                        version,
                        versionText(rows.getString(2), rows.getString(3), version),
                        rows.getString(4),
                        new PostgresSql(version));
            });
            session = made;
            lastAnswerNanos = System.nanoTime();
            return made;
        } catch (SQLException | RuntimeException e) {
            closeQuietly(connection);
            if (e instanceof SQLException sqlException) {
                throw failure("reading the version of the PostgreSQL server", sqlException);
            }
            throw (RuntimeException) e;
        }
    }

    /**
     * Binds this client to the connection that stands now: when it is lost, every method fails from then on, instead of
     * connecting again.
     *
     * @return the connection
     */
    Connection pin() throws PostgresException {
        Connection connection = session().connection();
        pinned = true;
        return connection;
    }

    PostgresSql sql() throws PostgresException {
        return session().sql();
    }

    /** EDB Advanced Server before 10 has one component more than PostgreSQL. */
    private static String versionText(String text, String product, PostgresVersion version) {
        int lastDot = text.lastIndexOf('.');
        return product.startsWith("EnterpriseDB") && !version.isAtLeast(10) && lastDot > 0
                ? text.substring(0, lastDot)
                : text;
    }

    private static boolean answers(Connection connection) {
        try {
            return query(connection, "SELECT 1", ResultSet::next);
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public PostgresVersion version() throws PostgresException {
        return (session == null ? session() : session).version();
    }

    @Override
    public String user() throws PostgresException {
        return (session == null ? session() : session).user();
    }

    @Override
    public ServerStatus status() throws PostgresException {
        ServerStatus known = status;
        if (known == null) {
            known = readStatus();
            status = known;
        }
        return known;
    }

    @Override
    public void forgetStatus() {
        status = null;
    }

    private ServerStatus readStatus() throws PostgresException {
        Session open = session();
        Privileges privileges = privileges();
        boolean inRecovery = isInRecovery();
        return new ServerStatus(
                open.version(),
                open.versionText(),
                privileges,
                inRecovery,
                position(inRecovery),
                privileges.backup() ? clusterSizeBytes() : null,
                optional(PostgresSql.SYSTEM_IDENTIFIER),
                settings(open.sql(), privileges.backup()),
                configurationFiles(),
                archiverStatistics());
    }

    private ServerSettings settings(PostgresSql sql, boolean showDataDirectory) throws PostgresException {
        Map<String, String> shown = query("reading the settings", sql.settings(), rows -> {
            Map<String, String> values = new HashMap<>();
            while (rows.next()) {
                values.put(rows.getString(1), rows.getString(2));
            }
            return values;
        });
        return query("reading the settings", sql.numericSettings(), rows -> {
            rows.next();
            return new ServerSettings(
                    shown.get("wal_level"),
                    shown.get("hot_standby"),
                    shown.get("max_wal_senders"),
                    shown.get("max_replication_slots"),
                    shown.get("data_checksums"),
                    shown.get("wal_compression"),
                    shown.get(sql.walKeep()),
                    showDataDirectory ? shown.get("data_directory") : null,
                    ServerSettings.standbyNames(shown.getOrDefault("synchronous_standby_names", "")),
                    shown.get("archive_mode"),
                    shown.get("archive_command"),
                    shown.get("summarize_wal"),
                    rows.getInt(1),
                    rows.getInt(2),
                    WalSegmentSize.of(rows.getLong(3)));
        });
    }

    @Override
    public Privileges privileges() throws PostgresException {
        return query(
                "reading the privileges of the PostgreSQL user", session().sql().privileges(), rows -> {
                    // No row: current_user is a role that cannot log in (SET ROLE); it has nothing.
                    return rows.next()
                            ? new Privileges(
                                    rows.getBoolean(1), rows.getBoolean(2), rows.getBoolean(3), rows.getBoolean(4))
                            : new Privileges(false, false, false, false);
                });
    }

    @Override
    public boolean isInRecovery() throws PostgresException {
        session();
        return query("asking whether the server is in recovery", PostgresSql.IN_RECOVERY, rows -> {
            rows.next();
            return rows.getBoolean(1);
        });
    }

    @Override
    public WalPosition currentPosition() throws PostgresException {
        return position(isInRecovery());
    }

    private WalPosition position(boolean inRecovery) throws PostgresException {
        PostgresSql sql = session().sql();
        if (inRecovery) {
            return query("reading the replay position", sql.replayPosition(), rows -> {
                rows.next();
                String lsn = rows.getString(1);
                return new WalPosition(lsn == null ? Lsn.ZERO : Lsn.parse(lsn), null, 0);
            });
        }
        return namedPosition(sql.currentPosition());
    }

    private WalPosition namedPosition(String positionSql) throws PostgresException {
        WalPosition position = query("reading the current WAL position", positionSql, rows -> {
            rows.next();
            return new WalPosition(
                    Lsn.parse(rows.getString(1)), WalSegmentName.parse(rows.getString(2)), rows.getLong(3));
        });
        WalSegmentName segment = position.segmentOrNull();
        if (segment != null && position.offsetBytes() == 0 && session().sql().namesFollowingSegmentOnBoundary()) {
            return new WalPosition(position.lsn(), segment.previous(walSegmentSize()), 0);
        }
        return position;
    }

    @Override
    public OffsetDateTime now() throws PostgresException {
        session();
        Instant now = query("reading the server's clock", PostgresSql.NOW, rows -> {
            rows.next();
            return rows.getObject(1, OffsetDateTime.class).toInstant();
        });
        return now.atOffset(serverOffset());
    }

    /** PGTZ rules, as for libpq; else the zone the server is configured with. */
    private ZoneOffset serverOffset() throws PostgresException {
        String zone = environment.variable("PGTZ");
        if (zone == null) {
            zone = optional(privileges().superuser() ? PostgresSql.CONFIGURED_TIME_ZONE : PostgresSql.LOG_TIME_ZONE);
        }
        if (zone == null) {
            return ZoneOffset.UTC;
        }
        return query(
                "reading the server's time zone",
                PostgresSql.ZONE_OFFSET,
                rows -> {
                    rows.next();
                    return ZoneOffset.ofTotalSeconds(rows.getInt(1));
                },
                zone);
    }

    @Override
    public TimelineId checkpointTimeline() throws PostgresException {
        session();
        return query("reading the timeline", PostgresSql.CHECKPOINT_TIMELINE, rows -> {
            rows.next();
            return TimelineId.of(rows.getLong(1));
        });
    }

    @Override
    public WalSegmentSize walSegmentSize() throws PostgresException {
        return query("reading wal_segment_size", session().sql().walSegmentSize(), rows -> {
            rows.next();
            return WalSegmentSize.of(rows.getLong(1));
        });
    }

    @Override
    public String systemIdentifier() throws PostgresException {
        session();
        return query("reading the system identifier", PostgresSql.SYSTEM_IDENTIFIER, rows -> {
            rows.next();
            return rows.getString(1);
        });
    }

    @Override
    public List<Tablespace> tablespaces() throws PostgresException {
        session();
        return query("listing the tablespaces", PostgresSql.TABLESPACES, rows -> {
            List<Tablespace> tablespaces = new ArrayList<>();
            while (rows.next()) {
                tablespaces.add(new Tablespace(rows.getString(1), rows.getLong(2), rows.getString(3)));
            }
            return List.copyOf(tablespaces);
        });
    }

    @Override
    public ConfigurationFiles configurationFiles() throws PostgresException {
        session();
        Map<String, String> files = query("locating the configuration files", PostgresSql.CONFIGURATION_FILES, rows -> {
            Map<String, String> values = new HashMap<>();
            while (rows.next()) {
                values.put(rows.getString(1), rows.getString(2));
            }
            return values;
        });
        List<String> included = query("locating the included files", PostgresSql.INCLUDED_FILES, rows -> {
            List<String> paths = new ArrayList<>();
            while (rows.next()) {
                paths.add(rows.getString(1));
            }
            return paths;
        });
        return new ConfigurationFiles(
                files.get("config_file"), files.get("hba_file"), files.get("ident_file"), included);
    }

    @Override
    public long clusterSizeBytes() throws PostgresException {
        session();
        return query("measuring the size of the cluster", PostgresSql.CLUSTER_SIZE, rows -> {
            rows.next();
            return rows.getLong(1);
        });
    }

    @Override
    public Optional<String> setting(String name) throws PostgresException {
        session();
        return query(
                "reading the setting " + name,
                PostgresSql.SETTING,
                rows -> rows.next() ? Optional.of(rows.getString(1)) : Optional.empty(),
                name);
    }

    @Override
    public Optional<ReplicationSlot> replicationSlot(String name) throws PostgresException {
        session();
        return query(
                "reading the replication slot " + name,
                PostgresSql.SLOT,
                rows -> {
                    if (!rows.next()) {
                        return Optional.empty();
                    }
                    String restart = rows.getString(3);
                    return Optional.of(new ReplicationSlot(
                            rows.getString(1), rows.getBoolean(2), restart == null ? null : Lsn.parse(restart)));
                },
                name);
    }

    @Override
    public ArchiverStatistics archiverStatistics() throws PostgresException {
        ZoneOffset offset = serverOffset();
        return query("reading the archiver's statistics", PostgresSql.ARCHIVER, rows -> {
            rows.next();
            return new ArchiverStatistics(
                    rows.getLong(1),
                    rows.getString(2),
                    time(rows, 3, offset),
                    rows.getLong(4),
                    rows.getString(5),
                    time(rows, 6, offset),
                    time(rows, 7, offset),
                    rows.getDouble(8));
        });
    }

    private static @Nullable OffsetDateTime time(ResultSet rows, int column, ZoneOffset offset) throws SQLException {
        OffsetDateTime time = rows.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.withOffsetSameInstant(offset);
    }

    @Override
    public Optional<WalSegmentName> switchWal() throws PostgresException {
        Session open = session();
        if (!privileges().backup()) {
            throw missingPrivileges(open.user());
        }
        if (isInRecovery()) {
            throw new PostgresException(
                    "cannot execute " + open.sql().switchFunction() + ": the server is in recovery");
        }
        WalSegmentName before = segmentOf(namedPosition(open.sql().insertPosition()));
        String switching = "executing " + open.sql().switchFunction();
        query(switching, open.sql().switchWal(), ResultSet::next);
        WalSegmentName after = segmentOf(namedPosition(open.sql().insertPosition()));
        return before.equals(after) ? Optional.empty() : Optional.of(before);
    }

    private static WalSegmentName segmentOf(WalPosition position) {
        return position.segment().orElseThrow();
    }

    @Override
    public void checkpoint() throws PostgresException {
        Session open = session();
        if (!privileges().checkpoint()) {
            throw new MissingPrivilegesException("Postgres user '" + open.user()
                    + "' may not execute CHECKPOINT: it needs superuser rights or the 'pg_checkpoint' role");
        }
        try (Statement statement = open.connection().createStatement()) {
            statement.execute("CHECKPOINT");
        } catch (SQLException e) {
            throw failure("executing CHECKPOINT", e);
        }
    }

    @Override
    public void createRestorePoint(String name) throws PostgresException {
        session();
        query("creating the restore point " + name, "SELECT pg_create_restore_point(?)", ResultSet::next, name);
    }

    @Override
    public void close() {
        Session open = session;
        session = null;
        pinned = false;
        if (open != null) {
            closeQuietly(open.connection());
        }
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("closing the connection to PostgreSQL failed: {}", e.getMessage());
        }
    }

    private static MissingPrivilegesException missingPrivileges(String user) {
        return new MissingPrivilegesException("Postgres user '" + user
                + "' is missing required privileges (see \"Preliminary steps\" in the Barman manual)");
    }

    /** One text, or null if the server does not know the function or does not let this user call it. */
    private @Nullable String optional(String sql) throws PostgresException {
        Session open = session();
        try {
            Optional<String> text = query(
                    open.connection(),
                    sql,
                    rows -> rows.next() ? Optional.ofNullable(rows.getString(1)) : Optional.empty());
            return text.orElse(null);
        } catch (SQLException e) {
            if (INSUFFICIENT_PRIVILEGE.equals(e.getSQLState()) || UNDEFINED_FUNCTION.equals(e.getSQLState())) {
                return null;
            }
            throw failure("querying the server", e);
        }
    }

    /** Runs a query on the session, which the caller has made sure of. */
    private <T> T query(String doing, String sql, RowReader<T> reader, String... arguments) throws PostgresException {
        Session open = session == null ? session() : session;
        try {
            T answer = query(open.connection(), sql, reader, arguments);
            lastAnswerNanos = System.nanoTime();
            return answer;
        } catch (SQLException e) {
            // The next use must not trust the connection without asking.
            lastAnswerNanos = System.nanoTime() - TRUSTED_NANOS;
            throw failure(doing, e);
        }
    }

    private static <T> T query(Connection connection, String sql, RowReader<T> reader, String... arguments)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < arguments.length; i++) {
                statement.setString(i + 1, arguments[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                return reader.read(rows);
            }
        }
    }

    static PostgresException failure(String doing, SQLException e) {
        String message = doing + " failed: " + e.getMessage();
        String state = e.getSQLState();
        return state != null && state.startsWith(CONNECTION_GONE)
                ? new PostgresConnectionException(message, e)
                : new PostgresException(message, e);
    }
}
