// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.postgres.ServerStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether an exclusive backup, where it is configured, is possible: not on a standby, and not from PostgreSQL 15 on. */
final class ExclusiveBackupCheck implements Check {
    private static final int WITHOUT_EXCLUSIVE = 15;

    @Override
    public String name() {
        return "exclusive backup supported";
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        Optional<ServerStatus> status = context.inspection().status();
        List<CheckResult> results = new ArrayList<>();
        boolean standby = status.isPresent() && status.get().inRecovery();
        results.add(CheckResult.of(
                "not in recovery", !standby, standby ? "cannot perform exclusive backup on a standby" : ""));
        if (status.isEmpty()) {
            results.add(CheckResult.failed(name(), "unable to determine postgres version"));
        } else {
            boolean supported = !status.get().version().isAtLeast(WITHOUT_EXCLUSIVE);
            results.add(CheckResult.of(
                    name(),
                    supported,
                    supported
                            ? ""
                            : "exclusive backups not supported on PostgreSQL "
                                    + status.get().version().major()));
        }
        return results;
    }
}
