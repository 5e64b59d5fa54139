// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.text.HumanDuration;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;

/** Whether the latest backup is recent enough. */
final class BackupAgeCheck implements Check {
    @Override
    public String name() {
        return "backup maximum age";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws BarmanException {
        Duration limit = context.server().retention().lastBackupMaximumAge();
        if (limit == null) {
            return List.of(CheckResult.ok(name(), "no last_backup_maximum_age provided"));
        }
        OffsetDateTime end = context.latestBackup().map(BackupInfo::endTime).orElse(null);
        Duration age = end == null
                ? null
                : Duration.between(end.toInstant(), context.clock().instant());
        boolean young = age != null && age.compareTo(limit) <= 0;
        String ageText = age == null ? "No available backups" : HumanDuration.format(age);
        return List.of(CheckResult.of(
                name(),
                young,
                "interval provided: " + HumanDuration.format(limit) + ", latest backup age: " + ageText));
    }
}
