// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.status;

import dev.barman.core.PostgresException;
import dev.barman.core.config.BackupMethodName;
import dev.barman.core.config.ConnectionConfig;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.core.postgres.JdbcPostgresClient;
import dev.barman.core.postgres.JdbcStreamingConnection;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.postgres.ReplicationSlot;
import dev.barman.core.postgres.ServerStatus;
import dev.barman.core.postgres.StreamingConnection;
import dev.barman.core.tools.PgTool;
import dev.barman.core.tools.PgTools;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The facts about one server, for {@code check}, {@code status} and {@code show-servers}: its PostgreSQL, over the connections of
 * its configuration, and the PostgreSQL programs of this machine. Every fact is asked for when it is first needed and kept; a
 * connection that fails is logged and counts as no answer. Not thread-safe.
 */
public final class ServerInspection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger("barman.postgres");

    private final ServerConfig server;
    private final @Nullable PostgresClient client;
    private final @Nullable PostgresClient primary;
    private final @Nullable StreamingConnection streaming;
    private final PgTools tools;

    private boolean statusAsked;
    private @Nullable ServerStatus status;
    private boolean primaryAsked;
    private @Nullable ServerStatus primaryStatus;
    private @Nullable StreamingState streamingState;
    private boolean slotAsked;
    private @Nullable ReplicationSlot slot;
    private @Nullable Optional<PgTool> baseBackup;
    private @Nullable Optional<PgTool> receiveWal;

    /**
     * Facts from given sources; they are closed with this object.
     *
     * @param client the regular connection, null for none
     * @param primary the connection to the primary of a standby, null for none
     * @param streaming the replication connection, null for none
     */
    public ServerInspection(
            ServerConfig server,
            @Nullable PostgresClient client,
            @Nullable PostgresClient primary,
            @Nullable StreamingConnection streaming,
            PgTools tools) {
        this.server = server;
        this.client = client;
        this.primary = primary;
        this.streaming = streaming;
        this.tools = tools;
    }

    /** Facts over {@code conninfo} and {@code streaming_conninfo}; a passive node has no connections. */
    public static ServerInspection of(ServerConfig server) {
        ConnectionConfig connection = server.connection();
        return over(server, connection.conninfo(), connection.streamingConninfo());
    }

    /** Facts over the connections that WAL comes from: {@code wal_conninfo} and {@code wal_streaming_conninfo} where configured. */
    public static ServerInspection ofWalSource(ServerConfig server) {
        ConnectionConfig connection = server.connection();
        return over(server, connection.effectiveWalConninfo(), connection.effectiveWalStreamingConninfo());
    }

    private static ServerInspection over(
            ServerConfig server, @Nullable String conninfo, @Nullable String streamingConninfo) {
        PostgresEnvironment environment = PostgresEnvironment.ofProcess();
        ConnInfo main = server.passive() ? null : parsed(conninfo);
        ConnInfo primary = server.passive() ? null : parsed(server.connection().primaryConninfo());
        ConnInfo streaming = usesStreaming(server) ? parsed(streamingConninfo) : null;
        return new ServerInspection(
                server,
                main == null ? null : new JdbcPostgresClient(main, environment),
                primary == null ? null : new JdbcPostgresClient(primary, environment),
                streaming == null ? null : new JdbcStreamingConnection(streaming, environment),
                PgTools.of(server.connection().pathPrefix()));
    }

    /** Null for a string that disables the server: the configuration reports it. */
    private static @Nullable ConnInfo parsed(@Nullable String text) {
        return text == null || !ConnInfo.isValid(text) ? null : ConnInfo.parse(text);
    }

    /** Whether the server is reached over a replication connection too. */
    public static boolean usesStreaming(ServerConfig server) {
        return !server.passive()
                && (server.backup().method() == BackupMethodName.POSTGRES
                        || server.archiving().streamingArchiver());
    }

    /** The server these facts are about. */
    public ServerConfig server() {
        return server;
    }

    /** The regular connection, to act on. */
    public Optional<PostgresClient> client() {
        return Optional.ofNullable(client);
    }

    /** What PostgreSQL says of itself; empty when it cannot be asked. */
    public Optional<ServerStatus> status() {
        if (!statusAsked) {
            statusAsked = true;
            status = read(client);
        }
        return Optional.ofNullable(status);
    }

    /** What the primary of a standby says of itself; empty without {@code primary_conninfo} or when it cannot be asked. */
    public Optional<ServerStatus> primaryStatus() {
        if (!primaryAsked) {
            primaryAsked = true;
            primaryStatus = read(primary);
        }
        return Optional.ofNullable(primaryStatus);
    }

    private static @Nullable ServerStatus read(@Nullable PostgresClient source) {
        if (source == null) {
            return null;
        }
        try {
            return source.status();
        } catch (PostgresException e) {
            LOG.warn("Error retrieving PostgreSQL status: {}", e.getMessage());
            return null;
        }
    }

    /** What the server says over the replication connection. */
    public StreamingState streaming() {
        StreamingState known = streamingState;
        if (known == null) {
            known = askStreaming();
            streamingState = known;
        }
        return known;
    }

    private StreamingState askStreaming() {
        if (streaming == null) {
            return new StreamingState(null, null, null);
        }
        try {
            return new StreamingState(streaming.identifySystem(), streaming.version(), null);
        } catch (PostgresException e) {
            LOG.warn("Error retrieving PostgreSQL status: {}", e.getMessage());
            return new StreamingState(null, null, e.getMessage());
        }
    }

    /** The configured replication slot; empty when none is configured, it does not exist or the server cannot be asked. */
    public Optional<ReplicationSlot> slot() {
        if (!slotAsked) {
            slotAsked = true;
            String name = server.archiving().slotName();
            if (name != null && client != null && status().isPresent()) {
                try {
                    slot = client.replicationSlot(name).orElse(null);
                } catch (PostgresException e) {
                    LOG.warn("Error retrieving replication slot '{}': {}", name, e.getMessage());
                }
            }
        }
        return Optional.ofNullable(slot);
    }

    /** {@code pg_basebackup} as this machine has it. */
    public Optional<PgTool> baseBackup() {
        if (baseBackup == null) {
            baseBackup = tools.baseBackup();
        }
        return baseBackup;
    }

    /** {@code pg_receivewal} as this machine has it. */
    public Optional<PgTool> receiveWal() {
        if (receiveWal == null) {
            receiveWal = tools.receiveWal();
        }
        return receiveWal;
    }

    /** Closes the connections; never throws. */
    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
        if (primary != null) {
            primary.close();
        }
        if (streaming != null) {
            streaming.close();
        }
    }
}
