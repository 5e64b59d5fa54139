// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import dev.barman.wal.catalog.XlogDbRebuilder;
import java.io.IOException;

/**
 * Makes the WAL index of a server anew from the files in its archive ({@code barman rebuild-xlogdb}). The old index stays in
 * place until the new one is durable.
 */
public final class RebuildXlogDbService {
    private final Messages messages;

    /** A service that reports to these messages. */
    public RebuildXlogDbService(Messages messages) {
        this.messages = messages;
    }

    /**
     * Rebuilds the index of one server, waiting for its lock.
     *
     * @throws IOException when the archive cannot be read or the index not be written; the old index is then still there
     */
    public void rebuild(ServerConfig server) throws IOException {
        messages.info("Rebuilding xlogdb for server " + server.name());
        XlogDbRebuilder.Result result = ServerWalIndex.of(server).rebuild();
        messages.info("Done rebuilding xlogdb for server " + server.name() + " (history: " + result.histories()
                + ", backup_labels: " + result.backupLabels() + ", wal_file: " + result.walFiles() + ")");
    }
}
