// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.text.HumanSize;
import java.util.List;

/** Whether the latest backup is not suspiciously small. */
final class BackupSizeCheck implements Check {
    @Override
    public String name() {
        return "backup minimum size";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws BarmanException {
        Long known = context.latestBackup().map(BackupInfo::size).orElse(null);
        long size = known == null ? 0 : known;
        Long minimum = context.server().retention().lastBackupMinimumSizeBytes();
        CheckResult result;
        if (minimum == null) {
            result = CheckResult.ok(name(), HumanSize.format(size));
        } else {
            boolean enough = size >= minimum;
            result = CheckResult.of(
                    name(),
                    enough,
                    "last backup size " + HumanSize.format(size) + (enough ? " > " : " < ") + HumanSize.format(minimum)
                            + " minimum");
        }
        return List.of(result.measuring(size));
    }
}
