// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.postgres.ServerStatus;
import java.util.List;
import java.util.Optional;

/** Whether the user may read settings and statistics. */
final class MonitoringPrivilegesCheck implements Check {
    private final WalConnection connection;

    MonitoringPrivilegesCheck(WalConnection connection) {
        this.connection = connection;
    }

    @Override
    public String name() {
        return connection.label("has monitoring privileges");
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        Optional<ServerStatus> status = connection.inspection(context).status();
        if (status.isEmpty()) {
            return List.of();
        }
        return status.get().privileges().monitoring()
                ? List.of(CheckResult.ok(name()))
                : List.of(CheckResult.failed(
                        "no access to monitoring functions",
                        "privileges for PostgreSQL monitoring functions are required (see documentation)"));
    }
}
