// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BackupException;
import dev.barman.core.PostgresException;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.config.BackupCompressionConfig;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.core.tools.BackupCompressionRules;
import dev.barman.core.tools.PgTool;
import dev.barman.core.tools.PgTools;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code backup_method = postgres}: {@code pg_basebackup} over the streaming connection. */
public final class PgBaseBackup implements BackupMethod {
    private static final Logger logger = LoggerFactory.getLogger("barman.backup");

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
    public void validate() throws BackupException {
        BackupCompressionConfig compression = server.backup().compression();
        Optional<PgTool> tool = tools.baseBackup();
        if (compression == null || tool.isEmpty()) {
            return;
        }
        List<String> problems;
        try {
            problems = BackupCompressionRules.problems(compression, tool.get().version(), client.version());
        } catch (PostgresException e) {
            logger.warn(
                    "Could not validate compression due to a problem with the PostgreSQL connection: {}",
                    e.getMessage());
            return;
        }
        if (!problems.isEmpty()) {
            throw new BackupException(String.join("\n", problems));
        }
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
