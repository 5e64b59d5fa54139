// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.postgres.ServerStatus;
import java.util.List;
import java.util.Optional;

/** Whether the server writes enough WAL for a backup. */
final class WalLevelCheck implements Check {
    private final WalConnection connection;

    WalLevelCheck(WalConnection connection) {
        this.connection = connection;
    }

    @Override
    public String name() {
        return connection.label("wal_level");
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        Optional<ServerStatus> status = connection.inspection(context).status();
        String level = status.map(known -> known.settings().walLevel()).orElse(null);
        if (level == null) {
            return List.of();
        }
        return level.equals("minimal")
                ? List.of(CheckResult.failed(name(), "please set it to a higher level than 'minimal'"))
                : List.of(CheckResult.ok(name()));
    }
}
