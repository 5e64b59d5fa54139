// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.postgres.ServerStatus;
import java.util.List;
import java.util.Optional;

/** Whether PostgreSQL answers, and is not too old. */
final class PostgresCheck implements Check {
    @Override
    public String name() {
        return "PostgreSQL";
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        Optional<ServerStatus> status = context.inspection().status();
        if (status.isEmpty()) {
            return List.of(CheckResult.failed(name(), ""));
        }
        return status.get().version().isSupported()
                ? List.of(CheckResult.ok(name()))
                : List.of(CheckResult.failed(
                        name(),
                        "unsupported version: PostgreSQL server is too old ("
                                + status.get().versionText() + " < 9.6.0)"));
    }
}
