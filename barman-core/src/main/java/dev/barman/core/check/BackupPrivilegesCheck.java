// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.postgres.ServerStatus;
import java.util.List;
import java.util.Optional;

/** Whether the user may take backups. */
final class BackupPrivilegesCheck implements Check {
    @Override
    public String name() {
        return "superuser or standard user with backup privileges";
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        Optional<ServerStatus> status = context.inspection().status();
        if (status.isEmpty()) {
            return List.of();
        }
        return status.get().privileges().backup()
                ? List.of(CheckResult.ok(name()))
                : List.of(CheckResult.failed(
                        "no access to backup functions",
                        "privileges for PostgreSQL backup functions are required (see documentation)"));
    }
}
