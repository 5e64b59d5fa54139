// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupWalInfo;
import dev.barman.core.text.HumanDuration;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Whether the latest archived WAL file is recent enough. */
final class WalAgeCheck implements Check {
    @Override
    public String name() {
        return "wal maximum age";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws BarmanException, IOException {
        Duration limit = context.server().retention().lastWalMaximumAge();
        if (limit == null) {
            return List.of(CheckResult.ok(name(), "no last_wal_maximum_age provided"));
        }
        BackupWalInfo.Segment last =
                context.latestWals().map(BackupWalInfo::last).orElse(null);
        if (last == null) {
            return List.of(CheckResult.failed(name(), "No WAL files archived for last backup"));
        }
        long ageMillis = context.clock().millis() - Math.round(last.time() * 1000);
        Duration age = Duration.ofMillis(ageMillis);
        return List.of(CheckResult.of(
                name(),
                age.compareTo(limit) <= 0,
                "interval provided: " + HumanDuration.format(limit) + ", latest wal age: "
                        + HumanDuration.format(age)));
    }
}
