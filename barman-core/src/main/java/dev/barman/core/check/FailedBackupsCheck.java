// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupStatus;
import java.util.List;

/** Whether failed backups are left in the catalogue. */
final class FailedBackupsCheck implements Check {
    @Override
    public String name() {
        return "failed backups";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws BarmanException {
        int failed =
                context.backups().with(status -> status == BackupStatus.FAILED).size();
        return List.of(CheckResult.of(name(), failed == 0, "there are " + failed + " failed backups"));
    }
}
