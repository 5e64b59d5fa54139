// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BackupException;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.core.tools.PgTools;
import org.jspecify.annotations.Nullable;

/** {@code backup_method = postgres}: {@code pg_basebackup} over the streaming connection. */
public final class PgBaseBackup implements BackupMethod {

    private final ServerConfig server;
    private final BackupCatalog catalog;
    private final PostgresClient client;
    private final @Nullable PostgresClient primary;
    private final PgTools tools;
    private final PostgresEnvironment environment;
    private final Messages messages;

    /**
     * The method for one server.
     *
     * @param client the regular connection; the caller closes it
     * @param primary the primary's, when {@code client} is a standby and {@code primary_conninfo} is set: it gets the WAL
     *     switches; or null
     * @param environment where connection defaults come from
     */
    public PgBaseBackup(
            ServerConfig server,
            BackupCatalog catalog,
            PostgresClient client,
            @Nullable PostgresClient primary,
            PgTools tools,
            PostgresEnvironment environment,
            Messages messages) {
        this.server = server;
        this.catalog = catalog;
        this.client = client;
        this.primary = primary;
        this.tools = tools;
        this.environment = environment;
        this.messages = messages;
    }

    @Override
    public String mode() {
        return "postgres";
    }

    @Override
    public BackupSession open(BackupOptions options, TerminationSignals signals) {
        return new PgBaseBackupSession(this, options, signals);
    }

    ServerConfig server() {
        return server;
    }

    BackupCatalog catalog() {
        return catalog;
    }

    PostgresClient client() {
        return client;
    }

    /** The server that switches WAL, null on a standby whose primary is not known. */
    @Nullable
    PostgresClient switching(boolean inRecovery) {
        return inRecovery ? primary : client;
    }

    PgTools tools() {
        return tools;
    }

    Messages messages() {
        return messages;
    }

    ConnInfo.ToolDsn dsn() throws BackupException {
        String text = server.connection().streamingConninfo();
        if (text == null) {
            text = server.connection().conninfo();
        }
        if (text == null) {
            throw new BackupException("Missing 'streaming_conninfo' parameter for server '" + server.name() + "'");
        }
        try {
            return ConnInfo.parse(text).toStreaming().toToolDsn(server.backup().streamingBackupName(), environment);
        } catch (IllegalArgumentException e) {
            throw new BackupException("streaming_conninfo of server '" + server.name() + "': " + e.getMessage(), e);
        }
    }
}
