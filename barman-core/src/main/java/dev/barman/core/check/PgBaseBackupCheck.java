// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.postgres.ServerStatus;
import dev.barman.core.tools.PgTool;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether {@code pg_basebackup} is there and fits the server. */
final class PgBaseBackupCheck implements Check {
    @Override
    public String name() {
        return "pg_basebackup";
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        Optional<PgTool> tool = context.inspection().baseBackup();
        Optional<ServerStatus> status = context.inspection().status();
        List<CheckResult> results = new ArrayList<>();
        results.add(CheckResult.of(name(), tool.isPresent(), ""));
        results.add(ToolCompatibility.of(name(), tool, status));
        if (status.isPresent() && tool.isPresent()) {
            // Every pg_basebackup that works with a supported server maps tablespaces.
            results.add(CheckResult.ok("pg_basebackup supports tablespaces mapping"));
        }
        return results;
    }
}
