// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.ServerIdentity;
import dev.barman.core.postgres.ServerStatus;
import dev.barman.core.postgres.StreamingStatus;
import dev.barman.core.status.ServerInspection;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Whether all connections reach the cluster whose backups these are. */
final class SystemIdCheck implements Check {
    private final WalConnection connection;

    SystemIdCheck(WalConnection connection) {
        this.connection = connection;
    }

    @Override
    public String name() {
        return connection.label("systemid coherence");
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws BarmanException {
        ServerInspection inspection = connection.inspection(context);
        String main = inspection.status().map(ServerStatus::systemIdentifier).orElse(null);
        StreamingStatus streaming = main != null && ServerInspection.usesStreaming(context.server())
                ? inspection.streaming().status()
                : null;
        if (main == null) {
            return List.of(CheckResult.ok(name(), "no system Id available"));
        }
        if (streaming != null && !streaming.systemIdentifier().equals(main)) {
            return List.of(CheckResult.failed(
                    name(), "is the streaming DSN targeting the same server of the PostgreSQL connection string?"));
        }
        Path file = context.server().directories().identityFile();
        Optional<ServerIdentity> stored = ServerIdentity.read(file);
        if (stored.isEmpty()) {
            return List.of(CheckResult.ok(name(), "no system Id stored on disk"));
        }
        return stored.get().systemId().equals(main)
                ? List.of(CheckResult.ok(name()))
                : List.of(CheckResult.failed(
                        name(),
                        "the system Id of the connected PostgreSQL server changed, stored in \"" + file + "\""));
    }
}
