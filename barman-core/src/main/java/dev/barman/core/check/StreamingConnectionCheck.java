// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.status.ServerInspection;
import dev.barman.core.status.StreamingState;
import java.util.List;

/** Whether PostgreSQL answers on a replication connection. */
final class StreamingConnectionCheck implements Check {
    private final WalConnection connection;

    StreamingConnectionCheck(WalConnection connection) {
        this.connection = connection;
    }

    @Override
    public String name() {
        return connection.label("PostgreSQL streaming");
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        if (!ServerInspection.usesStreaming(context.server())
                || connection.inspection(context).status().isEmpty()) {
            return List.of();
        }
        StreamingState state = connection.inspection(context).streaming();
        String error = state.error();
        return state.connected()
                ? List.of(CheckResult.ok(name()))
                : List.of(CheckResult.failed(name(), error == null ? "" : error));
    }
}
